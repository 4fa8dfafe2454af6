import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright'
import type { RunningRelay } from '../../scripts/browser/relay.ts'

/** When something happened, in milliseconds of the clock of this computer, which its browsers share. */
export type Moment = number

const lookEveryMs = 5
const linksMsMax = 180_000

/** Clicks with the mouse, and gives the moment at which the page itself heard the click. */
export async function click(page: Page, testId: string): Promise<Moment> {
  await page.evaluate(() => {
    const hear = () => {
      document.documentElement.dataset.clickedAt = String(Date.now())
    }
    addEventListener('click', hear, { capture: true, once: true })
  })
  await page.getByTestId(testId).click()
  return Number(await page.evaluate(() => document.documentElement.dataset.clickedAt))
}

/** Waits until the popup says that it shares, or that it does not; looks at each of its frames. */
export async function untilPhase(popup: Page, phase: 'sharing' | 'off'): Promise<Moment> {
  const seen = await popup.waitForFunction(
    (wanted) => document.querySelector(`[data-testid=status][data-phase=${wanted}]`) && Date.now(),
    phase,
  )
  return Number(await seen.jsonValue())
}

/** Asks the relay's `/metrics` again and again until so many nodes are linked. */
export async function untilLinks({ url }: RunningRelay, count: number): Promise<Moment> {
  const giveUpAt = Date.now() + linksMsMax
  while (Date.now() < giveUpAt) {
    const metrics = await (await fetch(`${url}/metrics`)).text()
    if (new RegExp(`^fallow_nodes ${count}$`, 'm').test(metrics)) return Date.now()
    await delay(lookEveryMs)
  }
  throw new Error(`the relay did not come to ${count} linked nodes within ${linksMsMax} ms`)
}
