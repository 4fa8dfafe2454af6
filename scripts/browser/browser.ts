import { cp, mkdir, mkdtemp, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BrowserContext, chromium, type Page } from 'playwright'
import { type Display, programPath } from './display.ts'

/** Fixed by the key in the manifest, so that pages can be opened by address. */
export const extensionId = 'iehnjakjidgbmmicnhnnekofpgbhpedl'
const extensionOrigin = `chrome-extension://${extensionId}`
const shippedExtension = fileURLToPath(new URL('../../dist/chromium', import.meta.url))

export type ExtensionPage = 'popup' | 'options' | 'consent' | 'activity'

export type BrowserSettings = {
  display: Display
  /** The folder of the unpacked extension; `dist/chromium`, as shipped, without one. */
  extension?: string
  /** A profile to come back to; without one a fresh profile is made, and removed at the end. */
  profile?: string
  /** IANA name; the computer's own without one. */
  timeZone?: string
  /** Chromium's own grammar: `127.0.0.1:9000=public`. */
  addressSpaceOverrides?: readonly string[]
  /** `MAP name 127.0.0.1`. */
  hostResolverRules?: readonly string[]
  /** What the browser's own windows speak; the extension follows. English where it is not said. */
  language?: string
  /** Folders of other extensions that the owner has. */
  otherExtensions?: readonly string[]
  /** Further switches of Chromium's command line, in its own grammar. */
  switches?: readonly string[]
  /** Switches that are set otherwise, by Playwright or here, and that stay away. */
  withoutSwitches?: readonly string[]
  /** Whether the extension's icon stands in the toolbar of a fresh profile. Chromium keeps it in a menu until its owner pins it. */
  pinned?: boolean
}

/** Chromium with the shipped extension in it, in real windows. */
export type NodeBrowser = {
  readonly context: BrowserContext
  readonly display: Display
  readonly profile: string
  /** The browser's main process. */
  readonly pid: number
  /** Opens a page of the extension in a tab. */
  open(page: ExtensionPage): Promise<Page>
  /** The address of a page of the extension. */
  addressOf(page: ExtensionPage): string
  close(): Promise<void>
  /** SIGKILL to the main process, by its id: the node vanishes without a word. */
  kill(): Promise<void>
}

/** Starts Chromium with the extension, in a profile of its own. */
export async function startBrowser(settings: BrowserSettings): Promise<NodeBrowser> {
  const home = await mkdtemp(join(tmpdir(), 'fallow-browser-'))
  const profile = settings.profile ?? join(home, 'profile')
  // A copy, so that a build in the meantime does not change what the browser has loaded.
  const extension = join(home, 'extension')
  await cp(settings.extension ?? shippedExtension, extension, { recursive: true })
  if (settings.pinned) await pinIcon(profile)
  const context = await launch(settings, { profile, extension })
  const pid = await mainProcessOf(profile)
  let ended: Promise<void> | null = null
  const end = (how: () => unknown) => {
    ended ??= (async () => {
      const closed = context.waitForEvent('close', { timeout: 0 }).catch(() => {})
      await how()
      await closed
      await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    })()
    return ended
  }
  const addressOf = (page: ExtensionPage) => `${extensionOrigin}/${page}/index.html`
  return {
    context,
    display: settings.display,
    profile,
    pid,
    addressOf,
    async open(name) {
      const page = await context.newPage()
      await page.goto(addressOf(name))
      return page
    },
    close: () => end(() => context.close()),
    kill: () => end(() => process.kill(pid, 'SIGKILL')),
  }
}

/** As if the owner had clicked the pin, before the browser's first start in this profile. */
async function pinIcon(profile: string): Promise<void> {
  const preferences = { extensions: { pinned_extensions: [extensionId] } }
  await mkdir(join(profile, 'Default'), { recursive: true })
  await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences))
}

type Folders = { profile: string; extension: string }

function launch(settings: BrowserSettings, { profile, extension }: Folders): Promise<BrowserContext> {
  // Watching the worker's traffic from outside would buffer every body that passes through it.
  process.env.PLAYWRIGHT_DISABLE_SERVICE_WORKER_NETWORK = '1'
  return chromium.launchPersistentContext(profile, {
    executablePath:
      process.env.CHROMIUM_PATH ??
      programPath('chromium') ??
      programPath('chromium-browser') ??
      '/usr/bin/chromium',
    headless: false,
    // This process ends it in its own order.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    viewport: null,
    env: {
      ...process.env,
      ...(settings.display.name && { DISPLAY: settings.display.name }),
      ...(settings.timeZone && { TZ: settings.timeZone }),
    } as Record<string, string>,
    args: argumentsFor(settings, extension),
    ignoreDefaultArgs: [...(settings.withoutSwitches ?? [])],
  })
}

function argumentsFor(
  {
    addressSpaceOverrides = [],
    hostResolverRules = [],
    language = 'en',
    otherExtensions = [],
    switches = [],
    withoutSwitches = [],
  }: BrowserSettings,
  extension: string,
): string[] {
  const extensions = [extension, ...otherExtensions].join(',')
  const own = [
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    `--lang=${language}`,
    '--window-position=0,0',
    '--window-size=1100,900',
    `--disable-extensions-except=${extensions}`,
    `--load-extension=${extensions}`,
    ...(addressSpaceOverrides.length
      ? [`--ip-address-space-overrides=${addressSpaceOverrides.join(',')}`]
      : []),
    ...(hostResolverRules.length ? [`--host-resolver-rules=${hostResolverRules.join(',')}`] : []),
    ...switches,
  ]
  return own.filter((one) => !withoutSwitches.includes(one))
}

/** Chromium leaves its host and main process in the profile: `SingletonLock -> host-1234`. */
async function mainProcessOf(profile: string): Promise<number> {
  const lock = await readlink(join(profile, 'SingletonLock'))
  const pid = Number(/-(\d+)$/.exec(lock)?.[1])
  if (!Number.isInteger(pid)) throw new Error(`the browser's process cannot be read from ${lock}`)
  return pid
}
