import { startBrowserUnderLoad } from '../rig/browser-under-load.ts'
import { spread } from '../rig/measure.ts'
import type { Row, Sample } from '../rig/row.ts'

const openings = 10

export const popup: Row = {
  name: 'popup',
  what: `The popup of the shipped extension opens ${openings} times in a tab of a real Chromium that shares: from the start of its navigation to its first picture.`,
  async prepare() {
    const rig = await startBrowserUnderLoad()
    const openOnce = async () => {
      const page = await rig.browser.open('popup')
      await page.getByTestId('status').waitFor()
      const [paint] = await page.evaluate(async () => {
        const entries = performance.getEntriesByName('first-contentful-paint')
        if (entries.length > 0) return entries.map((entry) => entry.startTime)
        return new Promise<number[]>((resolve) => {
          new PerformanceObserver((list) =>
            resolve(list.getEntries().map((entry) => entry.startTime)),
          ).observe({
            type: 'paint',
            buffered: true,
          })
        })
      })
      await page.close()
      return paint ?? Number.NaN
    }
    const run = async (): Promise<Sample> => {
      const paints: number[] = []
      for (let opening = 0; opening < openings; opening += 1) paints.push(await openOnce())
      return { firstContentfulPaintMs: spread(paints).median }
    }
    return { sides: [{ name: 'popup', run }], close: rig.close }
  },
}
