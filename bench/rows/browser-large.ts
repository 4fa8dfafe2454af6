import { startBrowserUnderLoad } from '../rig/browser-under-load.ts'
import { type LoadTarget, load } from '../rig/load.ts'
import type { Row, Sample } from '../rig/row.ts'

const bytes = 100_000_000
const path = `/bytes/${bytes}`

export const browserLarge: Row = {
  name: 'browser-large',
  what: '100 MB in one answer, through a complete relay and the shipped extension in a real Chromium, and straight from the target.',
  async prepare() {
    const rig = await startBrowserUnderLoad()
    const sides = [
      { name: 'through Chromium', run: () => ask(rig.throughBrowser(path, 0)) },
      { name: 'straight', run: () => ask(rig.direct(path)) },
    ]
    return { sides, close: rig.close }
  },
}

async function ask(target: LoadTarget): Promise<Sample> {
  const { seconds } = await load(target, { requests: 1, concurrency: 1 })
  return { megabytesPerSecond: bytes / 1e6 / seconds }
}
