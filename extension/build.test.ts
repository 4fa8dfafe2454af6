import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TargetBrowser } from '../manifest.config.ts'
import { designConfig } from '../vite.config.ts'
import { fakeBackgroundMark } from './messages/fake-background.ts'

const buildMs = 120_000
const browsers: TargetBrowser[] = ['chromium', 'firefox']

let folder = ''
const run = promisify(execFile)
const inRepository = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const outDir = (name: string) => join(folder, name)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fallow-build-'))
  await run(process.execPath, [inRepository('scripts/build-extension.ts'), folder])
  await build({ configFile: false, logLevel: 'warn', ...designConfig(outDir('design')) })
}, buildMs)

afterAll(() => rm(folder, { recursive: true, force: true }))

describe.each(browsers)('the build for %s', (browser) => {
  test('asks for exactly the permissions that docs/permissions.md explains', async () => {
    const manifest = await readManifest(browser)
    const explained = explainedPermissions()
    expect([...manifest.permissions].sort()).toEqual(explained.atInstall)
    expect([...manifest.optional_host_permissions].sort()).toEqual(explained.afterConsent)
    expect(manifest).not.toHaveProperty('host_permissions')
    expect(manifest).not.toHaveProperty('optional_permissions')
  })

  test('shows nothing to web pages or other extensions, and no script runs in any page', async () => {
    const manifest = await readManifest(browser)
    expect(manifest).not.toHaveProperty('web_accessible_resources')
    expect(manifest).not.toHaveProperty('content_scripts')
    expect(manifest.externally_connectable ?? { ids: [] }).toEqual({ ids: [] })
  })

  test('has a policy that loads only its own files and leaves ws: as it is', async () => {
    const { extension_pages: policy } = (await readManifest(browser)).content_security_policy
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain('connect-src http: https: ws: wss:')
    expect(policy).not.toMatch(/unsafe|upgrade-insecure-requests/)
  })

  test('has every file that its manifest and its pages name', async () => {
    const files = new Set(await filesOf(browser))
    const manifest = await readManifest(browser)
    const named = [manifest.action.default_popup, manifest.options_ui.page, ...Object.values(manifest.icons)]
    for (const path of [...named, 'consent/index.html', '_locales/en/messages.json'])
      expect(files).toContain(path)
  })

  test('does not contain the background that is played in a page', async () => {
    expect(await allText(browser)).not.toContain(fakeBackgroundMark)
  })

  test('has no import that a worker would refuse, in whatever the background loads', async () => {
    for (const [path, code] of await backgroundCode(browser)) expect(code, path).not.toMatch(/\bimport\s*\(/)
  })

  test('has no script or style in its pages, which the policy would refuse', async () => {
    for (const page of ['popup', 'options', 'consent']) {
      const html = await readFile(join(outDir(browser), page, 'index.html'), 'utf8')
      expect(html, page).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=/)
    }
  })
})

test('the design build contains it, so the search above can find something', async () => {
  expect(await allText('design')).toContain(fakeBackgroundMark)
})

test('the key gives the Chromium extension the id that the manifest names', async () => {
  const { key } = await readManifest('chromium')
  const digest = createHash('sha256').update(Buffer.from(key, 'base64')).digest('hex').slice(0, 32)
  const id = [...digest].map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 16))).join('')
  expect(readFileSync(new URL('../manifest.config.ts', import.meta.url), 'utf8')).toContain(id)
})

test('the reviewers of Firefox add-ons would find no error', { timeout: buildMs }, async () => {
  expect(await lint(outDir('firefox'))).toEqual([])
})

test('a folder that is no add-on is found out, so the test above can fail', {
  timeout: buildMs,
}, async () => {
  expect(await lint(outDir('design'))).not.toEqual([])
})

/** The linter ends with 1 when it found an error, and writes its findings either way. */
async function lint(path: string): Promise<string[]> {
  const command = inRepository('node_modules/addons-linter/bin/addons-linter')
  const { stdout } = await run(process.execPath, [command, '--output', 'json', path]).catch(
    (failure: { stdout: string }) => failure,
  )
  const { errors } = JSON.parse(stdout) as { errors: { code: string; message: string }[] }
  return errors.map(({ code, message }) => `${code}: ${message}`)
}

type Manifest = {
  key: string
  permissions: string[]
  optional_host_permissions: string[]
  externally_connectable?: object
  content_security_policy: { extension_pages: string }
  action: { default_popup: string }
  options_ui: { page: string }
  icons: Record<string, string>
  background: { service_worker?: string; scripts?: string[] }
}

async function readManifest(browser: TargetBrowser): Promise<Manifest> {
  return JSON.parse(await readFile(join(outDir(browser), 'manifest.json'), 'utf8'))
}

/** The first column of each table of docs/permissions.md. */
function explainedPermissions(): { atInstall: string[]; afterConsent: string[] } {
  const page = readFileSync(new URL('../docs/permissions.md', import.meta.url), 'utf8')
  const [, atInstall = '', rest = ''] = page.split(/## At install|## Only after you agree/)
  const names = (section: string) =>
    [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = '']) => name).sort()
  return { atInstall: names(atInstall), afterConsent: names(rest.split('\n## ')[0] ?? '') }
}

async function filesOf(name: string): Promise<string[]> {
  const entries = await readdir(outDir(name), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.map((entry) => join(entry.parentPath, entry.name).slice(outDir(name).length + 1))
}

async function allText(name: string): Promise<string> {
  const texts = (await filesOf(name)).filter((path) => /\.(js|html|css|json)$/.test(path))
  return (await Promise.all(texts.map((path) => readFile(join(outDir(name), path), 'utf8')))).join('\n')
}

/** The background's own file and all that it imports, in turn. */
async function backgroundCode(browser: TargetBrowser): Promise<Map<string, string>> {
  const { background } = await readManifest(browser)
  const found = new Map<string, string>()
  const open = [join(outDir(browser), background.service_worker ?? background.scripts?.[0] ?? '')]
  for (let path = open.pop(); path; path = open.pop()) {
    if (found.has(path)) continue
    const code = await readFile(path, 'utf8')
    found.set(path, code)
    for (const [, , specifier = ''] of code.matchAll(/\b(from|import)\s*["']([^"']+)["']/g)) {
      open.push(join(path, '..', specifier))
    }
  }
  expect(found.size).toBeGreaterThan(1)
  return found
}
