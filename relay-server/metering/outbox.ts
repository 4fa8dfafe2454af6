import { type CounterSignature, type Receipt, receiptText } from '#protocol'
import type { AttemptResult, AttemptStart } from '../nodes/link-meter.ts'
import { type CounterSigned, isPermanentFailure, type LinkPosting, type PostingLedger, type PostingResult } from './posting-ledger.ts'

export type { PostingResult }
export type AttemptRecord = AttemptStart & AttemptResult & { nodeId: string }
export type ReceiptToPost = { receipt: Receipt; counterSignature: CounterSignature | null; attempts: AttemptRecord[] }

type Entry = { posting: LinkPosting; attempts: AttemptRecord[]; posted: (result: PostingResult) => void }

/** Receipts gather for this long, so that a busy relay posts many in one transaction. */
const gatherMs = 50
/** After a failed posting the outbox tries again, doubling its wait. Nothing is dropped while the process lives. */
const retryMsMin = 250
const retryMsMax = 10_000
const batchLinksMax = 500
const batchRowsMax = 5_000

export type Outbox = ReturnType<typeof createOutbox>

/**
 * Everything that was metered and does not yet stand in the ledger. Posts in batches, one at a time, in the order of arrival.
 * A crash loses this memory, and nothing else: nodes then present the receipts that they kept.
 */
export function createOutbox(parts: {
  ledger: Pick<PostingLedger, 'post'>
  /** An attempt's bytes have left the hold for good. */
  attemptPosted(attempt: AttemptRecord): void
  log: { warn(fields: object, sentence: string): void; error(fields: object, sentence: string): void }
}) {
  const entries: Entry[] = []
  const liveLinks = new Set<string>()
  const watchers = new Set<() => void>()
  let posting: Promise<void> | null = null
  /** So many of the first entries are posted one by one, because one of them is refused. */
  let suspects = 0

  const isWaiting = (linkId: string) => entries.some((entry) => entry.posting.linkId === linkId)

  const drain = async () => {
    await delay(gatherMs)
    for (let retryMs = retryMsMin; entries.length > 0; ) {
      const batch = suspects > 0 ? entries.slice(0, 1) : firstBatch(entries)
      const failure = await post(batch)
      if (failure === null) retryMs = retryMsMin
      else if (isPermanentFailure(failure)) setApart(batch, failure)
      else {
        parts.log.warn({ error: String(failure), waiting: entries.length }, 'posting failed; it is tried again')
        await delay(retryMs)
        retryMs = Math.min(retryMs * 2, retryMsMax)
      }
    }
    posting = null
  }

  /** Null where it stands in the ledger; entries stay here until it does. */
  const post = async (batch: Entry[]): Promise<unknown> => {
    let results: PostingResult[]
    try {
      results = await parts.ledger.post(batch.map((entry) => entry.posting))
    } catch (error) {
      return error
    }
    remove(batch)
    for (const [index, entry] of batch.entries()) entry.posted(results[index] as PostingResult)
    return null
  }

  const remove = (batch: Entry[]) => {
    entries.splice(0, batch.length)
    suspects = Math.max(0, suspects - batch.length)
    for (const entry of batch) entry.attempts.forEach(parts.attemptPosted)
    for (const look of [...watchers]) look()
  }

  /** One posting that the ledger will never take must not hold up all others. Its bytes are not lost: its node keeps the receipt. */
  const setApart = (batch: Entry[], failure: unknown) => {
    if (batch.length > 1) {
      suspects = batch.length
      return
    }
    const [refused] = batch as [Entry]
    parts.log.error({ error: String(failure), posting: withTextAmounts(refused.posting) }, 'the ledger refused a posting for good')
    remove(batch)
  }

  /** Resolves when nothing of the link waits any more, or after the deadline. */
  const untilPosted = (linkId: string, deadlineMs: number): Promise<void> => {
    if (!isWaiting(linkId)) return Promise.resolve()
    return new Promise((resolve) => {
      const settle = () => {
        clearTimeout(timer)
        watchers.delete(look)
        resolve()
      }
      const look = () => {
        if (!isWaiting(linkId)) settle()
      }
      const timer = setTimeout(settle, deadlineMs)
      watchers.add(look)
    })
  }

  return {
    /** A link begins: until it ends, its receipts are this relay's own to post. */
    openLink(linkId: string): void {
      liveLinks.add(linkId)
    },

    /** Hands a settled receipt over. `posted` is called once it stands in the ledger. */
    add(toPost: ReceiptToPost, posted: (result: PostingResult) => void): void {
      entries.push({ posting: toLinkPosting(toPost), attempts: toPost.attempts, posted })
      posting ??= drain()
    },

    /** The link is over: waits for its postings, at most so long. */
    async endLink(linkId: string, deadlineMs: number): Promise<void> {
      await untilPosted(linkId, deadlineMs)
      liveLinks.delete(linkId)
    },

    /** True while this relay itself still has something to post for a link. */
    knows: (linkId: string): boolean => liveLinks.has(linkId) || isWaiting(linkId),

    /** Receipts that wait. */
    get length(): number {
      return entries.length
    },

    /** Resolves when nothing waits any more. */
    async flushed(): Promise<void> {
      while (posting) await posting
    },
  }
}

/** Two receipts of one link go into two transactions, so that each finds the mark of the one before. */
function firstBatch(entries: readonly Entry[]): Entry[] {
  const links = new Set<string>()
  let rows = 0
  for (const { posting } of entries) {
    rows += posting.attempts.length + posting.exchanges.length
    const isFull = links.size === batchLinksMax || (links.size > 0 && rows > batchRowsMax)
    if (isFull || links.has(posting.linkId)) break
    links.add(posting.linkId)
  }
  return entries.slice(0, links.size)
}

/** JSON, and so the log, has no `bigint`. */
const withTextAmounts = (posting: LinkPosting): unknown =>
  JSON.parse(JSON.stringify(posting, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)))

function toLinkPosting({ receipt, counterSignature, attempts }: ReceiptToPost): LinkPosting {
  return {
    linkId: receipt.linkId,
    nodeId: receipt.nodeId,
    relayId: receipt.relayId,
    receipt: toLedgerReceipt(receipt),
    counterSigned: counterSignature && toCounterSigned(counterSignature),
    attempts: attempts.map(toAttemptRow),
    exchanges: attempts.flatMap(toExchangeRow),
    ended: false,
  }
}

export function toLedgerReceipt(receipt: Receipt): LinkPosting['receipt'] {
  return {
    sequence: receipt.sequence,
    exchanges: receipt.exchanges,
    upFrames: receipt.upFrames,
    carriedUp: BigInt(receipt.carriedUp),
    carriedDown: BigInt(receipt.carriedDown),
    at: new Date(receipt.atUnixMs),
    text: receiptText(receipt),
    relaySignature: receipt.signature,
  }
}

export const toCounterSigned = ({ carriedUp, carriedDown, signature }: CounterSignature): CounterSigned => ({
  carriedUp: BigInt(carriedUp),
  carriedDown: BigInt(carriedDown),
  signature,
})

function toAttemptRow(record: AttemptRecord): LinkPosting['attempts'][number] {
  const { exchangeId, attempt, customerId, holdId, charged, outcome } = record
  const carried = { carriedUp: BigInt(record.carriedUp), carriedDown: BigInt(record.carriedDown) }
  return { exchangeId, attempt, customerId, holdId, ...carried, charged, outcome }
}

function toExchangeRow({ exchangeId, customerId, nodeId, exchange }: AttemptRecord): LinkPosting['exchanges'][number][] {
  if (!exchange) return []
  const { carriedUp, carriedDown, chargedBytes, ...rest } = exchange
  const bytes = { carriedUp: BigInt(carriedUp), carriedDown: BigInt(carriedDown), chargedBytes: BigInt(chargedBytes) }
  return [{ exchangeId, customerId, nodeId, ...rest, ...bytes }]
}

const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
