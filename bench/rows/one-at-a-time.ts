import { type LoadTarget, load } from '../rig/load.ts'
import { spread } from '../rig/measure.ts'
import { startRelayUnderLoad } from '../rig/relay-under-load.ts'
import type { Row, Sample } from '../rig/row.ts'

const requests = 200
const path = '/bytes/2048'

export const oneAtATime: Row = {
  name: 'one-at-a-time',
  what: `${requests} GETs of 2 kB, one after the other: what the relay and a scripted node add to each.`,
  async prepare() {
    const rig = await startRelayUnderLoad()
    const side = (name: string, target: LoadTarget) => ({ name, run: () => ask(target) })
    return {
      sides: [side('fallow', rig.throughRelay(path)), side('bare server', rig.direct(path))],
      close: rig.close,
    }
  },
}

async function ask(target: LoadTarget): Promise<Sample> {
  const { latenciesMs } = await load(target, { requests, concurrency: 1 })
  const sorted = latenciesMs.toSorted((a, b) => a - b)
  return {
    medianMs: spread(latenciesMs).median,
    p95Ms: sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN,
  }
}
