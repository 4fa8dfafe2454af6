import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright'
import { build, preview } from 'vite'
import { notSharingReasons } from '../extension/messages/owner-view.ts'
import { designConfig } from '../vite.config.ts'

/**
 * Photographs every page of the extension in every state, light and dark, in a plain Chromium over the fake background:
 * `node scripts/photograph-pages.ts` writes `screenshots/`. A person should look at them after a change of the design.
 */
const folder = new URL('../screenshots/', import.meta.url).pathname
const popupPicture = new URL('../docs/images/popup.png', import.meta.url).pathname

const schemes = ['light', 'dark'] as const
const popupStates = ['sharing', 'waiting', ...notSharingReasons, 'silent']

type Shot = {
  name: string
  path: string
  width: number
  /** Only what is seen without scrolling. */
  firstSight?: boolean
  prepare?: (page: Page) => Promise<void>
}

/** What is photographed: the popup in each state, the other pages in the states that change them. */
export const shots: Shot[] = [
  ...popupStates.map((state) => ({
    name: `popup-${state}`,
    path: `popup/index.html?fake=${state}&still`,
    width: 360,
  })),
  { name: 'consent', path: 'consent/index.html?fake=consent-not-given&still', width: 900 },
  {
    name: 'consent-first-sight',
    path: 'consent/index.html?fake=consent-not-given&still',
    width: 1100,
    firstSight: true,
  },
  { name: 'consent-narrow', path: 'consent/index.html?fake=consent-not-given&still', width: 390 },
  {
    name: 'consent-denied',
    path: 'consent/index.html?fake=consent-not-given&still&denied',
    width: 900,
    prepare: (page) => page.getByTestId('consent-agree').click(),
  },
  {
    name: 'consent-agreed',
    path: 'consent/index.html?fake=consent-not-given&still',
    width: 900,
    prepare: (page) => page.getByTestId('consent-agree').click(),
  },
  {
    name: 'consent-declined',
    path: 'consent/index.html?fake=consent-not-given&still',
    width: 900,
    prepare: (page) => page.getByTestId('consent-decline').click(),
  },
  { name: 'consent-before', path: 'consent/index.html?fake=sharing&still', width: 900 },
  { name: 'options', path: 'options/index.html?fake=sharing&still', width: 900 },
  { name: 'options-narrow', path: 'options/index.html?fake=sharing&still', width: 390 },
  { name: 'options-new', path: 'options/index.html?fake=consent-not-given&still', width: 900 },
  {
    name: 'options-wrong-relay',
    path: 'options/index.html?fake=sharing&still',
    width: 900,
    prepare: async (page) => {
      await page.getByTestId('relay-url').fill('http://relay.example.org')
      await page.getByTestId('relay-save').click()
    },
  },
]

/** Serves the design build on a free port of loopback for as long as `use` runs. */
export async function withDesignPages<T>(use: (origin: string) => Promise<T>): Promise<T> {
  const outDir = await mkdtemp(join(tmpdir(), 'fallow-design-'))
  await build({ configFile: false, logLevel: 'warn', ...designConfig(outDir) })
  const server = await preview({
    configFile: false,
    ...designConfig(outDir),
    preview: { host: '127.0.0.1', port: 0 },
  })
  try {
    return await use(server.resolvedUrls?.local[0] ?? '')
  } finally {
    await server.close()
    await rm(outDir, { recursive: true })
  }
}

/** Opens one page in one scheme and leaves it in the state that the shot names. */
export async function openShot(
  browser: Browser,
  origin: string,
  shot: Shot,
  scheme: (typeof schemes)[number],
): Promise<Page> {
  const viewport = { width: shot.width, height: 760 }
  const page = await browser.newPage({
    viewport,
    colorScheme: scheme,
    deviceScaleFactor: 2,
    reducedMotion: 'reduce',
  })
  await page.goto(origin + shot.path)
  await shot.prepare?.(page)
  return page
}

async function photographPages(): Promise<void> {
  await mkdir(folder, { recursive: true })
  await mkdir(new URL('.', `file://${popupPicture}`), { recursive: true })
  const browser = await launchPlainChromium()
  await withDesignPages(async (origin) => {
    for (const shot of shots) {
      for (const scheme of schemes) {
        const page = await openShot(browser, origin, shot, scheme)
        await photograph(page, shot, join(folder, `${shot.name}-${scheme}.png`))
        if (shot.name === 'popup-sharing' && scheme === 'light') await photograph(page, shot, popupPicture)
        await page.close()
      }
    }
  })
  await browser.close()
  console.log(`${shots.length * schemes.length} pictures in screenshots/`)
}

/** The popup is as high as its content, as the browser shows it; so is a whole page, with its sticky bar at the end. */
async function photograph(page: Page, shot: Shot, path: string): Promise<void> {
  if (!shot.firstSight) {
    const height = await page.evaluate(() => document.documentElement.scrollHeight)
    await page.setViewportSize({ width: shot.width, height })
  }
  if (shot.path.startsWith('popup')) await page.locator('body').screenshot({ path })
  else await page.screenshot({ path })
}

export function launchPlainChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
}

if (import.meta.main) await photographPages()
