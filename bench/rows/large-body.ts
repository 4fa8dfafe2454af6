import { writeFileSync } from 'node:fs'
import { residentBytes } from '../../scripts/browser/relay.ts'
import { type LoadTarget, load } from '../rig/load.ts'
import { cpuUs, peakResidentBytes } from '../rig/processes.ts'
import { startRelayUnderLoad } from '../rig/relay-under-load.ts'
import type { Row, Sample } from '../rig/row.ts'

const bytes = 200_000_000
const path = `/bytes/${bytes}`

export const largeBody: Row = {
  name: 'large-body',
  what: '200 MB in one answer: through a complete relay and a scripted node, and straight from a bare server. CPU and memory are the relay’s, or the bare server’s.',
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
  // proc(5): writing 5 makes the peak begin anew at what is resident now.
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
  const residentBefore = residentBytes(pid)
  const cpuBefore = cpuUs(pid)
  const { seconds } = await load(target, { requests: 1, concurrency: 1 })
  return {
    megabytesPerSecond: bytes / 1e6 / seconds,
    cpuSecondsPerGigabyte: (cpuUs(pid) - cpuBefore) / 1e6 / (bytes / 1e9),
    memoryGrowthMebibytes: (peakResidentBytes(pid) - residentBefore) / 1024 ** 2,
  }
}
