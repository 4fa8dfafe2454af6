import { startBrowserUnderLoad } from '../rig/browser-under-load.ts'
import { load } from '../rig/load.ts'
import { spread } from '../rig/measure.ts'
import { cpuUs } from '../rig/processes.ts'
import type { Row, Sample } from '../rig/row.ts'

const requests = 300

export const browserSmall: Row = {
  name: 'browser-small',
  what: `${requests} GETs of 2 kB, each of another URL, through a complete relay and the shipped extension in a real Chromium, and straight from the target. CPU is the relay's.`,
  async prepare() {
    const rig = await startBrowserUnderLoad()
    let asked = 0
    const ask = async (concurrency: number): Promise<Sample> => {
      const before = cpuUs(rig.relay.pid)
      const next = (index: number) => {
        asked += 1
        return rig.throughBrowser(`/bytes/2048?n=${asked}`, index)
      }
      const { seconds, latenciesMs } = await load(next, { requests, concurrency })
      const relayCpuUsPerRequest = (cpuUs(rig.relay.pid) - before) / requests
      return {
        requestsPerSecond: requests / seconds,
        medianMs: spread(latenciesMs).median,
        relayCpuUsPerRequest,
      }
    }
    const askDirectly = async (): Promise<Sample> => {
      const { seconds, latenciesMs } = await load(rig.direct('/bytes/2048'), { requests, concurrency: 1 })
      return {
        requestsPerSecond: requests / seconds,
        medianMs: spread(latenciesMs).median,
        relayCpuUsPerRequest: 0,
      }
    }
    const sides = [
      { name: 'through Chromium, one at a time', run: () => ask(1) },
      { name: 'through Chromium, 16 at once', run: () => ask(16) },
      { name: 'straight, one at a time', run: askDirectly },
    ]
    return { sides, close: rig.close }
  },
}
