import { lanesMax, lanesPerHostMax } from '#protocol'
import {
  createNodePace,
  type NodePace,
  nodeAsksTooOften,
  type PaceVerdict,
  type TooOften,
  type Waiting,
} from '../targets/target-pace.ts'
import type { LaneSlot } from './lane-slot.ts'
import { createLinkQuality, type QualityStatement } from './link-quality.ts'
import type { NodeLink } from './node-link.ts'
import { createNodeRests, type NodeRests, restMsMin } from './node-rests.ts'

/** How many nodes that can serve the picker compares before it takes the best of them. */
const candidatesMax = 8

export type Wanted = {
  /** ISO 3166-1 alpha-2 codes; null for anywhere. A node of unknown country matches no wanted country. */
  countries: readonly string[] | null
  url: URL
  /** Where it leads, as far as the relay can see. */
  homes: ReadonlySet<string>
  /** As what the site of the URL is paced; null where it is not. */
  pacedSite: string | null
  /** For whom: an owner may have denied this customer. */
  customerId: string
  /** Nodes that this exchange has tried already. */
  except: ReadonlySet<string>
}

export type NodeSlot = LaneSlot<NodeLink>
export type NodeRoster = ReturnType<typeof createNodeRoster>

/** Every linked node, and the choice among them. One link per node key: the newer one wins. */
export function createNodeRoster({ pace = createNodePace() }: { pace?: NodePace } = {}) {
  const links: NodeLink[] = []
  const byNode = new Map<string, NodeLink>()
  const rests = createNodeRests()
  const quality = createLinkQuality<Wanted>()
  const state: NodeState = { rests, pace }
  const waiters = new Set<Waiter>()

  const removeLink = (link: NodeLink) => {
    const index = links.indexOf(link)
    if (index >= 0) links.splice(index, 1)
    if (byNode.get(link.identity.nodeId) === link) byNode.delete(link.identity.nodeId)
  }

  const take = (link: NodeLink, { url, pacedSite }: Wanted): NodeSlot => {
    quality.noteOffered(link.identity.nodeId)
    pace.take(link.identity.nodeId, pacedSite)
    return link.takeSlot(url)
  }

  /** In the order in which they came, as long as this node has room. */
  const offer = (link: NodeLink) => {
    for (const waiter of [...waiters]) {
      if (!link.hasFreeSlot) return
      if (canServeNow(link, waiter.wanted, state)) waiter.settle(take(link, waiter.wanted))
    }
  }

  const pick = (wanted: Wanted): NodeSlot | null => {
    const best = pickBest(links, wanted, state)
    return best && take(best, wanted)
  }

  /** Until a node that only its pace holds back may serve; null where there is none. */
  const paceWaitMs = (wanted: Wanted): number | null => {
    const waits = links
      .filter((link) => canServeButForPace(link, wanted, state))
      .map((link) => pace.waitMs(link.identity.nodeId, wanted.pacedSite))
    return waits.length > 0 ? Math.min(...waits) : null
  }

  return {
    /** Returns the link that this one replaces, if any. */
    add(link: NodeLink): NodeLink | undefined {
      const older = byNode.get(link.identity.nodeId)
      if (older) removeLink(older)
      links.push(link)
      byNode.set(link.identity.nodeId, link)
      offer(link)
      return older
    },

    remove: removeLink,

    slotReleased: offer,

    all: (): NodeLink[] => [...links],

    /** Nodes that could serve, free or not: what a refusal tells the customer. */
    countMatching: ({ countries }: Pick<Wanted, 'countries'>): number =>
      links.filter((link) => link.takesWork && matchesCountry(link, countries)).length,

    /** Of these, how many owners' rules allow it. */
    countAllowing: ({ countries, ...errand }: Omit<Wanted, 'except'>): number =>
      links.filter((link) => link.takesWork && matchesCountry(link, countries) && !link.refuses(errand))
        .length,

    /** Takes a slot on the best node that can serve now; null where there is none. */
    pick,

    /**
     * Like `pick`, but waits for a busy node to come free, and longer for one that only its pace holds back. Null after `waitMs` or
     * `paceWaitMs`, when `signal` aborts, or where nobody could ever serve.
     */
    async pickOrWait(
      wanted: Wanted,
      {
        waitMs,
        paceWaitMs: paceMs = waitMs,
        signal,
      }: { waitMs: number; paceWaitMs?: number; signal: AbortSignal },
    ): Promise<NodeSlot | null> {
      if (wanted.except.size === 0) quality.noteAsked({ ...wanted, except: new Set() })
      const found = signal.aborted ? null : pick(wanted)
      if (found || signal.aborted || !links.some((link) => couldServe(link, wanted))) return found
      const isHeldByPace = () => paceWaitMs(wanted) !== null
      return waitForSlot({ wanted, waitMs, paceWaitMs: paceMs, isHeldByPace, signal, waiters, pick })
    },

    noteFailure({ identity }: NodeLink): void {
      rests.noteFailure(identity.nodeId)
      quality.noteFailure(identity.nodeId)
    },
    noteSuccess({ identity }: NodeLink, headMs: number): void {
      rests.noteSuccess(identity.nodeId)
      quality.noteSuccess(identity.nodeId, headMs)
    },
    /** What its owner is told of a link. */
    qualityOf: (link: NodeLink): QualityStatement =>
      quality.statementOf(
        link.identity.nodeId,
        (wanted) => couldServe(link, wanted),
        rests.restMsOf(link.identity.nodeId),
      ),
    linkOf: (nodeId: string): NodeLink | undefined => byNode.get(nodeId),

    /** For who waited in vain: the refusal where nothing but their pace kept nodes from serving; else null. */
    pacedOut(wanted: Wanted): TooOften | null {
      if (wanted.pacedSite === null) return null
      const waitMs = paceWaitMs(wanted)
      // A turn may have come in this very moment, too late for who has given up.
      return waitMs === null ? null : nodeAsksTooOften(wanted.pacedSite, Math.max(1, waitMs))
    },

    /** Waits until this node may ask this site once more. */
    untilTurn: ({ identity }: NodeLink, site: string | null, waiting: Waiting): Promise<PaceVerdict> =>
      pace.untilTurn(identity.nodeId, site, waiting),
  }
}

type NodeState = { rests: NodeRests; pace: NodePace }
type Waiter = { wanted: Wanted; settle(slot: NodeSlot | null): void }
type SlotWait = {
  wanted: Wanted
  waitMs: number
  paceWaitMs: number
  isHeldByPace(): boolean
  signal: AbortSignal
  waiters: Set<Waiter>
  pick(wanted: Wanted): NodeSlot | null
}

function waitForSlot(wait: SlotWait): Promise<NodeSlot | null> {
  const { wanted, waitMs, paceWaitMs, isHeldByPace, signal, waiters, pick } = wait
  return new Promise((resolve) => {
    const settle = (slot: NodeSlot | null) => {
      waiters.delete(waiter)
      clearTimeout(late)
      clearInterval(rested)
      signal.removeEventListener('abort', giveUp)
      resolve(slot)
    }
    const waiter: Waiter = { wanted, settle }
    const giveUp = () => settle(null)
    const tryAgain = () => {
      const slot = pick(wanted)
      if (slot) settle(slot)
    }
    const moreMs = paceWaitMs - waitMs
    const lastTry = () => settle(pick(wanted))
    const lastTryUnlessPaced = () => {
      if (moreMs > 0 && isHeldByPace()) late = setTimeout(lastTry, moreMs)
      else lastTry()
    }
    let late = setTimeout(lastTryUnlessPaced, waitMs)
    // A rest, and a wait for a turn, end without an event.
    const rested = setInterval(tryAgain, restMsMin / 4)
    waiters.add(waiter)
    signal.addEventListener('abort', giveUp, { once: true })
  })
}

/** Starts at a random node and compares the first few that can serve: the least burdened one is taken. */
function pickBest(links: readonly NodeLink[], wanted: Wanted, state: NodeState): NodeLink | null {
  const start = Math.floor(Math.random() * links.length)
  let best: NodeLink | null = null
  for (let seen = 0, index = 0; index < links.length && seen < candidatesMax; index += 1) {
    const link = links[(start + index) % links.length] as NodeLink
    if (!canServeNow(link, wanted, state)) continue
    seen += 1
    if (!best || burden(link, wanted) < burden(best, wanted)) best = link
  }
  return best
}

function couldServe(link: NodeLink, wanted: Wanted): boolean {
  const { countries, url, except } = wanted
  const { nodeId, schemes } = link.identity
  return (
    link.takesWork &&
    !except.has(nodeId) &&
    schemes.includes(url.protocol.slice(0, -1)) &&
    matchesCountry(link, countries) &&
    !link.refuses(wanted)
  )
}

function canServeNow(link: NodeLink, wanted: Wanted, state: NodeState): boolean {
  if (!canServeButForPace(link, wanted, state)) return false
  return state.pace.waitMs(link.identity.nodeId, wanted.pacedSite) === 0
}

function canServeButForPace(link: NodeLink, wanted: Wanted, { rests }: NodeState): boolean {
  if (!link.hasFreeSlot || !couldServe(link, wanted)) return false
  return link.slotsForHost(wanted.url.host) < lanesPerHostMax && !rests.isResting(link.identity.nodeId)
}

/** A node runs one exchange per exact URL at a time, so one that already has this URL would make it wait. */
function burden(link: NodeLink, { url }: Wanted): number {
  return link.slotsTaken + link.slotsForUrl(url.href) * lanesMax
}

function matchesCountry(link: NodeLink, countries: readonly string[] | null): boolean {
  return countries === null || (link.identity.country !== null && countries.includes(link.identity.country))
}
