import { type CpuMeters, countCpu, perRequest } from '../rig/cpu.ts'
import { type LoadTarget, load } from '../rig/load.ts'
import { spread } from '../rig/measure.ts'
import { startRelayUnderLoad } from '../rig/relay-under-load.ts'
import type { Row, Sample } from '../rig/row.ts'

const requests = 4_000
const concurrency = 32
const path = '/bytes/2048'

export const smallAnswer: Row = {
  name: 'small-answer',
  what: `${requests} GETs of 2 kB, ${concurrency} at once: through a complete relay and a scripted node, and straight from a bare server. CPU of each process per request; the database writes in batches, some of them later.`,
  async prepare() {
    const rig = await startRelayUnderLoad()
    const sides = [
      { name: 'fallow', run: () => ask(rig.throughRelay(path), rig.relayMeters) },
      { name: 'bare server', run: () => ask(rig.direct(path), rig.directMeters) },
    ]
    return { sides, close: rig.close }
  },
}

async function ask(target: LoadTarget, meters: CpuMeters): Promise<Sample> {
  const [{ seconds, latenciesMs }, used] = await countCpu(meters, () =>
    load(target, { requests, concurrency }),
  )
  return {
    requestsPerSecond: requests / seconds,
    medianMs: spread(latenciesMs).median,
    ...perRequest(used, requests),
  }
}
