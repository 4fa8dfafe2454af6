import { type CpuMeters, countCpu, perRequest } from '../rig/cpu.ts'
import { load } from '../rig/load.ts'
import { startRelayUnderLoad } from '../rig/relay-under-load.ts'
import type { Row, Sample } from '../rig/row.ts'

const requests = 640
const path = '/bytes/100000'
const hosts = 32

export const manyAtOnce: Row = {
  name: 'many-at-once',
  what: `${requests} GETs of 100 kB from ${hosts} hosts through one scripted node: 64 at once, and one after the other. What all of them together move, and the CPU that each process spends on one.`,
  async prepare() {
    const rig = await startRelayUnderLoad()
    const spreadOverHosts = (index: number) => rig.throughRelay(path, index % hosts)
    const sides = [
      { name: 'fallow, 64 at once', run: () => ask(spreadOverHosts, 64, rig.relayMeters) },
      { name: 'fallow, one at a time', run: () => ask(spreadOverHosts, 1, rig.relayMeters) },
      { name: 'bare server, 64 at once', run: () => ask(rig.direct(path), 64, rig.directMeters) },
    ]
    return { sides, close: rig.close }
  },
}

type Target = Parameters<typeof load>[0]

async function ask(target: Target, concurrency: number, meters: CpuMeters): Promise<Sample> {
  const [done, used] = await countCpu(meters, () => load(target, { requests, concurrency }))
  return {
    requestsPerSecond: requests / done.seconds,
    megabytesPerSecond: done.bytes / 1e6 / done.seconds,
    ...perRequest(used, requests),
  }
}
