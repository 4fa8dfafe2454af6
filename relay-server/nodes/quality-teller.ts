import { qualityEveryMs } from '#protocol'
import type { NodeLink } from './node-link.ts'
import type { NodeRoster } from './node-roster.ts'

/** Tells each node what the relay makes of its link: at the first tick, then whenever a tick finds it due. */
export function createQualityTeller(roster: Pick<NodeRoster, 'qualityOf'>, everyMs = qualityEveryMs) {
  const toldAtMs = new WeakMap<NodeLink, number>()
  return (link: NodeLink): void => {
    const told = toldAtMs.get(link)
    if (told !== undefined && Date.now() - told < everyMs) return
    toldAtMs.set(link, Date.now())
    link.send({ type: 'quality', ...roster.qualityOf(link) })
  }
}
