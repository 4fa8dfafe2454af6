/**
 * The ledger's rules again, as small as they go and without a database, to hold the real one against. It shares no
 * code with it: only the shapes of what is handed in.
 */
import type { AttemptRow, LinkPosting } from '../link-posting.ts'

type Way = 'up' | 'down'
type Ways = Record<Way, bigint>
const ways: readonly Way[] = ['up', 'down']

type ModelLink = {
  accountId: string
  sequence: number
  unilateral: boolean
  ended: boolean
  count: Ways
  lack: Ways
  explained: Ways
  recovered: Ways
  credited: bigint
}

const least = (...amounts: bigint[]) => amounts.reduce((a, b) => (a < b ? a : b))
const most = (...amounts: bigint[]) => amounts.reduce((a, b) => (a > b ? a : b))
const none = (): Ways => ({ up: 0n, down: 0n })
const mib = 1_048_576n

export class LedgerModel {
  readonly free = new Map<string, bigint>()
  readonly holds = new Map<string, { customerId: string; amount: bigint }>()
  charged = 0n
  goodwill = 0n
  readonly #links = new Map<string, ModelLink>()
  readonly #posted = new Set<string>()
  readonly #accountOf: (nodeId: string) => string

  constructor(accountOf: (nodeId: string) => string) {
    this.#accountOf = accountOf
  }

  /** Moves a portion of the free balance into a new hold, or one that is there. */
  fill(holdId: string, customerId: string): void {
    const free = this.free.get(customerId) ?? 0n
    const portion = least(64n * mib, most(free / 4n, mib), free)
    const held = this.holds.get(holdId)?.amount ?? 0n
    this.holds.set(holdId, { customerId, amount: held + portion })
    this.free.set(customerId, free - portion)
  }

  giveBack(holdId: string): void {
    const hold = this.holds.get(holdId)
    if (!hold) return
    this.free.set(hold.customerId, (this.free.get(hold.customerId) ?? 0n) + hold.amount)
    this.holds.delete(holdId)
  }

  post(postings: readonly LinkPosting[]): void {
    const sorted = [...postings].sort(
      (a, b) => a.linkId.localeCompare(b.linkId) || a.receipt.sequence - b.receipt.sequence,
    )
    for (const posting of sorted) this.#postOne(posting)
  }

  get carried(): bigint {
    return this.#sum(({ explained, recovered }) => total(explained) + total(recovered))
  }

  get explained(): bigint {
    return this.#sum(({ explained }) => total(explained))
  }

  earningsOf(accountId: string) {
    const links = [...this.#links.values()].filter((link) => link.accountId === accountId)
    const sum = (of: (link: ModelLink) => bigint) => links.reduce((all, link) => all + of(link), 0n)
    return {
      accountId,
      units: sum(({ credited }) => (credited * 1_000_000n) / mib),
      carriedBytes: sum(({ explained, recovered }) => total(explained) + total(recovered)),
      creditedBytes: sum(({ credited }) => credited),
    }
  }

  #postOne({ linkId, nodeId, receipt, counterSigned, attempts, ended }: LinkPosting): void {
    const link = this.#links.get(linkId) ?? freshLink(this.#accountOf(nodeId))
    this.#links.set(linkId, link)
    const newer = receipt.sequence > link.sequence
    const signed = receipt.sequence === link.sequence && link.unilateral && counterSigned
    if (newer || signed) {
      link.sequence = receipt.sequence
      link.unilateral = !counterSigned
      link.count = { up: receipt.carriedUp, down: receipt.carriedDown }
      if (counterSigned) {
        link.lack.up = most(0n, receipt.carriedUp - counterSigned.carriedUp)
        link.lack.down = most(0n, receipt.carriedDown - counterSigned.carriedDown)
      }
    }
    link.ended ||= ended
    for (const row of attempts) this.#settle(row, link)
    for (const way of ways) if (link.ended) this.#recover(link, way)
    const credited = ways.map((way) =>
      least(link.explained[way] + link.recovered[way], link.count[way] - link.lack[way]),
    )
    link.credited = most(
      link.credited,
      credited.reduce((a, b) => a + b),
    )
  }

  #settle(row: AttemptRow, link: ModelLink): void {
    const key = `${row.exchangeId} ${row.attempt}`
    if (this.#posted.has(key)) return
    this.#posted.add(key)
    let toPay = 0n
    for (const way of ways) {
      const bytes = way === 'up' ? row.carriedUp : row.carriedDown
      const paidBefore = least(bytes, link.recovered[way])
      link.recovered[way] -= paidBefore
      link.explained[way] += bytes
      toPay += bytes - paidBefore
    }
    if (row.charged) toPay -= this.#charge(row, toPay)
    this.goodwill += toPay
  }

  #charge({ holdId, customerId }: AttemptRow, bytes: bigint): bigint {
    const hold = this.holds.get(holdId ?? '')
    const fromHold = least(hold?.amount ?? 0n, bytes)
    if (hold) hold.amount -= fromHold
    const free = this.free.get(customerId) ?? 0n
    const fromFree = least(free, bytes - fromHold)
    this.free.set(customerId, free - fromFree)
    this.charged += fromHold + fromFree
    return fromHold + fromFree
  }

  #recover(link: ModelLink, way: Way): void {
    const missing = link.count[way] - link.lack[way] - link.explained[way] - link.recovered[way]
    if (missing <= 0n) return
    link.recovered[way] += missing
    this.goodwill += missing
  }

  #sum(of: (link: ModelLink) => bigint): bigint {
    return [...this.#links.values()].reduce((all, link) => all + of(link), 0n)
  }
}

const total = ({ up, down }: Ways) => up + down

function freshLink(accountId: string): ModelLink {
  return {
    accountId,
    sequence: -1,
    unilateral: false,
    ended: false,
    count: none(),
    lack: none(),
    explained: none(),
    recovered: none(),
    credited: 0n,
  }
}
