/**
 * Works out what a batch of link postings does to the books. Pure: it is given what the transaction has locked, and
 * returns what to write.
 */
import {
  adoptReceipt,
  assertRowsCovered,
  closeGap,
  covers,
  credit,
  type Dispute,
  disputeOver,
  explain,
  type LinkMark,
  postedBytes,
  total,
} from './link-mark.ts'
import type { AttemptRow, ExchangeRow, LinkPosting, LinkResult } from './link-posting.ts'
import {
  attemptRef,
  carriedTraffic,
  customerBalance,
  goodwillTraffic,
  holdBalance,
  pointsBalance,
  pointsIssuance,
} from './posting.ts'
import type { Purse } from './purse.ts'
import { cardInForce, type RateCard, unitsFor } from './rate-card.ts'

/** What a link has earned under one rate card. */
export type LinkPoints = {
  linkId: string
  rateCardVersion: number
  creditedBytes: bigint
  postedUnits: bigint
}

export type AccountBytes = { accountId: string; carriedBytes: bigint; creditedBytes: bigint }

/** An attempt and who bore its bytes: the three add up to what it carried. */
export type SettledAttempt = AttemptRow & {
  linkId: string
  chargedBytes: bigint
  goodwillBytes: bigint
  recoveredBytes: bigint
}

/** The books as the transaction holds them locked. Maps are keyed by the ids; `linkPoints` by `linkPointsKey`. */
export type Books = {
  marks: Map<string, LinkMark>
  linkPoints: Map<string, LinkPoints>
  accounts: Map<string, AccountBytes>
  /** Bytes carried by each node's links. */
  nodes: Map<string, bigint>
  /** Attempts (by `attemptRef`) that are posted already. */
  postedAttempts: Set<string>
  rateCards: readonly RateCard[]
  purse: Purse
}

export type Settlement = {
  attempts: SettledAttempt[]
  exchanges: ExchangeRow[]
  disputes: Map<string, Dispute>
}

export const linkPointsKey = (linkId: string, version: number) => `${linkId}#${version}`

/** Settles every posting against the books, which are changed in place, and returns the rows to add. */
export function settle(postings: readonly LinkPosting[], books: Books): Settlement {
  const settlement: Settlement = { attempts: [], exchanges: [], disputes: new Map() }
  for (const posting of postings) settleLink(posting, books, settlement)
  return settlement
}

/** The answer for one posting, once all of its batch are settled. */
export function resultOf(posting: LinkPosting, books: Books): LinkResult {
  const { linkId, receipt, counterSigned } = posting
  const mark = wanted(books.marks, linkId)
  return {
    linkId,
    sequence: receipt.sequence,
    settled: covers(mark, receipt, counterSigned),
    accountId: mark.accountId,
    accountUnits: books.purse.balanceOf(pointsBalance(mark.accountId)),
    nodeCarriedBytes: wanted(books.nodes, mark.nodeId),
  }
}

function settleLink(posting: LinkPosting, books: Books, settlement: Settlement): void {
  const before = wanted(books.marks, posting.linkId)
  let mark = adoptReceipt(before, posting)
  for (const row of posting.attempts) mark = settleAttempt(row, mark, books, settlement)
  assertRowsCovered(mark)
  if (mark.ended) mark = recoverGap(mark, books.purse)
  mark = credit(mark)
  books.marks.set(mark.linkId, mark)
  earn(before, mark, posting.receipt.at, books)
  noteBytes(before, mark, books)
  settlement.exchanges.push(...posting.exchanges)
  const adopted = mark.sequence !== before.sequence || mark.unilateral !== before.unilateral
  const dispute = adopted ? disputeOver(posting) : null
  if (dispute) settlement.disputes.set(mark.linkId, dispute)
}

function settleAttempt(row: AttemptRow, before: LinkMark, books: Books, settlement: Settlement): LinkMark {
  const ref = attemptRef(row.exchangeId, row.attempt)
  if (books.postedAttempts.has(ref)) return before
  books.postedAttempts.add(ref)
  const { mark, consumed } = explain(before, row)
  const recoveredBytes = total(consumed)
  const toPost = row.carriedUp + row.carriedDown - recoveredBytes
  const chargedBytes = row.charged ? charge(row, toPost, ref, books.purse) : 0n
  const goodwillBytes = toPost - chargedBytes
  books.purse.post({
    asset: 'traffic',
    source: goodwillTraffic,
    destination: carriedTraffic,
    amount: goodwillBytes,
    kind: row.charged ? 'uncovered' : 'goodwill',
    ref,
  })
  settlement.attempts.push({ ...row, linkId: mark.linkId, chargedBytes, goodwillBytes, recoveredBytes })
  return mark
}

/** Draws from the hold, then from the free balance down to zero, and says how much both could pay. */
function charge(row: AttemptRow, wantedBytes: bigint, ref: string, purse: Purse): bigint {
  const posting = { asset: 'traffic', destination: carriedTraffic, kind: 'charge', ref } as const
  const fromHold = row.holdId === null ? 0n : purse.draw(holdBalance(row.holdId), wantedBytes, posting)
  return fromHold + purse.draw(customerBalance(row.customerId), wantedBytes - fromHold, posting)
}

function recoverGap(before: LinkMark, purse: Purse): LinkMark {
  const { mark, recoveredBytes } = closeGap(before)
  purse.post({
    asset: 'traffic',
    source: goodwillTraffic,
    destination: carriedTraffic,
    amount: recoveredBytes,
    kind: 'recovered',
    ref: mark.linkId,
  })
  return mark
}

/** Points of a link and card: the floor of the whole sum, less what is posted, so that cuts change nothing. */
function earn(before: LinkMark, mark: LinkMark, at: Date, books: Books): void {
  const gained = mark.creditedBytes - before.creditedBytes
  if (gained === 0n) return
  const card = cardInForce(books.rateCards, at)
  const key = linkPointsKey(mark.linkId, card.version)
  const earned = books.linkPoints.get(key)
  const creditedBytes = (earned?.creditedBytes ?? 0n) + gained
  const postedUnits = unitsFor(creditedBytes, card)
  books.linkPoints.set(key, {
    linkId: mark.linkId,
    rateCardVersion: card.version,
    creditedBytes,
    postedUnits,
  })
  books.purse.post({
    asset: 'points',
    source: pointsIssuance,
    destination: pointsBalance(mark.accountId),
    amount: postedUnits - (earned?.postedUnits ?? 0n),
    kind: 'earn',
    ref: mark.linkId,
  })
}

function noteBytes(before: LinkMark, mark: LinkMark, books: Books): void {
  const account = wanted(books.accounts, mark.accountId)
  const gained = postedBytes(mark) - postedBytes(before)
  books.nodes.set(mark.nodeId, wanted(books.nodes, mark.nodeId) + gained)
  books.accounts.set(mark.accountId, {
    accountId: mark.accountId,
    carriedBytes: account.carriedBytes + gained,
    creditedBytes: account.creditedBytes + mark.creditedBytes - before.creditedBytes,
  })
}

/** What the transaction locked is there; anything else is a mistake in this room. */
function wanted<Value>(map: ReadonlyMap<string, Value>, key: string): Value {
  const value = map.get(key)
  if (value === undefined) throw new Error(`the books were locked without ${key}`)
  return value
}
