import {
  type CounterSignature,
  counterSignatureText,
  counterSignDeadlineMs,
  type Ed25519Key,
  type FrameOf,
  importPublicKey,
  type Receipt,
  receiptEveryBytes,
  receiptEveryMs,
  receiptText,
  TrafficCount,
  verify,
} from '#protocol'
import type {
  AttemptMeter,
  AttemptResult,
  AttemptStart,
  LinkMeter,
  LinkMeterOptions,
} from '../nodes/link-meter.ts'
import type { AttemptRecord, Outbox, PostingResult } from './outbox.ts'
import type { RelayKey } from './relay-key.ts'

/** How long the end of a link waits for the ledger, so that the node hears `posted` before its socket closes. */
const lastPostingDeadlineMs = 5_000
/** How long a closed link waits for its attempts to be summed up; they end with their lanes, unless the ledger is away. */
const attemptsDeadlineMs = 5_000

type Awaiting = {
  receipt: Receipt
  attempts: AttemptRecord[]
  timer: NodeJS.Timeout
  /** A counter-signature has come and is being checked; further ones are not looked at. */
  isChecking: boolean
  settled: () => void
}

export type MeterParts = {
  relayKey: RelayKey
  outbox: Pick<Outbox, 'add' | 'endLink'>
  /** An attempt of this customer will have something to post. */
  attemptBegun(customerId: string): void
}

/**
 * Meters one link: counts, cuts receipts, and hands each counter-signed receipt to the outbox, together with the attempts that
 * ended before it was cut. One receipt is under way at a time.
 *
 * ```
 *  quiet ──1 MiB | 5 s of traffic | end──▶ awaiting ──receipt-signed──▶ quiet      (posted with the node's counters)
 *                                              └──5 s | link lost──▶ quiet         (posted `unilateral`)
 * ```
 */
export class RelayLinkMeter implements LinkMeter {
  readonly count = new TrafficCount({ remembersPrefixes: false })
  readonly #options: LinkMeterOptions
  readonly #parts: MeterParts
  #sequence = 0
  #receiptedBytes = 0
  #awaiting: Awaiting | null = null
  #ended: AttemptRecord[] = []
  #openAttempts = 0
  #attemptsSettled: (() => void) | null = null
  #timer: NodeJS.Timeout | null = null
  #finishing: Promise<void> | null = null
  #isOver = false
  #nodeListens = true
  #nodeKey: Promise<Ed25519Key> | null = null

  constructor(options: LinkMeterOptions, parts: MeterParts) {
    this.#options = options
    this.#parts = parts
  }

  noteTraffic(): void {
    if (this.#awaiting) return
    if (this.#carried - this.#receiptedBytes >= receiptEveryBytes) return this.#cut()
    this.#timer ??= setTimeout(() => this.#cutIfDue(), receiptEveryMs)
  }

  beginAttempt(start: AttemptStart): AttemptMeter {
    this.#openAttempts += 1
    this.#parts.attemptBegun(start.customerId)
    return { finish: (result) => this.#finishAttempt(start, result) }
  }

  async acceptCounterSignature(frame: FrameOf<'receipt-signed'>): Promise<void> {
    const awaiting = this.#awaiting
    if (!awaiting || frame.linkId !== this.#options.linkId || frame.sequence !== awaiting.receipt.sequence)
      return
    if (awaiting.isChecking) return
    awaiting.isChecking = true
    const text = counterSignatureText(awaiting.receipt, frame.counterSignature)
    if (!(await verify(await this.#loadNodeKey(), text, frame.counterSignature.signature)))
      return this.#options.refuse('the counter-signature does not fit the receipt')
    if (this.#awaiting === awaiting) this.#settle(awaiting, frame.counterSignature)
  }

  finish({ nodeListens }: { nodeListens: boolean }): Promise<void> {
    this.#nodeListens &&= nodeListens
    if (!nodeListens && this.#awaiting) this.#settle(this.#awaiting, null)
    this.#finishing ??= this.#finish()
    return this.#finishing
  }

  get #carried(): number {
    return this.count.carriedUp + this.count.carriedDown
  }

  async #finish(): Promise<void> {
    await this.#allAttemptsEnded()
    while (this.#awaiting) await this.#awaitingSettled()
    if (this.#carried > this.#receiptedBytes || this.#ended.length > 0) this.#cut()
    await this.#awaitingSettled()
    this.#isOver = true
    this.#nodeListens = false
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    await this.#parts.outbox.endLink(this.#options.linkId, lastPostingDeadlineMs)
  }

  #finishAttempt(start: AttemptStart, result: AttemptResult): void {
    this.#ended.push({ ...start, ...result, nodeId: this.#options.nodeId })
    this.#openAttempts -= 1
    if (this.#openAttempts === 0) this.#attemptsSettled?.()
    if (this.#isOver) this.#cut()
    else this.noteTraffic()
  }

  #cutIfDue(): void {
    this.#timer = null
    if (!this.#awaiting && (this.#carried > this.#receiptedBytes || this.#ended.length > 0)) this.#cut()
  }

  /** Signing is synchronous, so that no chunk can pass between the counting and the sending of a receipt. */
  #cut(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    this.#sequence += 1
    const receipt = this.#signReceipt()
    this.#receiptedBytes = this.#carried
    const timer = setTimeout(
      () => this.#awaiting && this.#settle(this.#awaiting, null),
      counterSignDeadlineMs,
    )
    this.#awaiting = { receipt, attempts: this.#ended, timer, isChecking: false, settled: () => {} }
    this.#ended = []
    if (this.#nodeListens) this.#options.send({ type: 'receipt', receipt })
    else this.#settle(this.#awaiting, null)
  }

  #signReceipt(): Receipt {
    const { linkId, nodeId } = this.#options
    const { exchanges, upFrames, carriedUp, carriedDown } = this.count
    const { relayId } = this.#parts.relayKey
    const counters = { exchanges, upFrames, carriedUp, carriedDown }
    const unsigned = { relayId, nodeId, linkId, sequence: this.#sequence, ...counters, atUnixMs: Date.now() }
    return { ...unsigned, signature: this.#parts.relayKey.sign(receiptText(unsigned)) }
  }

  #settle(awaiting: Awaiting, counterSignature: CounterSignature | null): void {
    clearTimeout(awaiting.timer)
    this.#awaiting = null
    const { receipt, attempts } = awaiting
    this.#parts.outbox.add({ receipt, counterSignature, attempts }, (result) => this.#tellNode(result))
    awaiting.settled()
    if (!this.#finishing) this.noteTraffic()
  }

  #tellNode(result: PostingResult): void {
    if (result.settled)
      this.#options.send({ type: 'posted', linkId: result.linkId, sequence: result.sequence })
    const nodeCarriedBytes = Number(result.nodeCarriedBytes)
    this.#options.send({ type: 'earned', accountUnits: String(result.accountUnits), nodeCarriedBytes })
  }

  #awaitingSettled(): Promise<void> {
    const awaiting = this.#awaiting
    if (!awaiting) return Promise.resolve()
    return new Promise((resolve) => {
      awaiting.settled = resolve
    })
  }

  async #allAttemptsEnded(): Promise<void> {
    if (this.#openAttempts === 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, attemptsDeadlineMs)
      this.#attemptsSettled = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #loadNodeKey(): Promise<Ed25519Key> {
    this.#nodeKey ??= importPublicKey(this.#options.nodeKey)
    return this.#nodeKey
  }
}
