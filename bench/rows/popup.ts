import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright'
import { type BrowserUnderLoad, startBrowserUnderLoad } from '../rig/browser-under-load.ts'
import { countCpu } from '../rig/cpu.ts'
import { spread } from '../rig/measure.ts'
import type { Row, Sample } from '../rig/row.ts'

const openings = 10
const restMs = 500
const shippedPopup = 'popup/index.html'
/** A file of the extension that Chromium shows as plain text: the least that a popup can be. */
const plainText = 'manifest.json'

export const popup: Row = {
  name: 'popup',
  what: [
    `The popup of the shipped extension opens ${openings} times under its icon in the toolbar of a real Chromium that shares`,
    '(chrome.action.openPopup; the icon is pinned, for one that is not Chromium first moves it into the toolbar).',
    'toDocument: from the call to the start of the document, which is Chromium’s own work. toFirstPicture: from the call to the first',
    'contentful paint. toState: from the call until the whole state stands in the document. Beside it, as the least that Chromium',
    'needs for any popup, a popup of plain text without style or script.',
  ].join(' '),
  async prepare() {
    const rig = await startBrowserUnderLoad({ pinned: true })
    const opener = await rig.browser.open('options')
    const side = (name: string, path: string) => ({ name, run: () => openMany(rig, opener, path) })
    return { sides: [side('popup', shippedPopup), side('plain text', plainText)], close: rig.close }
  },
}

async function openMany({ browserMeters }: BrowserUnderLoad, opener: Page, path: string): Promise<Sample> {
  await opener.evaluate((popup) => chrome.action.setPopup({ popup }), path)
  const open = async () => {
    const seen: Opening[] = []
    for (let opening = 0; opening < openings; opening += 1) seen.push(await openOnce(opener, path))
    return seen
  }
  const [seen, used] = await countCpu({ browser: browserMeters.browser }, open)
  const states = seen.flatMap(({ toStateMs }) => toStateMs ?? [])
  return {
    toDocumentMs: spread(seen.map(({ toDocumentMs }) => toDocumentMs)).median,
    toFirstPictureMs: spread(seen.map(({ toFirstPictureMs }) => toFirstPictureMs)).median,
    ...(states.length > 0 && { toStateMs: spread(states).median }),
    browserCpuMsPerOpening: (used.browser ?? Number.NaN) / 1_000 / openings,
  }
}

type Opening = { toDocumentMs: number; toFirstPictureMs: number; toStateMs: number | null }

async function openOnce(opener: Page, path: string): Promise<Opening> {
  const opening = await opener.evaluate(openAndLook, path === shippedPopup)
  await opener.waitForFunction(() => chrome.extension.getViews({ type: 'popup' }).length === 0)
  // Nobody opens it again in the same moment, and Chromium prepares the next process meanwhile.
  await delay(restMs)
  return opening
}

/** Runs in a page of the extension, which may look into its popup, and closes it again. */
async function openAndLook(hasState: boolean): Promise<Opening> {
  const calledAt = Date.now()
  await chrome.action.openPopup()
  const [popup] = chrome.extension.getViews({ type: 'popup' }) as (Window & typeof globalThis)[]
  if (!popup) throw new Error('Chromium opened no popup')
  const documentAt = popup.performance.timeOrigin
  const pictureMs = new Promise<number>((resolve) => {
    const look = (list: PerformanceObserverEntryList) => {
      const [paint] = list.getEntriesByName('first-contentful-paint')
      if (paint) resolve(paint.startTime)
    }
    new popup.PerformanceObserver(look).observe({ type: 'paint', buffered: true })
  })
  const stateAt = new Promise<number>((resolve) => {
    const look = () => {
      if (!popup.document.querySelector('[data-fresh=true]')) return
      watching.disconnect()
      resolve(Date.now())
    }
    const watching = new popup.MutationObserver(look)
    watching.observe(popup.document, { subtree: true, childList: true, attributes: true })
    look()
  })
  const opening = {
    toDocumentMs: documentAt - calledAt,
    toFirstPictureMs: documentAt - calledAt + (await pictureMs),
    toStateMs: hasState ? (await stateAt) - calledAt : null,
  }
  popup.close()
  return opening
}
