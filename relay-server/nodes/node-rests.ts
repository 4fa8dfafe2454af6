import { LRUCache } from 'lru-cache'

/** After a failure of its own a node is left alone for this long, doubled with each further one. */
export const restMsMin = 1_000
const restMsMax = 60_000
/** Failures are forgotten after this time without a new one. */
const rememberMs = 10 * restMsMax
const rememberedNodesMax = 10_000

type Rest = { failuresInARow: number; untilMs: number }

export type NodeRests = ReturnType<typeof createNodeRests>

/** Which nodes are left alone for now. Kept by node, not by link: a node that fails by leaving comes back on a new one. */
export function createNodeRests() {
  const rests = new LRUCache<string, Rest>({
    max: rememberedNodesMax,
    ttl: rememberMs,
    ttlResolution: 0,
    perf: Date,
  })
  return {
    isResting: (nodeId: string): boolean => (rests.get(nodeId)?.untilMs ?? 0) > Date.now(),
    restMsOf: (nodeId: string): number => Math.max(0, (rests.get(nodeId)?.untilMs ?? 0) - Date.now()),

    noteFailure(nodeId: string): void {
      const failuresInARow = (rests.get(nodeId)?.failuresInARow ?? 0) + 1
      const restMs = Math.min(restMsMax, restMsMin * 2 ** (failuresInARow - 1))
      rests.set(nodeId, { failuresInARow, untilMs: Date.now() + restMs })
    },

    noteSuccess(nodeId: string): void {
      rests.delete(nodeId)
    },
  }
}
