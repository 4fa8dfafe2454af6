import { load } from '../rig/load.ts'
import { startRelayUnderLoad } from '../rig/relay-under-load.ts'
import type { Row, Sample } from '../rig/row.ts'

const requests = 640
const path = '/bytes/100000'
const hosts = 32

export const manyAtOnce: Row = {
  name: 'many-at-once',
  what: `${requests} GETs of 100 kB from ${hosts} hosts through one scripted node: 64 at once, and one after the other. The figure is what all of them together move.`,
  async prepare() {
    const rig = await startRelayUnderLoad()
    const spreadOverHosts = (index: number) => rig.throughRelay(path, index % hosts)
    const side = (name: string, target: Parameters<typeof load>[0], concurrency: number) => ({
      name,
      run: () => ask(target, concurrency),
    })
    const sides = [
      side('fallow, 64 at once', spreadOverHosts, 64),
      side('fallow, one at a time', spreadOverHosts, 1),
      side('bare server, 64 at once', rig.direct(path), 64),
    ]
    return { sides, close: rig.close }
  },
}

async function ask(target: Parameters<typeof load>[0], concurrency: number): Promise<Sample> {
  const { seconds, bytes } = await load(target, { requests, concurrency })
  return { requestsPerSecond: requests / seconds, megabytesPerSecond: bytes / 1e6 / seconds }
}
