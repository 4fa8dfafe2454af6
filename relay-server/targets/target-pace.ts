import { setTimeout as delay } from 'node:timers/promises'
import { networkPolicy, type Rate } from '#network-policy'
import { createPacer, type Turn } from './pacer.ts'
import { siteOf } from './site.ts'

const { site: usualRate, nodeToSite, sites } = networkPolicy.pace
const keptSitesMax = 100_000
const keptNodesAndSitesMax = 200_000

export type TooOften = { ok: false; code: 'target-pace'; detail: string; retryAfterMs: number }
export type PaceVerdict = { ok: true; waitedMs: number } | TooOften
export type Waiting = { waitMsMax: number; signal: AbortSignal }

export type TargetPace = ReturnType<typeof createTargetPace>

/** How often a site is asked, summed over all customers: so that nobody is flooded by many who each ask politely. */
export function createTargetPace(parts: {
  /** Test targets that nobody needs to spare. */
  isFree(url: URL): boolean
  /** What robots.txt asks for. */
  crawlDelaySecondsOf(url: URL): number | null
  nowMs?(): number
}) {
  const clock = parts.nowMs && { nowMs: parts.nowMs }
  const bySite = createPacer({ keysMax: keptSitesMax, ...clock })
  const byHost = createPacer({ keysMax: keptSitesMax, ...clock })

  /** A turn at the site, and with a crawl-delay one at the host that asks for it, by http and https alike. */
  const take = (url: URL, site: string, waitMsMax: number): { turns: Turn[]; rate: Rate } => {
    const rate = sites[site] ?? usualRate
    const turns = [bySite.take(site, rate, waitMsMax)]
    const delaySeconds = parts.crawlDelaySecondsOf(url)
    if (delaySeconds !== null)
      turns.push(byHost.take(url.hostname, { perSecond: 1 / delaySeconds, burst: 1 }, waitMsMax))
    return { turns, rate }
  }

  return {
    /** As what the site is paced, also from one node; null for what is free. */
    siteOf: (url: URL): string | null => (parts.isFree(url) ? null : siteOf(url.hostname)),

    /** Waits for the next turn at this site. A wait that `signal` ends is over at once; its turn goes to the next. */
    async untilTurn(url: URL, { waitMsMax, signal }: Waiting): Promise<PaceVerdict> {
      if (parts.isFree(url)) return { ok: true, waitedMs: 0 }
      const site = siteOf(url.hostname)
      const { turns, rate } = take(url, site, waitMsMax)
      const refused = turns.filter((turn) => !turn.ok)
      if (refused.length > 0) {
        giveBack(turns)
        return tooOften(site, rate, Math.max(...refused.map(({ retryAfterMs }) => retryAfterMs)))
      }
      return waitFor(turns, signal)
    },
  }
}

export type NodePace = ReturnType<typeof createNodePace>

/** How often one node asks one site, whoever wants it. */
export function createNodePace(options: { nowMs?(): number } = {}) {
  const pacer = createPacer({ keysMax: keptNodesAndSitesMax, ...options })
  const keyOf = (nodeId: string, site: string) => `${nodeId} ${site}`
  return {
    /** How long until this node may ask this site again: 0 for now. */
    waitMs: (nodeId: string, site: string | null): number =>
      site === null ? 0 : pacer.waitMs(keyOf(nodeId, site), nodeToSite),

    /** Takes the turn that `waitMs` said is free. */
    take(nodeId: string, site: string | null): void {
      if (site !== null) pacer.take(keyOf(nodeId, site), nodeToSite, 0)
    },

    async untilTurn(nodeId: string, site: string | null, waiting: Waiting): Promise<PaceVerdict> {
      if (site === null) return { ok: true, waitedMs: 0 }
      const turn = pacer.take(keyOf(nodeId, site), nodeToSite, waiting.waitMsMax)
      return turn.ok ? waitFor([turn], waiting.signal) : nodeAsksTooOften(site, turn.retryAfterMs)
    },
  }
}

async function waitFor(turns: Turn[], signal: AbortSignal): Promise<PaceVerdict> {
  const waitedMs = Math.max(0, ...turns.map((turn) => (turn.ok ? turn.waitMs : 0)))
  if (waitedMs > 0)
    await delay(waitedMs, undefined, { signal }).catch(() => {
      giveBack(turns)
    })
  return { ok: true, waitedMs }
}

function giveBack(turns: Turn[]): void {
  for (const turn of turns) if (turn.ok) turn.giveBack()
}

export const nodeAsksTooOften = (site: string, retryAfterMs: number): TooOften => ({
  ok: false,
  code: 'target-pace',
  detail: `Every node that could serve asks ${site} as often as it may (${nodeToSite.perSecond} a second from one node): ask again in ${Math.ceil(retryAfterMs / 1_000)} s.`,
  retryAfterMs,
})

const tooOften = (site: string, { perSecond, burst }: Rate, retryAfterMs: number): TooOften => ({
  ok: false,
  code: 'target-pace',
  detail: `${site} is asked as often as it may be (${perSecond} a second, ${burst} at once after a rest): ask again in ${Math.ceil(retryAfterMs / 1_000)} s.`,
  retryAfterMs,
})
