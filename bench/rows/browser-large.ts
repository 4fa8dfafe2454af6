import { startBrowserUnderLoad } from '../rig/browser-under-load.ts'
import { type CpuMeters, countCpu, perGigabyte } from '../rig/cpu.ts'
import { type LoadTarget, load } from '../rig/load.ts'
import type { Row, Sample } from '../rig/row.ts'

const bytes = 100_000_000
const path = `/bytes/${bytes}`

export const browserLarge: Row = {
  name: 'browser-large',
  what: '100 MB in one answer, through a complete relay and the shipped extension in a real Chromium, and straight from the target. CPU of each process, of Chromium’s all.',
  async prepare() {
    const rig = await startBrowserUnderLoad()
    const sides = [
      { name: 'through Chromium', run: () => ask(rig.throughBrowser(path, 0), rig.browserMeters) },
      { name: 'straight', run: () => ask(rig.direct(path), rig.directMeters) },
    ]
    return { sides, close: rig.close }
  },
}

async function ask(target: LoadTarget, meters: CpuMeters): Promise<Sample> {
  const [{ seconds }, used] = await countCpu(meters, () => load(target, { requests: 1, concurrency: 1 }))
  return { megabytesPerSecond: bytes / 1e6 / seconds, ...perGigabyte(used, bytes) }
}
