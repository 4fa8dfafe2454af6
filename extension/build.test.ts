import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { TargetBrowser } from '../manifest.config.ts'
import { designConfig, extensionConfig } from '../vite.config.ts'
import { layersOffMark } from './background/testing/layers-off-mark.ts'
import { consentToday } from './consent/consent-text.ts'
import { fakeBackgroundMark } from './messages/fake-background.ts'
import { languages } from './messages/language.ts'

const buildMs = 120_000

/** The popup is opened to be glanced at: what it runs, every language's sentences included, is read before its first picture. */
const popupScriptBytesMax = 64 * 1024

/** What the manifest does not name, or names without a path. */
const unnamedFiles = [
  'consent/index.html',
  ...languages.map((language) => `_locales/${language}/messages.json`),
]

const browsers: TargetBrowser[] = ['chromium', 'firefox']

let folder = ''
const run = promisify(execFile)
const inRepository = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const outDir = (name: string) => join(folder, name)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fallow-build-'))
  await runBuild(folder)
  await build({ configFile: false, logLevel: 'warn', ...designConfig(outDir('design')) })
}, buildMs)

afterAll(() => rm(folder, { recursive: true, force: true }))

describe.each(browsers)('the build for %s', (browser) => {
  test('asks for exactly the permissions that docs/permissions.md explains', async () => {
    const manifest = await readManifest(browser)
    const explained = explainedPermissions(browser)
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
    const offscreen = browser === 'chromium' ? ['offscreen/index.html'] : []
    for (const path of [...named, ...unnamedFiles, ...offscreen]) expect(files).toContain(path)
  })

  test('does not contain the background that is played in a page', async () => {
    expect(await allText(browser)).not.toContain(fakeBackgroundMark)
  })

  test('has no switch for any wall before the home', async () => {
    const text = await allText(browser)
    expect(text).not.toContain(layersOffMark)
    expect(text).not.toContain('__FALLOW_LAYERS_OFF__')
  })

  test('has no import that a worker would refuse, in whatever the background loads', async () => {
    for (const [path, code] of await backgroundCode(browser)) expect(code, path).not.toMatch(/\bimport\s*\(/)
  })

  test('has no script or style in its pages that the policy would refuse', async () => {
    const { extension_pages: policy } = (await readManifest(browser)).content_security_policy
    for (const page of ['popup', 'options', 'consent']) {
      const html = await readPage(browser, page)
      expect(html, page).not.toMatch(/<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=/)
      for (const style of stylesIn(html))
        expect(policy, page).toContain(`'sha256-${sha256(style, 'base64')}'`)
    }
  })

  test('has a popup whose frame, style and drawing are in its HTML, so that its first picture waits for no file', async () => {
    const html = await readPage(browser, 'popup')
    expect(stylesIn(html).join()).toContain('.popup-points')
    expect(html).toMatch(/<svg class="field"[\s\S]*<main class="popup"[\s\S]*<h1>[\s\S]*…/)
    const files = [...html.matchAll(/\s(?:src|href)="([^"]+)"/g)].map(([, path]) => path)
    expect(files).toEqual([expect.stringMatching(/^\/assets\/.*\.js$/)])
    expect(html).toMatch(/<script type="module"/)
  })

  test('has a popup with one small script, and nothing of the other pages in it', async () => {
    const [, path = ''] = /<script[^>]* src="\/([^"]+)"/.exec(await readPage(browser, 'popup')) ?? []
    const code = await readFile(join(outDir(browser), path), 'utf8')
    expect(code).not.toMatch(/\bimport\b/)
    for (const sha256 of consentToday.sha256s) expect(code).not.toContain(sha256)
    expect(Buffer.byteLength(code)).toBeLessThan(popupScriptBytesMax)
  })
})

describe('the relay that a build is made for', () => {
  afterEach(() => void vi.unstubAllEnvs())

  test.each([
    ['http://localhost:8787', 'Plain http:// is accepted only for a relay on this computer'],
    ['http://relay.example.org', 'Plain http:// is accepted only for a relay on this computer'],
    ['https://relay.example.org/node', 'Leave out everything after the host and port.'],
    ['relay.example.org', 'This is not a web address.'],
  ])('%s fails the build with the sentence that the options page would say', async (relayUrl, sentence) => {
    const building = runBuild(join(folder, 'refused'), relayUrl)
    await expect(building).rejects.toMatchObject({ stderr: expect.stringContaining(sentence) })
    await expect(readdir(join(folder, 'refused'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('is written into it as its origin, without a slash at the end', () => {
    vi.stubEnv('FALLOW_RELAY_URL', 'https://Relay.Example.org/')
    const { define } = extensionConfig('chromium', join(folder, 'unused'))
    expect(define).toEqual({ __FALLOW_RELAY_URL__: '"https://relay.example.org"' })
  })

  test('is one on this computer where none is named', async () => {
    for (const browser of browsers) expect(await allText(browser)).toContain('http://127.0.0.1:8787')
  })
})

test('the design build contains it, so the search above can find something', async () => {
  expect(await allText('design')).toContain(fakeBackgroundMark)
})

test('a build that leaves walls out contains its mark, so the search above can find something', async () => {
  await build({
    configFile: false,
    logLevel: 'warn',
    ...extensionConfig('chromium', outDir('layers-off'), ['tripwire']),
  })
  expect(await allText('layers-off')).toContain(layersOffMark)
})

test('the key gives the Chromium extension the id that the manifest names', async () => {
  const { key } = await readManifest('chromium')
  const digest = sha256(Buffer.from(key, 'base64'), 'hex').slice(0, 32)
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

/** `npm run build` into a folder, for the relay named or for none. */
function runBuild(into: string, relayUrl = ''): Promise<unknown> {
  const env = { ...process.env, FALLOW_RELAY_URL: relayUrl }
  return run(process.execPath, [inRepository('scripts/build-extension.ts'), into], { env })
}

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

const readPage = (browser: TargetBrowser, page: string): Promise<string> =>
  readFile(join(outDir(browser), page, 'index.html'), 'utf8')

const stylesIn = (html: string): string[] =>
  [...html.matchAll(/<style>(.*?)<\/style>/gs)].map(([, style = '']) => style)

const sha256 = (content: string | Buffer, encoding: 'hex' | 'base64'): string =>
  createHash('sha256').update(content).digest(encoding)

async function readManifest(browser: TargetBrowser): Promise<Manifest> {
  return JSON.parse(await readFile(join(outDir(browser), 'manifest.json'), 'utf8'))
}

/** The first column of each table of docs/permissions.md. */
function explainedPermissions(browser: TargetBrowser): { atInstall: string[]; afterConsent: string[] } {
  const page = readFileSync(new URL('../docs/permissions.md', import.meta.url), 'utf8')
  const names = (title: string) => {
    const [, section = ''] = page.split(`${title}\n`)
    const [own = ''] = section.split(/^##/m)
    return [...own.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = '']) => name)
  }
  const itsOwn = names(browser === 'chromium' ? '### Chromium alone' : '### Firefox alone')
  return {
    atInstall: [...names('## At install'), ...itsOwn].sort(),
    afterConsent: names('## Only after you agree').sort(),
  }
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
