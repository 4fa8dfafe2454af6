import { type LoadTarget, load } from '../rig/load.ts'
import { spread } from '../rig/measure.ts'
import { cpuUs } from '../rig/processes.ts'
import { startRelayUnderLoad } from '../rig/relay-under-load.ts'
import type { Row, Sample } from '../rig/row.ts'

const requests = 4_000
const concurrency = 32
const path = '/bytes/2048'

export const smallAnswer: Row = {
  name: 'small-answer',
  what: `${requests} GETs of 2 kB, ${concurrency} at once: through a complete relay and a scripted node, and straight from a bare server. CPU is the relay's, or the bare server's, per request.`,
  async prepare() {
    const rig = await startRelayUnderLoad()
    const side = (name: string, target: LoadTarget, pid: number) => ({ name, run: () => ask(target, pid) })
    const sides = [
      side('fallow', rig.throughRelay(path), rig.relay.pid),
      side('bare server', rig.direct(path), rig.server.pid),
    ]
    return { sides, close: rig.close }
  },
}

async function ask(target: LoadTarget, pid: number): Promise<Sample> {
  const before = cpuUs(pid)
  const { seconds, latenciesMs } = await load(target, { requests, concurrency })
  return {
    requestsPerSecond: requests / seconds,
    cpuUsPerRequest: (cpuUs(pid) - before) / requests,
    medianMs: spread(latenciesMs).median,
  }
}
