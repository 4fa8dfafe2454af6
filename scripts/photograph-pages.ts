import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright'
import { build, type Plugin, preview } from 'vite'
import { fakeNowUnixMs } from '../extension/messages/fake/fake-view.ts'
import { type Language, languages } from '../extension/messages/language.ts'
import { notSharingReasons } from '../extension/messages/owner-view.ts'
import { designConfig } from '../vite.config.ts'
import { answerQuestions } from './browser/consent.ts'
import { activityShots } from './pictures/activity-shots.ts'

/**
 * Photographs every page of the extension in every state, light and dark, in a plain Chromium over the fake background.
 * `node scripts/photograph-pages.ts` also renews the pictures in the docs. A person should look at the pictures after a
 * change of the design; what a machine can see, `photograph-pages.test.ts` checks on the same pages.
 */
export type Shot = {
  name: string
  path: string
  widthPx: number
  /** Only what is seen without scrolling. */
  firstSight?: boolean
  /** Differs from others in a sentence: shown in English by day and in Japanese by night. */
  isPlain?: boolean
  prepare?: (page: Page) => Promise<void>
}

type Scheme = 'light' | 'dark'
export type Look = { scheme: Scheme; language: Language }

/** Each in which every page is shown. */
const looks: Look[] = languages.flatMap((language) =>
  (['light', 'dark'] as const).map((scheme) => ({ scheme, language })),
)

const inRepository = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const picturesFolder = inRepository('screenshots')
/** Of `screenshots/`, what the docs show. */
const docsPictures = { 'popup-sharing-en-light': 'popup', 'options-plan-en-light': 'options' }

const viewportHeightPx = 760
const popupStates = ['sharing', 'waiting', ...notSharingReasons, 'silent']
/** In which the popup has other parts, not only another sentence. */
const tellingStates = [
  'sharing',
  'waiting',
  'paused-by-you',
  'consent-not-given',
  'private-address-answered',
  'silent',
]
const newOwner = 'consent/index.html?fake=consent-not-given&still'
const options = 'options/index.html?fake=sharing&still'
const sharingPopup = 'popup/index.html?fake=sharing&still'
const click = (testId: string) => (page: Page) => page.getByTestId(testId).click()

/** What is photographed: the popup in each state, the other pages in the states that change them. */
const shots: Shot[] = [
  ...popupStates.map((state) => ({
    name: `popup-${state}`,
    path: `popup/index.html?fake=${state}&still`,
    widthPx: 360,
    isPlain: !tellingStates.includes(state),
  })),
  {
    name: 'popup-paused-for-a-while',
    isPlain: true,
    path: sharingPopup,
    widthPx: 360,
    prepare: click('pause-half-hour'),
  },
  { name: 'consent', path: newOwner, widthPx: 900 },
  { name: 'consent-first-sight', isPlain: true, path: newOwner, widthPx: 1100, firstSight: true },
  { name: 'consent-narrow', isPlain: true, path: newOwner, widthPx: 390 },
  { name: 'consent-denied', isPlain: true, path: `${newOwner}&denied`, widthPx: 900, prepare: agree },
  { name: 'consent-agreed', isPlain: true, path: newOwner, widthPx: 900, prepare: agree },
  {
    name: 'consent-declined',
    isPlain: true,
    path: newOwner,
    widthPx: 900,
    prepare: click('consent-decline'),
  },
  { name: 'consent-before', isPlain: true, path: 'consent/index.html?fake=sharing&still', widthPx: 900 },
  { name: 'consent-open-question', path: newOwner, widthPx: 900, prepare: click('consent-agree') },
  {
    name: 'consent-changed',
    isPlain: true,
    path: 'consent/index.html?fake=consent-changed&still',
    widthPx: 900,
  },
  { name: 'popup-all-open', path: sharingPopup, widthPx: 360, prepare: openAll },
  { name: 'popup-320', isPlain: true, path: sharingPopup, widthPx: 320 },
  { name: 'options', path: options, widthPx: 900 },
  { name: 'options-narrow', path: options, widthPx: 320 },
  {
    name: 'options-new',
    isPlain: true,
    path: 'options/index.html?fake=consent-not-given&still',
    widthPx: 900,
  },
  { name: 'options-managed', isPlain: true, path: `${options}&managed`, widthPx: 900 },
  { name: 'options-full', path: options, widthPx: 900, prepare: fillOptions },
  { name: 'options-plan', isPlain: true, path: options, widthPx: 760, firstSight: true, prepare: showPlan },
  { name: 'options-wrong', isPlain: true, path: options, widthPx: 900, prepare: typeWrongly },
  { name: 'options-code', path: options, widthPx: 900, prepare: click('make-code') },
  {
    name: 'options-withdraw',
    path: options,
    widthPx: 900,
    firstSight: true,
    prepare: click('open-withdraw'),
  },
  {
    name: 'options-withdraw-unreached',
    isPlain: true,
    path: `${options}&unreachable`,
    widthPx: 900,
    firstSight: true,
    prepare: withdrawUnreached,
  },
  ...activityShots,
]

async function agree(page: Page): Promise<void> {
  await answerQuestions(page)
  await page.getByTestId('consent-agree').click()
}

async function openAll(page: Page): Promise<void> {
  for (const summary of await page.locator('summary').all()) await summary.click()
}

/** Caps, a plan and rules, as somebody has them who looked at everything. */
async function fillOptions(page: Page): Promise<void> {
  for (const [field, text] of [
    ['cap-day', '2'],
    ['cap-month', '50'],
    ['rate', '800'],
    ['lanes', '16'],
    ['denied-hosts-input', 'example.org, shop.example.com'],
  ] as const) {
    await page.getByTestId(field).fill(text)
    await page.getByTestId(field).press('Enter')
  }
  for (const button of ['schedule-work', 'mode-gently', 'category-adult', 'category-gambling'])
    await page.getByTestId(button).click()
}

async function showPlan(page: Page): Promise<void> {
  await fillOptions(page)
  await page.locator('#when').evaluate((section) => section.scrollIntoView())
}

async function typeWrongly(page: Page): Promise<void> {
  await page.getByTestId('cap-day').fill('a lot')
  await page.getByTestId('cap-day').press('Enter')
  await page.getByTestId('relay-url').fill('http://relay.example.org')
  await page.getByTestId('relay-save').click()
}

async function withdrawUnreached(page: Page): Promise<void> {
  await page.getByTestId('open-withdraw').click()
  await page.getByTestId('withdraw-sure').click()
  await page.getByTestId('withdraw-unreached').waitFor()
}

/**
 * Shows each shot in each scheme and language, in one page after the other. `only` keeps the shots whose name contains it; `inBrief`
 * shows each in one look, in turn.
 */
export async function visitPages(
  visit: (page: Page, shot: Shot, seen: Look) => Promise<void>,
  { only = '', inBrief = false }: { only?: string; inBrief?: boolean } = {},
): Promise<number> {
  let count = 0
  await withDesignPages(async (origin, browser) => {
    for (const seen of looks) {
      const page = await openPlainPage(browser, seen.scheme)
      for (const shot of shots.filter(
        (known, index) =>
          known.name.includes(only) && (inBrief ? isItsTurn(index, seen) : isShown(known, seen)),
      )) {
        await show(page, `${origin}${shot.path}&lang=${seen.language}`, shot)
        await visit(page, shot, seen)
        count += 1
      }
      await page.context().close()
    }
  })
  return count
}

async function photographPages(only: string): Promise<number> {
  await mkdir(picturesFolder, { recursive: true })
  return visitPages(
    (page, shot, { language, scheme }) =>
      photograph(page, shot, join(picturesFolder, `${shot.name}-${language}-${scheme}.png`)),
    { only },
  )
}

/** English by day and Japanese by night show all that the four together show of a plain page. */
const isShown = ({ isPlain = false }: Shot, { language, scheme }: Look): boolean =>
  !isPlain || (language === 'en') === (scheme === 'light')

/** One look for each, in turn: English by day, Japanese by night. */
const isItsTurn = (index: number, { language, scheme }: Look): boolean =>
  index % 2 === 0 ? language === 'en' && scheme === 'light' : language === 'ja' && scheme === 'dark'

/** A plain Chromium, and the design build served on a free port of loopback, for as long as `use` runs. */
export async function withDesignPages(
  use: (origin: string, browser: Browser) => Promise<void>,
): Promise<void> {
  const outDir = await mkdtemp(join(tmpdir(), 'fallow-design-'))
  await build({ configFile: false, logLevel: 'warn', ...designConfig(outDir) })
  const config = designConfig(outDir)
  const server = await preview({
    configFile: false,
    ...config,
    plugins: [...(config.plugins ?? []), answerForFavicon()],
    preview: { host: '127.0.0.1', port: 0 },
  })
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
  try {
    await use(server.resolvedUrls?.local[0] ?? '', browser)
  } finally {
    await browser.close()
    await server.close()
    await rm(outDir, { recursive: true })
  }
}

/** A popup has no tab, so its page names no icon; a tab asks for one all the same. */
function answerForFavicon(): Plugin {
  return {
    name: 'answer-for-favicon',
    configurePreviewServer: ({ middlewares }) =>
      void middlewares.use('/favicon.ico', (_incoming, outgoing) => void outgoing.writeHead(204).end()),
  }
}

/** At a fixed time, without motion and without figures kept from an earlier page, so that two pictures of one state are the same. */
export async function openPlainPage(browser: Browser, scheme: Scheme): Promise<Page> {
  const context = await browser.newContext({
    colorScheme: scheme,
    deviceScaleFactor: 2,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'UTC',
  })
  const page = await context.newPage()
  await page.clock.setFixedTime(fakeNowUnixMs)
  await page.addInitScript(() => location.protocol === 'http:' && localStorage.clear())
  return page
}

async function show(page: Page, url: string, shot: Shot): Promise<void> {
  await page.setViewportSize({ width: shot.widthPx, height: viewportHeightPx })
  await page.goto(url)
  await shot.prepare?.(page)
}

/** A popup is as high as its content, as the browser shows it; so is a whole page, with its sticky bar at the end. */
async function photograph(page: Page, shot: Shot, path: string): Promise<void> {
  if (!shot.firstSight) {
    const height = await page.evaluate(() => document.documentElement.scrollHeight)
    await page.setViewportSize({ width: shot.widthPx, height })
  }
  if (shot.path.startsWith('popup')) await page.locator('body').screenshot({ path })
  else await page.screenshot({ path })
}

if (import.meta.main) {
  const only = process.argv[2] ?? ''
  console.log(`${await photographPages(only)} pictures in ${picturesFolder}`)
  for (const [picture, name] of Object.entries(docsPictures))
    if (picture.includes(only))
      await copyFile(join(picturesFolder, `${picture}.png`), inRepository(`docs/images/${name}.png`))
}
