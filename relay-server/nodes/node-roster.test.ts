import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { networkPolicy } from '#network-policy'
import { lanesPerHostMax, type NodeTerms } from '#protocol'
import { openTerms } from '../testing/scripted-node.ts'
import { LaneSlot, SlotBook } from './lane-slot.ts'
import type { NodeLink } from './node-link.ts'
import { createNodeRoster, type NodeRoster, type NodeSlot, type Wanted } from './node-roster.ts'
import { type Errand, ReadyTerms } from './node-terms.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

type Given = {
  countries?: string[]
  url?: string
  customerId?: string
  except?: string[]
  pacedSite?: string
}
const wanted = (given: Given = {}): Wanted => ({
  countries: given.countries ?? null,
  url: new URL(given.url ?? 'https://target.example/'),
  homes: new Set(),
  pacedSite: given.pacedSite ?? null,
  customerId: given.customerId ?? 'cus_acme',
  except: new Set(given.except),
})

/** What the roster sees of a link: who it is, and its slots. */
function linkTo(
  roster: NodeRoster,
  nodeId: string,
  given: { country?: string; schemes?: string[]; terms?: Partial<NodeTerms> } = {},
): NodeLink {
  const identity = {
    nodeId,
    country: given.country ?? null,
    schemes: given.schemes ?? ['http', 'https'],
  }
  const terms = new ReadyTerms({ ...openTerms, ...given.terms })
  const book = new SlotBook()
  const link = {
    identity,
    isOpen: true,
    get hasFreeSlot() {
      return this.isOpen && book.taken < terms.lanesMax
    },
    get takesWork() {
      return this.isOpen && terms.lanesMax > 0
    },
    refuses: (errand: Errand) => terms.refuse(errand),
    get slotsTaken() {
      return book.taken
    },
    slotsForHost: (host: string) => book.takenForHost(host),
    slotsForUrl: (href: string) => book.takenForUrl(href),
    takeSlot: (url: URL): NodeSlot =>
      new LaneSlot(url, book, {
        link: typed,
        openLane: () => null,
        released: () => roster.slotReleased(typed),
      }),
  }
  const typed = link as unknown as NodeLink
  return typed
}

function rosterOf(...nodes: [nodeId: string, given?: Parameters<typeof linkTo>[2]][]) {
  const roster = createNodeRoster()
  const links = nodes.map(([nodeId, given]) => linkTo(roster, nodeId, given))
  for (const link of links) roster.add(link)
  return { roster, links }
}

const nodeOf = (slot: NodeSlot | null) => slot?.link.identity.nodeId ?? null
const soon = { waitMs: 2_000, signal: new AbortController().signal }

describe('the picker', () => {
  test('gives a wanted country and no other, and takes unknown for none', () => {
    const { roster } = rosterOf(['de', { country: 'DE' }], ['unknown'])
    for (let round = 0; round < 20; round += 1) {
      const slot = roster.pick(wanted({ countries: ['AT', 'DE'] }))
      expect(nodeOf(slot)).toBe('de')
      slot?.release()
    }
    expect(roster.pick(wanted({ countries: ['FR'] }))).toBeNull()
    expect(roster.countMatching({ countries: ['FR'] })).toBe(0)
    expect(roster.countMatching({ countries: null })).toBe(2)
  })

  test('offers http to no node that fetches https alone', () => {
    const { roster } = rosterOf(['firefox', { schemes: ['https'] }])
    expect(roster.pick(wanted({ url: 'http://target.example/' }))).toBeNull()
    expect(nodeOf(roster.pick(wanted()))).toBe('firefox')
  })

  test('gives no more slots than a node has lanes, and a released one again', () => {
    const { roster } = rosterOf(['one', { terms: { lanesMax: 2 } }])
    const url = (path: string) => wanted({ url: `https://target.example/${path}` })
    const first = roster.pick(url('a'))
    expect(roster.pick(url('b'))).not.toBeNull()
    expect(roster.pick(url('c'))).toBeNull()
    first?.release()
    first?.release()
    expect(roster.pick(url('c'))).not.toBeNull()
    expect(roster.pick(url('d'))).toBeNull()
  })

  test('opens no more than six lanes to one host on one node', () => {
    const { roster } = rosterOf(['one'])
    for (let lane = 0; lane < lanesPerHostMax; lane += 1) expect(roster.pick(wanted())).not.toBeNull()
    expect(roster.pick(wanted())).toBeNull()
    expect(roster.pick(wanted({ url: 'https://other.example/' }))).not.toBeNull()
  })

  test('avoids a node that already fetches the same URL', () => {
    const { roster, links } = rosterOf(
      ['same', { terms: { lanesMax: 8 } }],
      ['busy', { terms: { lanesMax: 8 } }],
    )
    links[0]?.takeSlot(new URL('https://target.example/'))
    for (let lane = 0; lane < 5; lane += 1) links[1]?.takeSlot(new URL(`https://other.example/${lane}`))
    expect(nodeOf(roster.pick(wanted()))).toBe('busy')
  })

  test('spreads requests over equal nodes', () => {
    const { roster } = rosterOf(...Array.from({ length: 10 }, (_, index): [string] => [`n${index}`]))
    const counts = new Map<string, number>()
    for (let round = 0; round < 2_000; round += 1) {
      const slot = roster.pick(wanted())
      counts.set(String(nodeOf(slot)), (counts.get(String(nodeOf(slot))) ?? 0) + 1)
      slot?.release()
    }
    // 200 each are expected, with a standard deviation of 13: the bounds lie more than seven of those away.
    expect(counts.size).toBe(10)
    for (const count of counts.values()) expect(count).toSatisfy((n: number) => n > 100 && n < 300)
  })

  test('levels the load of nodes that keep their lanes', () => {
    const { roster, links } = rosterOf(['a'], ['b'], ['c'])
    for (let lane = 0; lane < 30; lane += 1) roster.pick(wanted({ url: `https://host${lane}.example/` }))
    expect(links.map((link) => link.slotsTaken)).toEqual([10, 10, 10])
  })

  test('leaves a node alone after a failure, longer after each, and forgets it after a success', () => {
    const { roster, links } = rosterOf(['one'])
    const [one] = links as [NodeLink]
    const rests = (ms: number) => {
      vi.advanceTimersByTime(ms - 1)
      expect(roster.pick(wanted())).toBeNull()
      vi.advanceTimersByTime(1)
      roster.pick(wanted())?.release()
      expect(roster.pick(wanted())).not.toBeNull()
    }
    roster.noteFailure(one)
    rests(1_000)
    roster.noteFailure(one)
    rests(2_000)
    roster.noteSuccess(one, 5)
    roster.noteFailure(one)
    rests(1_000)
  })

  test('does not fall for a node that fails by leaving and comes back on a new link', () => {
    const { roster, links } = rosterOf(['flapping'])
    const [old] = links as [NodeLink]
    roster.noteFailure(old)
    roster.remove(old)
    roster.add(linkTo(roster, 'flapping'))
    expect(roster.pick(wanted())).toBeNull()
  })
})

describe('waiting for a busy node', () => {
  test('ends when a lane comes free, for as many as there is room, in the order in which they came', async () => {
    const { roster } = rosterOf(['one', { terms: { lanesMax: 1 } }])
    const taken = roster.pick(wanted())
    const [first, second] = [roster.pickOrWait(wanted(), soon), roster.pickOrWait(wanted(), soon)]
    taken?.release()
    const slot = await first
    expect(nodeOf(slot)).toBe('one')
    slot?.release()
    expect(nodeOf(await second)).toBe('one')
  })

  test('ends when a new node links', async () => {
    const { roster } = rosterOf(['one', { terms: { lanesMax: 1 } }])
    roster.pick(wanted())
    const waiting = roster.pickOrWait(wanted(), soon)
    roster.add(linkTo(roster, 'two'))
    expect(nodeOf(await waiting)).toBe('two')
  })

  test('ends when a rest is over', async () => {
    const { roster, links } = rosterOf(['one'])
    roster.noteFailure(links[0] as NodeLink)
    const waiting = roster.pickOrWait(wanted(), soon)
    await vi.advanceTimersByTimeAsync(1_250)
    expect(nodeOf(await waiting)).toBe('one')
  })

  test('ends with nothing after its time, and when the customer leaves', async () => {
    const { roster } = rosterOf(['one', { terms: { lanesMax: 1 } }])
    roster.pick(wanted())
    const leaving = new AbortController()
    const late = roster.pickOrWait(wanted(), soon)
    const left = roster.pickOrWait(wanted(), { waitMs: 2_000, signal: leaving.signal })
    leaving.abort()
    expect(await left).toBeNull()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await late).toBeNull()
  })

  test('does not begin where nobody could ever serve, or the customer has left', async () => {
    const { roster } = rosterOf(['de', { country: 'DE' }])
    expect(await roster.pickOrWait(wanted({ countries: ['FR'] }), soon)).toBeNull()
    expect(await roster.pickOrWait(wanted({ except: ['de'] }), soon)).toBeNull()
    expect(await roster.pickOrWait(wanted(), { waitMs: 2_000, signal: AbortSignal.abort() })).toBeNull()
  })
})

describe('a node at its pace for a site', () => {
  const paced = wanted({ pacedSite: 'target.example' })
  const other = wanted({ pacedSite: 'other.example' })
  const { burst, perSecond } = networkPolicy.pace.nodeToSite
  const intervalMs = 1_000 / perSecond
  const spend = (roster: NodeRoster) => {
    for (let count = 0; count < burst; count += 1) roster.pick(paced)?.release()
  }

  test('is not picked for that site, but for every other', () => {
    const { roster } = rosterOf(['one'])
    spend(roster)
    expect(roster.pick(paced)).toBeNull()
    expect(nodeOf(roster.pick(other))).toBe('one')
    expect(nodeOf(roster.pick(wanted()))).toBe('one')
  })

  test('is still at it after it linked again', () => {
    const { roster, links } = rosterOf(['one'])
    spend(roster)
    roster.remove(links[0] as NodeLink)
    roster.add(linkTo(roster, 'one'))
    expect(roster.pick(paced)).toBeNull()
  })

  test('is waited for longer than a busy one, and picked when its turn has come', async () => {
    const { roster } = rosterOf(['one'])
    spend(roster)
    const waiting = roster.pickOrWait(paced, { waitMs: 100, paceWaitMs: 5_000, signal: soon.signal })
    await vi.advanceTimersByTimeAsync(intervalMs + 250)
    expect(nodeOf(await waiting)).toBe('one')
  })

  test('is named as the reason where nothing else keeps it from serving', async () => {
    const { roster, links } = rosterOf(['one'])
    spend(roster)
    expect(roster.pacedOut(paced)).toMatchObject({ code: 'target-pace', retryAfterMs: intervalMs })
    expect(roster.pacedOut(wanted())).toBeNull()
    roster.noteFailure(links[0] as NodeLink)
    expect(roster.pacedOut(paced)).toBeNull()
  })

  test('is not waited for longer where it is busy as well', async () => {
    const { roster } = rosterOf(['one', { terms: { lanesMax: 1 } }])
    spend(roster)
    roster.pick(other)
    const waiting = roster.pickOrWait(paced, { waitMs: 100, paceWaitMs: 5_000, signal: soon.signal })
    await vi.advanceTimersByTimeAsync(100)
    expect(await waiting).toBeNull()
  })
})

test('a newer link of the same node replaces the older one, which cannot remove it', () => {
  const { roster, links } = rosterOf(['one'])
  const [older] = links as [NodeLink]
  const newer = linkTo(roster, 'one')
  expect(roster.add(newer)).toBe(older)
  roster.remove(older)
  expect(roster.all()).toEqual([newer])
})

describe('the picker and the owners’ terms', () => {
  const soonMs = { waitMs: 2_000, signal: new AbortController().signal }

  test('never offers what an owner’s rules refuse, and uses that node for all the rest', () => {
    const { roster } = rosterOf(['strict', { terms: { deniedHosts: ['target.example'] } }], ['open'])
    for (let round = 0; round < 20; round += 1) {
      const slot = roster.pick(wanted())
      expect(nodeOf(slot)).toBe('open')
      slot?.release()
    }
    expect(nodeOf(roster.pick(wanted({ url: 'https://other.example/', except: ['open'] })))).toBe('strict')
  })

  test('never offers a customer whom an owner has denied', () => {
    const { roster } = rosterOf(['strict', { terms: { deniedCustomers: ['cus_acme'] } }])
    expect(roster.pick(wanted())).toBeNull()
    expect(nodeOf(roster.pick(wanted({ customerId: 'cus_other' })))).toBe('strict')
  })

  test('does not wait for a node that never would, and a node that takes no lanes counts for nothing', async () => {
    const { roster } = rosterOf(
      ['strict', { terms: { onlyAllowed: true } }],
      ['closed', { terms: { lanesMax: 0 } }],
    )
    expect(await roster.pickOrWait(wanted(), soonMs)).toBeNull()
    expect(roster.countMatching({ countries: null })).toBe(1)
    expect(roster.countAllowing(wanted())).toBe(0)
  })

  test('counts whose rules allow it', () => {
    const { roster } = rosterOf(['strict', { terms: { deniedHosts: ['target.example'] } }], ['open'])
    expect(roster.countAllowing(wanted())).toBe(1)
    expect(roster.countAllowing(wanted({ url: 'https://other.example/' }))).toBe(2)
    expect(roster.countAllowing(wanted({ countries: ['FR'] }))).toBe(0)
  })
})
