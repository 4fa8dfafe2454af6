import { type CounterSignature, type Receipt, receiptText } from '#protocol'
import type { AttemptResult, AttemptStart } from '../nodes/link-meter.ts'
import {
  type CounterSigned,
  isPermanentFailure,
  type LinkPosting,
  type PostingLedger,
  type PostingResult,
} from './posting-ledger.ts'

export type { PostingResult }
export type AttemptRecord = AttemptStart & AttemptResult & { nodeId: string }
export type ReceiptToPost = {
  receipt: Receipt
  counterSignature: CounterSignature | null
  attempts: AttemptRecord[]
}

type Entry = { posting: LinkPosting; attempts: AttemptRecord[]; posted: (result: PostingResult) => void }

/** Receipts gather for this long, so that a busy relay posts many in one transaction. */
const gatherMs = 50
/** After a failed posting the outbox tries again, doubling its wait. Nothing is dropped while the process lives. */
const retryMsMin = 250
const retryMsMax = 10_000
const batchLinksMax = 500
const batchRowsMax = 5_000

type OutboxParts = {
  ledger: Pick<PostingLedger, 'post'>
  /** An attempt's bytes have left the hold for good. */
  attemptPosted(attempt: AttemptRecord): void
  log: { warn(fields: object, sentence: string): void; error(fields: object, sentence: string): void }
}

export const createOutbox = (parts: OutboxParts): Outbox => new Outbox(parts)

/**
 * Everything that was metered and does not yet stand in the ledger. Posts in batches, one at a time, in the order of arrival.
 * A crash loses this memory, and nothing else: nodes then present the receipts that they kept.
 */
export class Outbox {
  readonly #parts: OutboxParts
  /** An entry stays here until it stands in the ledger. */
  readonly #entries: Entry[] = []
  readonly #liveLinks = new Set<string>()
  readonly #watchers = new Set<() => void>()
  #posting: Promise<void> | null = null
  /** So many of the first entries are posted one by one, because one of them is refused. */
  #suspects = 0

  constructor(parts: OutboxParts) {
    this.#parts = parts
  }

  /** Receipts that wait. */
  get length(): number {
    return this.#entries.length
  }

  /** A link begins: until it ends, its receipts are this relay's own to post. */
  openLink(linkId: string): void {
    this.#liveLinks.add(linkId)
  }

  /** Hands a settled receipt over. `posted` is called once it stands in the ledger. */
  add(toPost: ReceiptToPost, posted: (result: PostingResult) => void): void {
    this.#entries.push({ posting: toLinkPosting(toPost), attempts: toPost.attempts, posted })
    this.#posting ??= this.#drain()
  }

  /** The link is over: waits for its postings, at most so long. */
  async endLink(linkId: string, deadlineMs: number): Promise<void> {
    await this.untilPosted(linkId, deadlineMs)
    this.#liveLinks.delete(linkId)
  }

  /** True while this relay itself still has something to post for a link. */
  knows = (linkId: string): boolean => this.#liveLinks.has(linkId) || this.#isWaiting(linkId)

  /** Resolves when nothing waits any more. */
  async flushed(): Promise<void> {
    while (this.#posting) await this.#posting
  }

  async #drain(): Promise<void> {
    await delay(gatherMs)
    for (let retryMs = retryMsMin; this.#entries.length > 0; ) {
      const batch = this.#suspects > 0 ? this.#entries.slice(0, 1) : firstBatch(this.#entries)
      const failure = await this.#post(batch)
      if (failure === null) retryMs = retryMsMin
      else if (isPermanentFailure(failure)) this.#setApart(batch, failure)
      else {
        this.#parts.log.warn(
          { error: String(failure), waiting: this.length },
          'posting failed; it is tried again',
        )
        await delay(retryMs)
        retryMs = Math.min(retryMs * 2, retryMsMax)
      }
    }
    this.#posting = null
  }

  /** Null where it stands in the ledger now, else why it does not. */
  async #post(batch: Entry[]): Promise<unknown> {
    let results: PostingResult[]
    try {
      results = await this.#parts.ledger.post(batch.map((entry) => entry.posting))
    } catch (error) {
      return error
    }
    this.#remove(batch)
    for (const [index, entry] of batch.entries()) entry.posted(results[index] as PostingResult)
    return null
  }

  /** One posting that the ledger will never take must not hold up all others. Its bytes are not lost: its node keeps the receipt. */
  #setApart(batch: Entry[], failure: unknown): void {
    if (batch.length > 1) {
      this.#suspects = batch.length
      return
    }
    const posting = withTextAmounts((batch[0] as Entry).posting)
    this.#parts.log.error({ error: String(failure), posting }, 'the ledger refused a posting for good')
    this.#remove(batch)
  }

  #remove(batch: Entry[]): void {
    this.#entries.splice(0, batch.length)
    this.#suspects = Math.max(0, this.#suspects - batch.length)
    for (const entry of batch) for (const attempt of entry.attempts) this.#parts.attemptPosted(attempt)
    for (const look of [...this.#watchers]) look()
  }

  #isWaiting(linkId: string): boolean {
    return this.#entries.some((entry) => entry.posting.linkId === linkId)
  }

  /** Resolves when nothing of the link waits any more, or after the deadline. */
  untilPosted(linkId: string, deadlineMs: number): Promise<void> {
    if (!this.#isWaiting(linkId)) return Promise.resolve()
    return new Promise((resolve) => {
      const settle = () => {
        clearTimeout(timer)
        this.#watchers.delete(look)
        resolve()
      }
      const look = () => {
        if (!this.#isWaiting(linkId)) settle()
      }
      const timer = setTimeout(settle, deadlineMs)
      this.#watchers.add(look)
    })
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
  JSON.parse(
    JSON.stringify(posting, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  )

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

function toExchangeRow({
  exchangeId,
  customerId,
  nodeId,
  exchange,
}: AttemptRecord): LinkPosting['exchanges'][number][] {
  if (!exchange) return []
  const { carriedUp, carriedDown, chargedBytes, ...rest } = exchange
  const bytes = {
    carriedUp: BigInt(carriedUp),
    carriedDown: BigInt(carriedDown),
    chargedBytes: BigInt(chargedBytes),
  }
  return [{ exchangeId, customerId, nodeId, ...rest, ...bytes }]
}

const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
