import type { FailureCode, HeaderList, Outcome } from '#protocol'
import type { AttemptReport } from './exchange-failure.ts'

/** Traffic that a customer has paid for, as one exchange sees it. Windows are granted only against it. */
export type TrafficBudget = {
  readonly holdId: string | null
  /** Sets up to `bytes` aside and says how many: fewer where the balance ends, 0 where it is used up. */
  reserve(bytes: number): number | Promise<number>
  /** The exchange is over: `usedBytes` will be settled by the ledger, the rest of what was reserved is free again. */
  close(usedBytes: number): void
}

/**
 * May this be fetched at all? Resolves names and reads robots.txt, where neither is known yet. `addresses` is where it leads, as far as the
 * relay can see.
 */
export type TargetCheck = (
  target: { url: string; method: string },
  signal: AbortSignal,
) => Promise<
  | { ok: true; url: URL; robots: RobotsState; addresses: readonly string[] }
  | { ok: false; code: FailureCode; detail: string }
>
/** `not-checked` where nobody could be asked, or nobody needs to be. */
export type RobotsState = 'allowed' | 'not-checked'

/** How often sites are asked, whoever wants it. */
export type TargetPacing = {
  /** As what the site is paced; null for what is not. */
  siteOf(url: URL): string | null
  /** Waits for the next turn at the site. */
  untilTurn(url: URL, waiting: { waitMsMax: number; signal: AbortSignal }): Promise<TurnVerdict>
}
export type TurnVerdict =
  | { ok: true; waitedMs: number }
  | { ok: false; code: FailureCode; detail: string; retryAfterMs: number }

export type ExchangeRequest = {
  exchangeId: string
  customer: { id: string; label: string; purpose: string | null; contact: string | null }
  budget: TrafficBudget
  method: string
  url: URL
  headers: HeaderList
  body: Uint8Array | null
  countries: readonly string[] | null
  redirect: 'follow' | 'manual' | 'error'
  redirectsMax: number
  timeoutMs: number
  /** Decoded body bytes after which the answer is cut. */
  answerBytesMax: number | null
  /** The customer, or the door for it, can read gzip. */
  gzip: boolean
  /** The door unpacks the body itself: the exchange is not summed up before its `judge`. */
  judgesBody: boolean
  /** Aborts when the customer leaves, or is cut off: then the reason is the `ExchangeFailure` that says why. */
  signal: AbortSignal
}

export type NodeReport = { nodeId: string; country: string | null }

/** An answer whose head has come; its body is still on its way. */
export type ExchangeAnswer = {
  status: number
  headers: HeaderList
  finalUrl: string
  /** `allowed` where every hop was. */
  robots: RobotsState
  encoding: 'identity' | 'gzip'
  node: NodeReport
  attempts: AttemptReport[]
  queueMs: number
  firstByteMs: number
  body: AnswerBody
}

/** How the body ended, and what it came to. */
export type ExchangeEnding = {
  outcome: Outcome
  detail: string | null
  truncated: boolean
  /** Both directions: what is charged, or, where all of it is free, what the attempts carried. */
  carriedBytes: number
  charged: boolean
  totalMs: number
}

/** The node's gzip is `broken`, or ends too early (no fault of the node's where the body itself was cut). */
export type PackingFault = 'broken' | 'unfinished' | null

/** Reading pulls: each read lets the node send on. Exactly one of `read` returning null, or `cancel`, ends it. */
export type AnswerBody = {
  /** The next piece, or null when there is no more: then `ending` says whether the body is whole. */
  read(): Promise<Uint8Array | null>
  /** The reader wants no more, because the customer left or a limit was reached. */
  cancel(outcome: 'customer-left' | FailureCode): void
  /** Where the request said `judgesBody`, call it once, after the last read: what is wrong with the node's packing, or null. */
  judge(fault: PackingFault): void
  /** Resolves once the node has confirmed the end, so that the count is final. Never rejects. */
  readonly ending: Promise<ExchangeEnding>
}

/** One try of an exchange on a node that was asked, once all its lanes have closed. No path, no query, no body. */
export type AttemptRecord = {
  exchangeId: string
  attempt: number
  customerId: string
  nodeId: string
  /** The node's, as the relay sees it. */
  address: string
  /** Of each lane in order: redirects may lead to others. */
  hosts: string[]
  method: string
  /** Of the last answer's head; null where none came. */
  status: number | null
  outcome: Outcome
  startedAt: Date
  endedAt: Date
}

/** Told once about each exchange, whatever became of it. */
export type ExchangeObserver = {
  exchangeStarted(): void
  exchangeEnded(record: {
    exchangeId: string
    customerId: string
    nodeId: string | null
    host: string
    method: string
    status: number | null
    outcome: Outcome
    /** By all attempts, both directions; `chargedBytes` of them by the customer, the rest by goodwill. */
    carriedBytes: number
    chargedBytes: number
    attempts: number
    totalMs: number
  }): void
}
