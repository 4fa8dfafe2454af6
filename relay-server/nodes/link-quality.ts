import { LRUCache } from 'lru-cache'
import type { FrameOf } from '#protocol'

export type QualityStatement = Omit<FrameOf<'quality'>, 'type'>

/** The newest requests that are kept to say how many of them a node could have been asked. */
export const requestsKeptMax = 200
const hourMs = 3_600_000
const bucketMs = 5 * 60_000
const bucketsMax = hourMs / bucketMs
const nodesKeptMax = 20_000
/** One result weighs this much in the long run; at first all weigh the same. */
const weightMin = 1 / 50
/** Fewer results say nothing. */
const resultsMin = 5

/** How much each part weighs in the score, where all three are known. */
export const qualityWeights = { reliability: 0.5, speed: 0.3, reach: 0.2 } as const

type Kept = { results: number; reliability: number; heads: number; logHeadMs: number; offered: HourCount }

export type LinkQuality<Request> = ReturnType<typeof createLinkQuality<Request>>

/**
 * What this relay has seen of its nodes, as the owner is told it. By node and not by link, so that a new link begins with what is known. In
 * this process's memory alone: it steers nothing and pays nothing.
 */
export function createLinkQuality<Request>(nowMs: () => number = Date.now) {
  const byNode = new LRUCache<string, Kept>({ max: nodesKeptMax })
  const asked = new HourCount()
  const newest: { request: Request; atMs: number }[] = []
  const all = { heads: 0, logHeadMs: 0 }

  const keptOf = (nodeId: string): Kept => {
    const kept = byNode.get(nodeId) ?? {
      ...{ results: 0, reliability: 0, heads: 0, logHeadMs: 0 },
      offered: new HourCount(),
    }
    byNode.set(nodeId, kept)
    return kept
  }

  const note = (nodeId: string, good: boolean) => {
    const kept = keptOf(nodeId)
    kept.results += 1
    kept.reliability = nextMean(kept.reliability, good ? 1 : 0, kept.results)
  }

  return {
    /** A customer asks for something; whoever carries it. */
    noteAsked(request: Request): void {
      asked.add(nowMs())
      newest.push({ request, atMs: nowMs() })
      if (newest.length > requestsKeptMax) newest.shift()
    },

    noteOffered: (nodeId: string): void => keptOf(nodeId).offered.add(nowMs()),

    /** The head of the answer came after so long. */
    noteSuccess(nodeId: string, headMs: number): void {
      note(nodeId, true)
      const kept = keptOf(nodeId)
      kept.heads += 1
      kept.logHeadMs = nextMean(kept.logHeadMs, Math.log(Math.max(1, headMs)), kept.heads)
      all.heads += 1
      all.logHeadMs = nextMean(all.logHeadMs, Math.log(Math.max(1, headMs)), all.heads)
    },

    noteFailure: (nodeId: string): void => note(nodeId, false),

    /** `couldServe` says of a request whether this node could have been asked. */
    statementOf(nodeId: string, couldServe: (request: Request) => boolean, restMs: number): QualityStatement {
      const { results, reliability, heads, logHeadMs, offered } = keptOf(nodeId)
      const recent = newest.filter(({ atMs }) => nowMs() - atMs < hourMs)
      const parts = {
        reliability: results < resultsMin ? null : percent(reliability),
        speed: heads < resultsMin ? null : percent(Math.exp(all.logHeadMs - logHeadMs)),
        reach:
          recent.length === 0
            ? null
            : percent(recent.filter(({ request }) => couldServe(request)).length / recent.length),
      }
      return {
        scorePercent: scoreOf(parts),
        reliabilityPercent: parts.reliability,
        speedPercent: parts.speed,
        reachPercent: parts.reach,
        askedLastHour: asked.sum(nowMs()),
        offeredLastHour: offered.sum(nowMs()),
        restMs: Math.max(0, Math.round(restMs)),
      }
    },
  }
}

/** The weighted mean of the parts that are known; null without any of them. */
function scoreOf(parts: Record<keyof typeof qualityWeights, number | null>): number | null {
  const known = Object.entries(parts).filter(
    (part): part is [keyof typeof qualityWeights, number] => part[1] !== null,
  )
  const weight = known.reduce((sum, [name]) => sum + qualityWeights[name], 0)
  if (weight === 0) return null
  return Math.round(known.reduce((sum, [name, value]) => sum + value * qualityWeights[name], 0) / weight)
}

const percent = (part: number): number => Math.round(100 * Math.min(1, Math.max(0, part)))

const nextMean = (mean: number, value: number, count: number): number =>
  mean + (value - mean) * Math.max(1 / count, weightMin)

/** How often something happened within the last hour, to the nearest five minutes. */
class HourCount {
  #buckets: { startMs: number; count: number }[] = []

  add(atMs: number): void {
    const startMs = Math.floor(atMs / bucketMs) * bucketMs
    const last = this.#buckets.at(-1)
    if (last?.startMs === startMs) last.count += 1
    else this.#buckets.push({ startMs, count: 1 })
    if (this.#buckets.length > bucketsMax) this.#buckets.shift()
  }

  sum(nowMs: number): number {
    return this.#buckets
      .filter(({ startMs }) => nowMs - startMs < hourMs)
      .reduce((sum, { count }) => sum + count, 0)
  }
}
