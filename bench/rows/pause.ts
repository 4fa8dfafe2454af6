import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { Page } from 'playwright'
import { type BrowserUnderLoad, startBrowserUnderLoad } from '../rig/browser-under-load.ts'
import type { LoadTarget } from '../rig/load.ts'
import { spread } from '../rig/measure.ts'
import { click, type Moment, untilLinks, untilPhase } from '../rig/moments.ts'
import type { Row, Sample } from '../rig/row.ts'

const pauses = 10
const path = '/bytes/1000000000'
/** By then the answer is in full flow. */
const flowingBytes = 4_000_000

export const pause: Row = {
  name: 'pause',
  what: [
    `The owner clicks on pause and on resume, ${pauses} times, in the popup of the shipped extension in a real Chromium (its page`,
    'in a tab): while an answer of 1 GB is in full flow, and while nothing is in flight. From the moment the page hears the click to the',
    'broken answer at the customer, to the closed link in the relay’s /metrics, and from the click on resume to "Sharing" in the popup.',
    'Median and slowest.',
  ].join(' '),
  async prepare() {
    const rig = await startBrowserUnderLoad()
    const popup = await rig.browser.open('popup')
    const flowing = () => openFlowing(rig.throughBrowser(path, 0))
    const sides = [
      { name: 'an answer in full flow', run: () => pauseMany(rig, popup, flowing) },
      { name: 'nothing in flight', run: () => pauseMany(rig, popup, async () => null) },
    ]
    return { sides, close: rig.close }
  },
}

/** In milliseconds. `broken` is null where nothing was in flight. */
type Pause = { broken: number | null; closed: number; shared: number }

async function pauseMany(
  rig: BrowserUnderLoad,
  popup: Page,
  open: () => Promise<Flow | null>,
): Promise<Sample> {
  const seen: Pause[] = []
  for (let number = 0; number < pauses; number += 1) {
    await untilPhase(popup, 'sharing')
    seen.push(await pauseOnce(rig, popup, await open()))
  }
  const broken = seen.flatMap((each) => each.broken ?? [])
  return {
    ...(broken.length > 0 && ofAll('BrokenAnswer', broken)),
    ...ofAll(
      'LinkClosed',
      seen.map(({ closed }) => closed),
    ),
    ...ofAll(
      'Resumed',
      seen.map(({ shared }) => shared),
    ),
  }
}

const ofAll = (what: string, allMs: number[]): Sample => ({
  [`to${what}Ms`]: spread(allMs).median,
  [`to${what}SlowestMs`]: spread(allMs).max,
})

async function pauseOnce({ relay }: BrowserUnderLoad, popup: Page, flow: Flow | null): Promise<Pause> {
  const closing = untilLinks(relay, 0)
  const pausedAt = await click(popup, 'pause')
  const [brokenAt, closedAt] = await Promise.all([flow?.broken ?? null, closing, untilPhase(popup, 'off')])
  const sharing = untilPhase(popup, 'sharing')
  const resumedAt = await click(popup, 'resume')
  return {
    broken: brokenAt === null ? null : brokenAt - pausedAt,
    closed: closedAt - pausedAt,
    shared: (await sharing) - resumedAt,
  }
}

type Flow = { broken: Promise<Moment> }

/** A customer who reads as fast as it comes. Resolves once the answer is in full flow. */
async function openFlowing({ url, headers }: LoadTarget): Promise<Flow> {
  const request = get(url, { headers, agent: false }).on('error', () => {})
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const broken = new Promise<Moment>((resolve, reject) => {
    response.on('error', () => {})
    response.on('close', () =>
      response.complete ? reject(new Error('the answer came whole')) : resolve(Date.now()),
    )
  })
  for (let bytes = 0; bytes < flowingBytes; ) bytes += ((await once(response, 'data')) as [Buffer])[0].length
  return { broken }
}
