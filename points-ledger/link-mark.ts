/**
 * The high-water mark of a link, and how it moves. Pure: nothing here knows the database.
 *
 *   receipt counters   what the relay signed, cumulative; only a newer sequence moves them
 *   shortfall          by how much the node's own count was lower, on the newest receipt that it signed
 *   explained          sum of the attempt rows posted for the link
 *   recovered          receipted bytes posted without a row; a row that arrives late consumes them first
 *   credited           what the points are computed from: per direction the smaller of what is posted
 *                      (explained + recovered) and the smaller count (counter - shortfall); never falls
 */
import { LedgerError } from './ledger-error.ts'
import { disputeBytesMin } from './limits.ts'
import type { AttemptRow, CounterSigned, LinkPosting, Receipt } from './link-posting.ts'

/** Bytes in each direction of a link, seen from the node: up is node to relay. */
export type Bytes = { up: bigint; down: bigint }

export type LinkMark = {
  linkId: string
  nodeId: string
  relayId: string
  accountId: string
  sequence: bigint
  exchanges: bigint
  upFrames: bigint
  counted: Bytes
  shortfall: Bytes
  receiptAt: Date | null
  receiptText: string | null
  relaySignature: string | null
  nodeSignature: string | null
  unilateral: boolean
  explained: Bytes
  recovered: Bytes
  creditedBytes: bigint
  ended: boolean
}

export type Dispute = { linkId: string; counted: Bytes; node: Bytes; differenceBytes: bigint }

/** Takes over a newer receipt. An older one, or the same again, changes nothing. */
export function adoptReceipt(mark: LinkMark, posting: LinkPosting): LinkMark {
  const { receipt, counterSigned } = posting
  const ended = mark.ended || posting.ended
  const sequence = BigInt(receipt.sequence)
  const signsTheNewest = sequence === mark.sequence && mark.unilateral && counterSigned !== null
  if (sequence < mark.sequence || (sequence === mark.sequence && !signsTheNewest)) return { ...mark, ended }
  return {
    ...mark,
    ended,
    sequence,
    exchanges: BigInt(receipt.exchanges),
    upFrames: BigInt(receipt.upFrames),
    counted: countedBy(receipt),
    // Without the node's word its last known shortfall stays: silence must not pay more than an honest answer.
    shortfall: counterSigned ? shortfallOf(receipt, counterSigned) : mark.shortfall,
    receiptAt: receipt.at,
    receiptText: receipt.text,
    relaySignature: receipt.relaySignature,
    nodeSignature: counterSigned?.signature ?? null,
    unilateral: counterSigned === null,
  }
}

/** Adds one attempt's bytes. `consumed` were posted as recovered before their row arrived. */
export function explain(mark: LinkMark, row: AttemptRow): { mark: LinkMark; consumed: Bytes } {
  const carried = { up: row.carriedUp, down: row.carriedDown }
  const consumed = eachWay(carried, mark.recovered, smaller)
  return {
    consumed,
    mark: {
      ...mark,
      explained: eachWay(mark.explained, carried, plus),
      recovered: eachWay(mark.recovered, consumed, minus),
    },
  }
}

/** Posts as recovered what the smaller counts state and nothing explains. */
export function closeGap(mark: LinkMark): { mark: LinkMark; recoveredBytes: bigint } {
  const gap = eachWay(smallerCount(mark), postedOf(mark), minusDownToZero)
  return { mark: { ...mark, recovered: eachWay(mark.recovered, gap, plus) }, recoveredBytes: total(gap) }
}

/** Brings `creditedBytes` up to date; it never falls, because points that were posted stay. */
export function credit(mark: LinkMark): LinkMark {
  const credited = total(eachWay(postedOf(mark), smallerCount(mark), smaller))
  return { ...mark, creditedBytes: larger(mark.creditedBytes, credited) }
}

/** Rows are cut into the posting whose receipt covers them; anything else is a relay that miscounts. */
export function assertRowsCovered(mark: LinkMark): void {
  const posted = postedOf(mark)
  if (posted.up <= mark.counted.up && posted.down <= mark.counted.down) return
  throw new LedgerError(
    'rows-exceed-receipt',
    `The attempt rows of link ${mark.linkId} add up to ${posted.up} bytes up and ${posted.down} down, but its receipt ` +
      `${mark.sequence} states ${mark.counted.up} and ${mark.counted.down}: hand the rows in with a receipt cut after them.`,
  )
}

/** Whether everything that a receipt states, by the smaller counts, is posted. */
export function covers(mark: LinkMark, receipt: Receipt, counterSigned: CounterSigned | null): boolean {
  if (BigInt(receipt.sequence) > mark.sequence) return false
  const posted = postedOf(mark)
  const lacking = counterSigned ? shortfallOf(receipt, counterSigned) : { up: 0n, down: 0n }
  const stated = eachWay(eachWay(countedBy(receipt), lacking, minus), smallerCount(mark), smaller)
  return posted.up >= stated.up && posted.down >= stated.down
}

/** The dispute that a counter-signature opens, or null when the two counts are close enough. */
export function disputeOver(posting: LinkPosting): Dispute | null {
  const { linkId, receipt, counterSigned } = posting
  if (!counterSigned) return null
  const counted = countedBy(receipt)
  const node = { up: counterSigned.carriedUp, down: counterSigned.carriedDown }
  const differenceBytes = total(eachWay(counted, node, distance))
  return differenceBytes > disputeBytesMin ? { linkId, counted, node, differenceBytes } : null
}

/** Bytes of the link that the books show as carried. */
export const postedBytes = (mark: LinkMark) => total(postedOf(mark))

export const total = ({ up, down }: Bytes) => up + down

const postedOf = (mark: LinkMark) => eachWay(mark.explained, mark.recovered, plus)
const smallerCount = (mark: LinkMark) => eachWay(mark.counted, mark.shortfall, minus)
const countedBy = (receipt: Receipt): Bytes => ({ up: receipt.carriedUp, down: receipt.carriedDown })

function shortfallOf(receipt: Receipt, counterSigned: CounterSigned): Bytes {
  const node = { up: counterSigned.carriedUp, down: counterSigned.carriedDown }
  return eachWay(countedBy(receipt), node, minusDownToZero)
}

function eachWay(a: Bytes, b: Bytes, combine: (a: bigint, b: bigint) => bigint): Bytes {
  return { up: combine(a.up, b.up), down: combine(a.down, b.down) }
}

const plus = (a: bigint, b: bigint) => a + b
const minus = (a: bigint, b: bigint) => a - b
const smaller = (a: bigint, b: bigint) => (a < b ? a : b)
const larger = (a: bigint, b: bigint) => (a > b ? a : b)
const minusDownToZero = (a: bigint, b: bigint) => larger(a - b, 0n)
const distance = (a: bigint, b: bigint) => (a > b ? a - b : b - a)
