import type { NodeLink } from './node-link.ts'
import { lanesPerHostMax } from '#protocol'

/** After a failure of its own a node is left alone for this long, doubled with each further one. */
const restMsMin = 1_000
const restMsMax = 60_000
/** How many nodes the picker looks at before it takes the best of them. */
const candidatesMax = 8

export type Wanted = {
  /** ISO 3166-1 alpha-2 codes; null for anywhere. A node of unknown country matches no wanted country. */
  countries: readonly string[] | null
  url: URL
  /** Nodes that this exchange has tried already. */
  except: ReadonlySet<string>
}

export type NodeRoster = ReturnType<typeof createNodeRoster>

/** Every linked node, and the choice among them. One link per node key: the newer one wins. */
export function createNodeRoster() {
  const links = new Map<string, NodeLink>()
  const waiting = new Set<() => void>()

  const wake = () => {
    for (const tryAgain of [...waiting]) tryAgain()
  }

  return {
    /** Returns the link that this one replaces, if any. */
    add(link: NodeLink): NodeLink | undefined {
      const older = links.get(link.identity.nodeId)
      links.set(link.identity.nodeId, link)
      wake()
      return older
    },

    remove(link: NodeLink): void {
      if (links.get(link.identity.nodeId) === link) links.delete(link.identity.nodeId)
    },

    laneEnded: wake,

    all: (): NodeLink[] => [...links.values()],

    /** Nodes that could serve, free or not: what a refusal tells the customer. */
    countMatching: (wanted: Pick<Wanted, 'countries'>): number =>
      [...links.values()].filter((link) => link.isOpen && matchesCountry(link, wanted.countries)).length,

    pick: (wanted: Wanted): NodeLink | null => pickBest([...links.values()], wanted),

    /** Like `pick`, but waits for a busy node to come free. Null when `signal` aborts first, or nobody could ever serve. */
    async pickOrWait(wanted: Wanted, signal: AbortSignal): Promise<NodeLink | null> {
      const found = pickBest([...links.values()], wanted)
      if (found || ![...links.values()].some((link) => couldServe(link, wanted))) return found
      return new Promise((resolve) => {
        const settle = (link: NodeLink | null) => {
          waiting.delete(tryAgain)
          clearInterval(timer)
          signal.removeEventListener('abort', giveUp)
          resolve(link)
        }
        const tryAgain = () => {
          const free = pickBest([...links.values()], wanted)
          if (free) settle(free)
        }
        const giveUp = () => settle(null)
        // A rest ends without an event.
        const timer = setInterval(tryAgain, restMsMin / 4)
        waiting.add(tryAgain)
        signal.addEventListener('abort', giveUp, { once: true })
        if (signal.aborted) giveUp()
      })
    },

    noteFailure(link: NodeLink): void {
      link.failuresInARow += 1
      link.restsUntil = Date.now() + Math.min(restMsMax, restMsMin * 2 ** (link.failuresInARow - 1))
    },

    noteSuccess(link: NodeLink): void {
      link.failuresInARow = 0
      link.restsUntil = 0
    },
  }
}

/** Starts at a random node and looks at a few that can serve: the one with the fewest lanes in use is taken. */
function pickBest(links: NodeLink[], wanted: Wanted): NodeLink | null {
  const start = Math.floor(Math.random() * links.length)
  let best: NodeLink | null = null
  for (let seen = 0, index = 0; index < links.length && seen < candidatesMax; index += 1) {
    const link = links[(start + index) % links.length] as NodeLink
    if (!couldServe(link, wanted) || !isFree(link, wanted)) continue
    seen += 1
    if (!best || burden(link, wanted) < burden(best, wanted)) best = link
  }
  return best
}

function couldServe(link: NodeLink, { countries, url, except }: Wanted): boolean {
  const { nodeId, schemes } = link.identity
  return link.isOpen && !except.has(nodeId) && schemes.includes(url.protocol.slice(0, -1)) && matchesCountry(link, countries)
}

function isFree(link: NodeLink, { url }: Wanted): boolean {
  return link.hasFreeLane && link.restsUntil <= Date.now() && link.lanesToHost(url.host) < lanesPerHostMax
}

/** A node runs one exchange per exact URL at a time, so one that already has this URL would make it wait. */
function burden(link: NodeLink, { url }: Wanted): number {
  return link.lanesInUse + link.lanesToUrl(url.href) * link.identity.lanesMax
}

function matchesCountry(link: NodeLink, countries: readonly string[] | null): boolean {
  return countries === null || (link.identity.country !== null && countries.includes(link.identity.country))
}
