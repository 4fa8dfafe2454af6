/**
 * Relays, nodes and links as far as a ledger hears of them: what they carry, which receipts they cut, and what waits in
 * their outboxes to be posted, lost or presented again.
 */
import type { AttemptRow, LinkPosting, LinkRecovery } from '../link-posting.ts'
import { attemptOf, exchangeOf, receiptOf } from './ledger-fixture.ts'

type Lane = { row: Omit<AttemptRow, 'holdId'> }

type WorldLink = {
  linkId: string
  nodeId: string
  relayId: string
  sequence: number
  count: { up: bigint; down: bigint }
  lack: bigint
  lanes: Lane[]
  finished: AttemptRow[]
}

export type Carried = { customerId: string; up: bigint; down: bigint; lacking: bigint; charged: boolean }

const linksAtOnce = 4

export class RelayWorld {
  /** What waits to be posted; a posting may be taken more than once. */
  outbox: LinkPosting[] = []
  /** The newest receipt that each node keeps, by link. */
  readonly kept = new Map<string, LinkPosting>()
  readonly #relayIds: readonly string[]
  readonly #nodeIds: readonly string[]
  readonly #links: WorldLink[]
  #names = 0

  constructor(relayIds: readonly string[], nodeIds: readonly string[]) {
    this.#relayIds = relayIds
    this.#nodeIds = nodeIds
    this.#links = Array.from({ length: linksAtOnce }, (_, place) => this.#newLink(place))
  }

  /** Bytes pass on a link; the attempt that they belong to goes on. */
  carry(place: number, { customerId, up, down, lacking, charged }: Carried): void {
    const link = this.#linkAt(place)
    link.count.up += up
    link.count.down += down
    link.lack += lacking < up ? lacking : up
    this.#names += 1
    const row = attemptOf(`ex-${this.#names}`, customerId, up, { carriedDown: down, charged })
    link.lanes.push({ row })
  }

  /** The oldest attempt of a link ends, paid by this hold. */
  finish(place: number, holdOf: (relayId: string, customerId: string) => string | null): void {
    const link = this.#linkAt(place)
    const lane = link.lanes.shift()
    if (!lane) return
    link.finished.push({ ...lane.row, holdId: holdOf(link.relayId, lane.row.customerId) })
  }

  /** Cuts a receipt over what has finished; after an end, another link takes its place. */
  cut(place: number, { signed, ended }: { signed: boolean; ended: boolean }): void {
    const link = this.#linkAt(place)
    link.sequence += 1
    const receipt = receiptOf(link.sequence, link.count.up, link.count.down)
    const node = { carriedUp: link.count.up - link.lack, carriedDown: link.count.down, signature: 'n' }
    const posting = {
      linkId: link.linkId,
      nodeId: link.nodeId,
      relayId: link.relayId,
      receipt,
      counterSigned: signed ? node : null,
      attempts: link.finished,
      exchanges: link.finished.map((row) => exchangeOf(row)),
      ended,
    }
    this.outbox.push(posting)
    if (signed) this.kept.set(link.linkId, posting)
    link.finished = []
    if (ended) this.#links[place % linksAtOnce] = this.#newLink(place)
  }

  /** Postings of the outbox, from a place on, in a circle. */
  take(from: number, count: number): LinkPosting[] {
    const { length } = this.outbox
    if (length === 0) return []
    return Array.from(
      { length: Math.min(count, length) },
      (_, step) => this.outbox[(from + step) % length],
    ).flatMap((posting) => posting ?? [])
  }

  drop(postings: readonly LinkPosting[]): void {
    this.outbox = this.outbox.filter((posting) => !postings.includes(posting))
  }

  /** A node presents the newest receipt that it keeps of some link. */
  recovery(which: number): LinkRecovery | null {
    const kept = [...this.kept.values()][which % Math.max(1, this.kept.size)]
    return kept ? recoveryOf(kept) : null
  }

  recoveries(): LinkRecovery[] {
    return [...this.kept.values()].map(recoveryOf)
  }

  /** Cuts a last, signed receipt of every link that is still open. */
  endAll(): void {
    for (let place = 0; place < linksAtOnce; place += 1) this.cut(place, { signed: true, ended: true })
  }

  #linkAt(place: number): WorldLink {
    const link = this.#links[place % linksAtOnce]
    if (!link) throw new Error(`no link at ${place}`)
    return link
  }

  #newLink(place: number): WorldLink {
    this.#names += 1
    const pick = (ids: readonly string[]) => ids[place % ids.length] ?? ''
    return {
      linkId: `link-${this.#names}`,
      nodeId: pick(this.#nodeIds),
      relayId: pick(this.#relayIds),
      sequence: 0,
      count: { up: 0n, down: 0n },
      lack: 0n,
      lanes: [],
      finished: [],
    }
  }
}

function recoveryOf({ linkId, nodeId, relayId, receipt, counterSigned }: LinkPosting): LinkRecovery {
  return { linkId, nodeId, relayId, receipt, counterSigned, presentedTo: relayId }
}
