import type { Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { graveTroubles, tooWidePx } from '#scripts/browser/accessibility.ts'
import type { ExtensionPage, NodeBrowser } from '#scripts/browser/browser.ts'
import { consentPageOf, giveConsent } from '#scripts/browser/consent.ts'
import { setRelay, waitForPhase } from '#scripts/browser/owner.ts'
import { type House, openHouse } from '../fixtures/house.ts'
import { photograph } from '../fixtures/screenshots.ts'

const pages: ExtensionPage[] = ['consent', 'popup', 'options', 'activity']
const narrowPx = 320
/** More stops than any page has. */
const tabsMax = 400

describe.sequential('an owner who uses the keyboard alone, in the shipped pages', () => {
  let house: House
  let browser: NodeBrowser
  beforeAll(async () => {
    house = await openHouse()
    browser = await house.openBrowser()
    await setRelay(browser, house.relay.url)
  })
  afterAll(() => house?.close())

  test('reads, answers and agrees, and is linked', async () => {
    const consent = await consentPageOf(browser)
    expect(await graveTroubles(consent)).toEqual([])
    await giveConsent(browser, { agree: agreeByKeyboard })
    expect(await graveTroubles(consent)).toEqual([])
  })

  test('pauses, resumes, opens what is closed, and looks at another week', async () => {
    const popup = await browser.open('popup')
    await waitForPhase(popup, 'sharing')
    await popup.bringToFront()
    await pressOn(popup, 'pause-half-hour', 'Enter')
    await waitForPhase(popup, 'off', 'paused-by-you')
    expect(await popup.getByTestId('until').textContent()).toMatch(/\d/)
    await pressOn(popup, 'resume', 'Enter')
    await waitForPhase(popup, 'sharing')
    await pressOn(popup, 'range-month', 'ArrowLeft')
    expect(await popup.getByTestId('range-week').isChecked()).toBe(true)
    for (const name of ['quality', 'devices', 'recent']) await openByKeyboard(popup, name)
    expect(await graveTroubles(popup)).toEqual([])
    await photograph(popup, 'popup-open')
    await popup.close()
  })

  test('sets a cap and an hour of the plan, and closes the dialog of leaving without a change', async () => {
    const options = await browser.open('options')
    await options.getByTestId('cap-day').waitFor()
    await tabTo(options, 'cap-day')
    await options.keyboard.type('2')
    await options.keyboard.press('Tab')
    await options.getByTestId('note-cap-day').getByText('Saved').waitFor()
    await paintByKeyboard(options)
    await pressOn(options, 'open-withdraw', 'Enter')
    await options.getByTestId('withdraw-sure').waitFor()
    expect(await graveTroubles(options)).toEqual([])
    await options.keyboard.press('Escape')
    expect(await focusedTestId(options)).toBe('open-withdraw')
    expect(await graveTroubles(options)).toEqual([])
    await options.close()
  })

  test('finds the cap and the plan again in a page that is opened anew', async () => {
    const options = await browser.open('options')
    await options.locator('[data-testid=cap-day]').waitFor()
    await expect.poll(() => options.getByTestId('cap-day').inputValue()).toBe('2')
    expect(await options.getByTestId('schedule-hours').textContent()).toContain('167')
    await options.close()
  })

  test('at 320 px, and at 200 % zoom, no page scrolls sideways, and none keeps anybody out', async () => {
    const wide: string[] = []
    const grave: string[] = []
    for (const name of pages) {
      const page = await browser.open(name)
      await page.locator('main[aria-busy=false], main:not([aria-busy])').waitFor()
      await zoom(page, 2)
      if ((await tooWidePx(page)) > 0) wide.push(`${name} at 200 %`)
      await zoom(page, 1)
      await page.setViewportSize({ width: narrowPx, height: 700 })
      if ((await tooWidePx(page)) > 0) wide.push(`${name} at ${narrowPx} px`)
      grave.push(...(await graveTroubles(page)))
      await page.close()
    }
    expect({ wide, grave }).toEqual({ wide: [], grave: [] })
  })
})

describe.sequential('an owner whose browser speaks Japanese', () => {
  let house: House
  let browser: NodeBrowser
  beforeAll(async () => {
    house = await openHouse()
    browser = await house.openBrowser({ language: 'ja' })
  })
  afterAll(() => house?.close())

  test.each([
    ['consent', '共有を始める前に'],
    ['popup', '共有していません'],
    ['options', 'オプション'],
    ['activity', 'この回線を通ったもの'],
  ] as const)('the shipped %s is in Japanese, and keeps nobody out', async (name, heading) => {
    const page = await browser.open(name)
    await page.getByRole('heading', { level: 1, name: heading }).waitFor()
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('ja')
    expect(await graveTroubles(page)).toEqual([])
    await photograph(page, `${name}-ja`)
    await page.close()
  })

  test('so is the icon’s own sentence', async () => {
    const page = await browser.open('popup')
    const title = () => page.evaluate(() => chrome.action.getTitle({}))
    await expect.poll(title).toContain('まだ同意していません')
    await page.close()
  })
})

async function agreeByKeyboard(page: Page): Promise<void> {
  for (const answer of ['mode-when-away', 'unlimited-yes', 'battery-yes'])
    await pressOn(page, answer, 'Space')
  await page.getByTestId('mode-when-away').press('ArrowUp')
  expect(await page.getByTestId('mode-always').isChecked()).toBe(true)
  await pressOn(page, 'consent-agree', 'Enter')
}

/** One hour of Monday is switched off. */
async function paintByKeyboard(options: Page): Promise<void> {
  for (let tabs = 0; (await focusedHour(options)) === undefined; tabs += 1) {
    if (tabs > tabsMax) throw new Error('the keyboard does not reach the plan')
    await options.keyboard.press('Shift+Tab')
  }
  await options.keyboard.press('ArrowRight')
  await options.keyboard.press('Space')
  await options.getByTestId('schedule-hours').getByText('167').waitFor()
}

async function openByKeyboard(popup: Page, name: string): Promise<void> {
  const details = popup.getByTestId(name)
  for (let tabs = 0; !(await details.evaluate(hasFocusedSummary)); tabs += 1) {
    if (tabs > tabsMax) throw new Error(`the keyboard does not reach ${name}`)
    await popup.keyboard.press('Tab')
  }
  await popup.keyboard.press('Enter')
  await expect.poll(() => details.evaluate((element) => (element as HTMLDetailsElement).open)).toBe(true)
}

const hasFocusedSummary = (element: Element): boolean =>
  element.querySelector('summary') === document.activeElement

async function pressOn(page: Page, testId: string, key: string): Promise<void> {
  await page.getByTestId(testId).waitFor()
  await tabTo(page, testId)
  await page.keyboard.press(key)
}

/** Presses Tab until this has the focus. */
async function tabTo(page: Page, testId: string): Promise<void> {
  for (let tabs = 0; (await focusedTestId(page)) !== testId; tabs += 1) {
    if (tabs > tabsMax) throw new Error(`the keyboard does not reach ${testId}`)
    await page.keyboard.press('Tab')
  }
}

const focusedTestId = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset.testid)

const focusedHour = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset.hour)

/** The browser's own zoom, as Ctrl and + would. */
async function zoom(page: Page, factor: number): Promise<void> {
  await page.evaluate(async (wanted) => {
    const tab = await chrome.tabs.getCurrent()
    if (tab?.id !== undefined) await chrome.tabs.setZoom(tab.id, wanted)
  }, factor)
  await expect.poll(() => page.evaluate(() => chrome.tabs.getZoom())).toBeCloseTo(factor)
}
