import { startBrowserUnderLoad } from '../rig/browser-under-load.ts'
import { type CpuMeters, countCpu, perRequest } from '../rig/cpu.ts'
import { type LoadTarget, load } from '../rig/load.ts'
import { spread } from '../rig/measure.ts'
import type { Row, Sample } from '../rig/row.ts'

const requests = 300

export const browserSmall: Row = {
  name: 'browser-small',
  what: `${requests} GETs of 2 kB, each of another URL, through a complete relay and the shipped extension in a real Chromium, and straight from the target. CPU of each process per request, of Chromium’s all.`,
  async prepare() {
    const rig = await startBrowserUnderLoad()
    let asked = 0
    const next = (index: number) => {
      asked += 1
      return rig.throughBrowser(`/bytes/2048?n=${asked}`, index)
    }
    const straight = () => rig.direct('/bytes/2048')
    const sides = [
      { name: 'through Chromium, one at a time', run: () => ask(next, 1, rig.browserMeters) },
      { name: 'through Chromium, 16 at once', run: () => ask(next, 16, rig.browserMeters) },
      { name: 'straight, one at a time', run: () => ask(straight, 1, rig.directMeters) },
    ]
    return { sides, close: rig.close }
  },
}

type TargetOf = (index: number) => LoadTarget

async function ask(next: TargetOf, concurrency: number, meters: CpuMeters): Promise<Sample> {
  const [{ seconds, latenciesMs }, used] = await countCpu(meters, () => load(next, { requests, concurrency }))
  return {
    requestsPerSecond: requests / seconds,
    medianMs: spread(latenciesMs).median,
    ...perRequest(used, requests),
  }
}
