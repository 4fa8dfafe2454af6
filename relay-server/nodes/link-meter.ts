import type { FrameOf, Outcome, RelayFrame, TrafficCount } from '#protocol'

/** What one attempt on a link came to, once its last lane has closed. */
export type AttemptResult = {
  carriedUp: number
  carriedDown: number
  /** The customer pays; false means that goodwill does. */
  charged: boolean
  outcome: Outcome
  /** Handed in with an exchange's last attempt: the exchange's one row. */
  exchange: ExchangeSummary | null
}

/** The one row of an exchange: no path, no query, no body. */
export type ExchangeSummary = {
  method: string
  host: string
  targetStatus: number | null
  outcome: Outcome
  purpose: string | null
  attempts: number
  carriedUp: number
  carriedDown: number
  chargedBytes: number
  startedAt: Date
  tookMs: number
}

export type AttemptStart = { exchangeId: string; attempt: number; customerId: string; holdId: string | null }
export type AttemptMeter = { finish(result: AttemptResult): void }

/** What a link needs of metering: `metering/` fits this port. */
export type LinkMeter = {
  readonly count: TrafficCount
  /** Called after data frames were counted; cuts a receipt where one is due. */
  noteTraffic(): void
  beginAttempt(start: AttemptStart): AttemptMeter
  acceptCounterSignature(frame: FrameOf<'receipt-signed'>): Promise<void>
  /** Cuts the last receipt, waits for its counter-signature where the node still listens, and hands everything to the ledger. */
  finish(options: { nodeListens: boolean }): Promise<void>
}

export type LinkMeterOptions = {
  linkId: string
  nodeId: string
  /** The node's public key: its counter-signatures are checked with it. */
  nodeKey: string
  send(frame: RelayFrame): void
  refuse(detail: string): void
}
