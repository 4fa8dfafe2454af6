import { execFile } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright'
import type { NodeBrowser } from './browser.ts'
import { type Display, programPath } from './display.ts'

/** Types real keys on a display. */
const keyTyper = 'xdotool'
/** How long the prompt may take to appear. */
const promptMsMax = 15_000
/** Chromium takes no key within half a second of showing a prompt, so that nobody answers one by accident. */
const promptGuardMs = 600
/** How long the page may take to hear of the answer, before the key is pressed again. */
const answerMsMax = 2_000
const triesMax = 3
/** A person is asked, where this process cannot type on their display. */
const personMsMax = 120_000
/** How long a key may take from the display to the page. */
const keyMs = 150

type ConsentOptions = {
  /** How the owner answers and agrees; without it with the mouse. */
  agree?: (page: Page) => Promise<void>
  /** Told where a person has to answer the prompt, because nothing here can. */
  askPerson?: (sentence: string) => void
}

/** The consent page as the extension opens it by itself at its first run, else opened by its address. */
export async function consentPageOf(browser: NodeBrowser): Promise<Page> {
  const isConsent = (page: Page) => page.url() === browser.addressOf('consent')
  const openedByItself = browser.context.pages().find(isConsent)
  const page =
    openedByItself ??
    (await browser.context
      .waitForEvent('page', { predicate: isConsent, timeout: 5_000 })
      .catch(() => null)) ??
    (await browser.open('consent'))
  await page.bringToFront()
  return page
}

/** The owner's answers for whoever wants no limits: always, on an unlimited connection, and on battery too. */
export async function answerQuestions(page: Page): Promise<void> {
  for (const answer of ['mode-always', 'unlimited-yes', 'battery-yes']) await page.getByTestId(answer).check()
}

async function agreeByMouse(page: Page): Promise<void> {
  await answerQuestions(page)
  await page.getByTestId('consent-agree').click()
}

/** The owner reads, answers, clicks "I agree", and allows the access in the browser's own prompt. */
export async function giveConsent(
  browser: NodeBrowser,
  { askPerson, agree = agreeByMouse }: ConsentOptions = {},
): Promise<Page> {
  const page = await consentPageOf(browser)
  const agreed = page.getByTestId('consent-agreed')
  if (!browser.display.isOwn && programPath(keyTyper) === null) await waitForPerson(page, askPerson)
  // A key that comes before the prompt is ready leaves the wrong button in focus; the page then says so and offers the choice again.
  else
    for (let tries = 0; tries < triesMax && !(await agreed.isVisible()); tries += 1)
      await answerPrompt(page, browser.display, { agree, keys: ['Tab', 'Return'] })
  await agreed.waitFor({ timeout: answerMsMax })
  return page
}

/**
 * The owner agrees once more after the extension itself has given the access back: then Chromium grants it again without a prompt.
 */
export async function giveConsentAgain(browser: NodeBrowser): Promise<Page> {
  const page = await consentPageOf(browser)
  await page.reload()
  await agreeByMouse(page)
  await page.getByTestId('consent-agreed').waitFor({ timeout: answerMsMax })
  return page
}

/** The owner clicks "I agree", and then closes the browser's prompt without allowing anything. */
export async function refusePrompt(browser: NodeBrowser): Promise<Page> {
  const page = await consentPageOf(browser)
  await answerPrompt(page, browser.display, { agree: agreeByMouse, keys: ['Escape'] })
  await page.getByTestId('consent-problem').waitFor({ timeout: answerMsMax })
  return page
}

/** The owner says no on the consent page; no prompt follows. */
export async function declineConsent(browser: NodeBrowser): Promise<Page> {
  const page = await consentPageOf(browser)
  await page.getByTestId('consent-decline').click()
  await page.getByTestId('consent-declined').waitFor()
  return page
}

/**
 * Agrees, and answers the permission prompt with real keys. The prompt is no window of its own, so that no tool can find it; but
 * it takes the keyboard away from the page, and that can be seen: the page no longer hears a key that does nothing.
 */
async function answerPrompt(
  page: Page,
  display: Display,
  { agree, keys }: { agree: (page: Page) => Promise<void>; keys: readonly string[] },
): Promise<void> {
  const hears = await listenForKeys(page)
  const probe = () => hears(() => pressKeys(display, ['Shift_L']))
  await until(probe, `The keyboard of display ${display.name} does not reach the consent page`)
  await agree(page)
  await until(
    async () => !(await probe()),
    `The browser's permission prompt did not appear on display ${display.name}`,
  )
  await delay(promptGuardMs)
  await pressKeys(display, keys.slice(0, -1))
  for (let tries = 0; tries < triesMax; tries += 1) {
    await pressKeys(display, keys.slice(-1))
    if (await isDecided(page)) return
  }
  throw new Error(
    `The browser's permission prompt on display ${display.name} took none of ${triesMax} answers.`,
  )
}

async function until(isTrue: () => Promise<boolean>, complaint: string): Promise<void> {
  const giveUpAt = Date.now() + promptMsMax
  while (!(await isTrue()))
    if (Date.now() > giveUpAt) throw new Error(`${complaint} within ${promptMsMax} ms.`)
}

/** While the prompt is open the page waits, and both its buttons are disabled. */
function isDecided(page: Page): Promise<boolean> {
  const decided = page.locator('[data-testid=consent-decline]:enabled')
  return decided.waitFor({ timeout: answerMsMax }).then(
    () => true,
    () => false,
  )
}

async function waitForPerson(page: Page, askPerson: ConsentOptions['askPerson']): Promise<void> {
  await agreeByMouse(page)
  askPerson?.('Please answer the prompt in the browser window: press Allow.')
  await page
    .getByTestId('consent-agreed')
    .or(page.getByTestId('consent-problem'))
    .waitFor({ timeout: personMsMax })
}

/** Gives a function that says whether the page hears what is pressed meanwhile. */
async function listenForKeys(page: Page): Promise<(press: () => Promise<void>) => Promise<boolean>> {
  const heard = () => page.evaluate(() => Number(document.documentElement.dataset.keysHeard ?? 0))
  await page.evaluate(() => {
    const { dataset } = document.documentElement
    addEventListener('keydown', () => {
      dataset.keysHeard = String(Number(dataset.keysHeard ?? 0) + 1)
    })
  })
  return async (press) => {
    const before = await heard()
    await press()
    await delay(keyMs)
    return (await heard()) > before
  }
}

function pressKeys(display: Display, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return Promise.resolve()
  const env = { ...process.env, DISPLAY: display.name }
  return new Promise((resolve, reject) => {
    execFile(keyTyper, ['key', '--delay', '50', ...keys], { env }, (error) => {
      if (error)
        reject(
          new Error(`${keyTyper} could not press ${keys.join(', ')} on ${display.name}: ${error.message}`),
        )
      else resolve()
    })
  })
}
