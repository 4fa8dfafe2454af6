import { type CpuMeters, countCpu, perRequest } from '../rig/cpu.ts'
import { type LoadTarget, load } from '../rig/load.ts'
import { spread } from '../rig/measure.ts'
import { startRelayUnderLoad } from '../rig/relay-under-load.ts'
import type { Row, Sample } from '../rig/row.ts'

const requests = 1_000
const path = '/bytes/2048'

export const oneAtATime: Row = {
  name: 'one-at-a-time',
  what: `${requests} GETs of 2 kB, one after the other: what the relay and a scripted node add to each, and the CPU that each process spends on one.`,
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
  const [{ latenciesMs }, used] = await countCpu(meters, () => load(target, { requests, concurrency: 1 }))
  const sorted = latenciesMs.toSorted((a, b) => a - b)
  return {
    medianMs: spread(latenciesMs).median,
    p95Ms: sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN,
    ...perRequest(used, requests),
  }
}
