import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright'
import { type BrowserUnderLoad, startBrowserUnderLoad } from '../rig/browser-under-load.ts'
import { untilLinks, untilPhase } from '../rig/moments.ts'
import type { Row, Sample } from '../rig/row.ts'

const downMs = 10_000
/** A node forgets its earlier tries once a link has stood for 10 s. */
const steadyMs = 11_000

export const reconnect: Row = {
  name: 'reconnect',
  what: [
    `The relay is killed with SIGKILL after a real Chromium was linked to it for ${steadyMs / 1_000} s, and started again: at once, and after it was`,
    `down for ${downMs / 1_000} s. From its start to its ready line, and from that line until the node is linked again by itself; the node waits`,
    'longer from try to try, half of it by chance, so that a relay that was down for longer waits longer for it.',
  ].join(' '),
  async prepare() {
    const rig = await startBrowserUnderLoad()
    const popup = await rig.browser.open('popup')
    const sides = [
      { name: 'started at once', run: () => killAndStart(rig, popup, 0) },
      { name: `down for ${downMs / 1_000} s`, run: () => killAndStart(rig, popup, downMs) },
    ]
    return { sides, close: rig.close }
  },
}

async function killAndStart(rig: BrowserUnderLoad, popup: Page, pauseMs: number): Promise<Sample> {
  await untilPhase(popup, 'sharing')
  await delay(steadyMs)
  await rig.relay.kill()
  await untilPhase(popup, 'off')
  await delay(pauseMs)
  const startedAt = Date.now()
  await rig.startRelayAgain()
  const readyAt = Date.now()
  const linkedAt = await untilLinks(rig.relay, 1)
  return { startToReadyMs: readyAt - startedAt, readyToLinkedMs: linkedAt - readyAt }
}
