import { type CounterSignature, type Receipt, receiptText } from '#protocol'
import type { AttemptResult, AttemptStart } from '../nodes/link-meter.ts'
import type { CounterSigned, LinkPosting, PostingLedger, PostingResult } from './posting-ledger.ts'

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

export type Outbox = ReturnType<typeof createOutbox>

/**
 * Everything that was metered and does not yet stand in the ledger. Posts in batches, one at a time, in the order of arrival.
 * A crash loses this memory, and nothing else: nodes then present the receipts that they kept.
 */
export function createOutbox(parts: {
  ledger: PostingLedger
  /** An attempt's bytes have left the hold for good. */
  attemptPosted(attempt: AttemptRecord): void
  log: { warn(fields: object, sentence: string): void }
}) {
  const entries: Entry[] = []
  const liveLinks = new Set<string>()
  let posting: Promise<void> | null = null

  const drain = async () => {
    await delay(gatherMs)
    for (let retryMs = retryMsMin; entries.length > 0; ) {
      const batch = takeBatch(entries)
      try {
        await post(batch)
        retryMs = retryMsMin
      } catch (error) {
        parts.log.warn({ error: String(error), waiting: entries.length + batch.length }, 'posting failed; it is tried again')
        entries.unshift(...batch)
        await delay(retryMs)
        retryMs = Math.min(retryMs * 2, retryMsMax)
      }
    }
    posting = null
  }

  const post = async (batch: Entry[]) => {
    const results = await parts.ledger.post(batch.map((entry) => entry.posting))
    for (const [index, entry] of batch.entries()) {
      for (const attempt of entry.attempts) parts.attemptPosted(attempt)
      entry.posted(results[index] as PostingResult)
    }
  }

  const flushed = async () => {
    while (posting) await posting
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
      await Promise.race([flushed(), delay(deadlineMs)])
      if (!entries.some((entry) => entry.posting.linkId === linkId)) liveLinks.delete(linkId)
    },

    /** True while this relay itself still has something to post for a link. */
    knows: (linkId: string): boolean => liveLinks.has(linkId) || entries.some((entry) => entry.posting.linkId === linkId),

    /** Receipts that wait. */
    get length(): number {
      return entries.length
    },

    flushed,
  }
}

/** Two receipts of one link go into two transactions, so that each finds the mark of the one before. */
function takeBatch(entries: Entry[]): Entry[] {
  const links = new Set<string>()
  let count = 0
  while (count < Math.min(entries.length, batchLinksMax)) {
    const { linkId } = (entries[count] as Entry).posting
    if (links.has(linkId)) break
    links.add(linkId)
    count += 1
  }
  return entries.splice(0, count)
}

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
