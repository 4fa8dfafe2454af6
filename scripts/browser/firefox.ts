import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { launch, type Page } from 'puppeteer-core'
import type { ExtensionPage } from './browser.ts'
import { programPath } from './display.ts'

const shippedExtension = fileURLToPath(new URL('../../dist/firefox', import.meta.url))
/** The extension's own id, and the one that this profile gives it for its pages, which Firefox otherwise makes up. */
const extensionId = 'node@fallow'
const pagesId = '0b7b1e0c-62a4-4f0e-8c57-5e2b7a9f7f11'

/** Writes a profile's list of trusted authorities. */
const trustProgram = 'certutil'
const certificateName = 'journeys'

export type FirefoxSettings = {
  /** The folder of the unpacked extension; `dist/firefox`, as shipped, without one. */
  extension?: string
  /** An authority that this profile trusts. */
  authorityPem: string
  /** `https://127.0.0.1:5300/dns-query`: where names are asked for (RFC 8484), and nowhere else. */
  nameServerUrl: string
}

/** Firefox with the extension in it, without windows. Its pages are puppeteer's. */
export type FirefoxBrowser = {
  /** Opens a page of the extension in a tab. */
  open(page: ExtensionPage): Promise<Page>
  close(): Promise<void>
}

/** Starts Firefox with the extension, in a profile of its own. */
export async function startFirefox(settings: FirefoxSettings): Promise<FirefoxBrowser> {
  const home = await mkdtemp(join(tmpdir(), 'fallow-firefox-'))
  const profile = join(home, 'profile')
  const extension = join(home, 'extension')
  await mkdir(profile)
  await cp(settings.extension ?? shippedExtension, extension, { recursive: true })
  await trust(profile, settings.authorityPem, home)
  const browser = await launch({
    browser: 'firefox',
    executablePath: process.env.FIREFOX_PATH ?? programPath('firefox-esr') ?? '/usr/bin/firefox-esr',
    headless: true,
    userDataDir: profile,
    // This process ends it in its own order.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    env: { ...process.env, HOME: home },
    args: ['-remote-allow-system-access'],
    extraPrefsFirefox: preferences(settings.nameServerUrl),
  })
  await browser.installExtension(extension)
  return {
    async open(name) {
      const page = await browser.newPage()
      // Firefox never says that a page of an extension has loaded.
      await page.goto(`moz-extension://${pagesId}/${name}/index.html`, { waitUntil: [] })
      // A page behind another one draws a picture only every few seconds, and every click waits for two.
      await page.bringToFront()
      return page
    },
    async close() {
      await browser.close()
      await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    },
  }
}

const preferences = (nameServerUrl: string) => ({
  'extensions.webextensions.uuids': JSON.stringify({ [extensionId]: pagesId }),
  // The owner's click on "I agree" is answered without the browser's own prompt, which nothing can reach without a window.
  'extensions.webextOptionalPermissionPrompts': false,
  // 3: only by this server. Its answers may name addresses of this machine, and are forgotten at once, so that a test can change them.
  'network.trr.mode': 3,
  'network.trr.uri': nameServerUrl,
  'network.trr.confirmationNS': 'skip',
  'network.trr.allow-rfc1918': true,
  'network.dnsCacheExpiration': 0,
  'network.dnsCacheExpirationGracePeriod': 0,
  'services.settings.server': 'https://127.0.0.1:1/',
})

/** `certutil` takes files alone. */
async function trust(profile: string, authorityPem: string, home: string): Promise<void> {
  const authority = join(home, 'authority.pem')
  await writeFile(authority, authorityPem)
  const store = `sql:${profile}`
  await run(trustProgram, ['-N', '-d', store, '--empty-password'])
  await run(trustProgram, ['-A', '-d', store, '-n', certificateName, '-t', 'C,,', '-i', authority])
}

const run = promisify(execFile)
