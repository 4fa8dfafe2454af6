import type { Page } from 'playwright'
import { expect, test } from 'vitest'
import { graveTroubles } from './browser/accessibility.ts'
import { openPlainPage, visitPages, withDesignPages } from './photograph-pages.ts'

const browserMs = 600_000
/** FALLOW_PROOF_SCALE=1 looks at each page in all looks, the everyday test in one of them. */
const inBrief = process.env.FALLOW_PROOF_SCALE === undefined

test('every page in every state, scheme and language fits its width, keeps nobody out, and draws without an error', {
  timeout: browserMs,
}, async () => {
  const troubles: string[] = []
  const heard = new WeakSet<Page>()
  const count = await visitPages(
    async (page, shot, { language, scheme }) => {
      if (!heard.has(page)) listenForErrors(page, troubles)
      heard.add(page)
      const found = [...(await page.evaluate(troublesInPage)), ...(await graveTroubles(page))]
      if ((await page.evaluate(() => document.documentElement.lang)) !== language)
        found.push('does not say which language it is in')
      for (const trouble of found) troubles.push(`${shot.name} ${language} ${scheme}: ${trouble}`)
    },
    { inBrief },
  )
  expect(count).toBeGreaterThan(inBrief ? 50 : 100)
  expect(troubles).toEqual([])
})

test('whoever uses the keyboard sees where they are, and reaches the decision', {
  timeout: browserMs,
}, async () => {
  await withDesignPages(async (origin, browser) => {
    const page = await openPlainPage(browser, 'light')
    await page.goto(`${origin}consent/index.html?fake=consent-not-given&still`)
    for (const answer of ['mode-always', 'unlimited-yes', 'battery-yes'])
      await page.getByTestId(answer).press('Space')
    expect(await focusedAfterTab(page)).toEqual({ testId: 'consent-agree', ring: '3px' })
    expect(await focusedAfterTab(page)).toEqual({ testId: 'consent-decline', ring: '3px' })
    await page.keyboard.press('Enter')
    await page.getByTestId('consent-declined').waitFor()
  })
})

test('the field moves only while bytes are carried, and not for those who asked for no motion', {
  timeout: browserMs,
}, async () => {
  await withDesignPages(async (origin, browser) => {
    const moving = await browser.newPage({ reducedMotion: 'no-preference' })
    const still = await browser.newPage({ reducedMotion: 'reduce' })
    expect(await movingGrains(moving, `${origin}popup/index.html?fake=sharing&still`)).toBe(4)
    expect(await movingGrains(moving, `${origin}popup/index.html?fake=waiting&still`)).toBe(0)
    expect(await movingGrains(moving, `${origin}popup/index.html?fake=paused&still`)).toBe(0)
    expect(await movingGrains(still, `${origin}popup/index.html?fake=sharing&still`)).toBe(0)
  })
})

function listenForErrors(page: Page, troubles: string[]): void {
  page.on('pageerror', (error) => troubles.push(`${page.url()}: ${error.message}`))
  page.on('console', (line) => {
    if (line.type() === 'error') troubles.push(`${page.url()}: ${line.text()}`)
  })
}

/** Runs in the page. */
function troublesInPage(): string[] {
  const troubles: string[] = []
  const { scrollWidth, clientWidth } = document.documentElement
  if (scrollWidth > clientWidth) troubles.push(`is ${scrollWidth - clientWidth} px too wide`)
  if (document.querySelectorAll('h1').length !== 1) troubles.push('has not exactly one h1')
  for (const button of document.querySelectorAll('button')) {
    if (button.textContent?.trim() === '') troubles.push('has a button without a name')
    // A name that is shortened on purpose stands whole in its tooltip.
    const isShortened = getComputedStyle(button).textOverflow === 'ellipsis' && button.title !== ''
    if (button.scrollWidth > button.clientWidth && !isShortened)
      troubles.push(`cuts the button "${button.textContent}"`)
  }
  return troubles
}

async function focusedAfterTab(page: Page): Promise<{ testId: string | undefined; ring: string }> {
  await page.keyboard.press('Tab')
  return page.evaluate(() => {
    const focused = document.activeElement as HTMLElement
    return { testId: focused.dataset.testid, ring: getComputedStyle(focused).outlineWidth }
  })
}

async function movingGrains(page: Page, url: string): Promise<number> {
  await page.goto(url)
  await page.locator('[data-fresh="true"]').waitFor()
  return page.evaluate(
    () =>
      document.getAnimations().filter((running) => (running as CSSAnimation).animationName === 'leave')
        .length,
  )
}
