import { writeFileSync } from 'node:fs'
import { residentBytes } from '../../scripts/browser/relay.ts'
import { type CpuMeters, countCpu, perGigabyte } from '../rig/cpu.ts'
import { type LoadTarget, load } from '../rig/load.ts'
import { peakResidentBytes } from '../rig/processes.ts'
import { startRelayUnderLoad } from '../rig/relay-under-load.ts'
import type { Row, Sample } from '../rig/row.ts'

const bytes = 200_000_000
const path = `/bytes/${bytes}`

export const largeBody: Row = {
  name: 'large-body',
  what: '200 MB in one answer: through a complete relay and a scripted node, and straight from a bare server. CPU of each process; the memory is the relay’s, or the bare server’s.',
  async prepare() {
    const rig = await startRelayUnderLoad()
    const { relay, server } = rig
    const sides = [
      { name: 'fallow', run: () => ask(rig.throughRelay(path), relay.pid, rig.relayMeters) },
      { name: 'bare server', run: () => ask(rig.direct(path), server.pid, rig.directMeters) },
    ]
    return { sides, close: rig.close }
  },
}

async function ask(target: LoadTarget, pid: number, meters: CpuMeters): Promise<Sample> {
  // proc(5): writing 5 makes the peak begin anew at what is resident now.
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
  const residentBefore = residentBytes(pid)
  const [{ seconds }, used] = await countCpu(meters, () => load(target, { requests: 1, concurrency: 1 }))
  return {
    megabytesPerSecond: bytes / 1e6 / seconds,
    memoryGrowthMebibytes: (peakResidentBytes(pid) - residentBefore) / 1024 ** 2,
    ...perGigabyte(used, bytes),
  }
}
