/** What metering needs of the ledger, in its own words; `main.ts` hands in the ledger that fits. Byte counts are `bigint`. */

export type LedgerReceipt = {
  sequence: number
  exchanges: number
  upFrames: number
  carriedUp: bigint
  carriedDown: bigint
  at: Date
  text: string
  relaySignature: string
}
export type CounterSigned = { carriedUp: bigint; carriedDown: bigint; signature: string }

export type AttemptRow = {
  exchangeId: string
  attempt: number
  customerId: string
  holdId: string | null
  carriedUp: bigint
  carriedDown: bigint
  charged: boolean
  outcome: string
}

export type ExchangeRow = {
  exchangeId: string
  customerId: string
  nodeId: string
  method: string
  host: string
  targetStatus: number | null
  outcome: string
  purpose: string | null
  attempts: number
  carriedUp: bigint
  carriedDown: bigint
  chargedBytes: bigint
  startedAt: Date
  tookMs: number
}

export type LinkPosting = {
  linkId: string
  nodeId: string
  relayId: string
  receipt: LedgerReceipt
  counterSigned: CounterSigned | null
  attempts: AttemptRow[]
  exchanges: ExchangeRow[]
  ended: boolean
}

export type LinkRecovery = Pick<
  LinkPosting,
  'linkId' | 'nodeId' | 'relayId' | 'receipt' | 'counterSigned'
> & {
  presentedTo: string
}

export type PostingResult = {
  linkId: string
  sequence: number
  settled: boolean
  accountUnits: bigint
  nodeCarriedBytes: bigint
}

/** `post` is all or nothing and safe to repeat; its error carries a `code`. */
export type PostingLedger = {
  post(postings: LinkPosting[]): Promise<PostingResult[]>
  recover(recovery: LinkRecovery): Promise<PostingResult & { deferred: boolean; recoveredBytes: bigint }>
  findRelayKey(relayId: string): Promise<{ publicKey: string } | null>
}

/** Refusals that the same call will meet again. Anything else, such as a database that does not answer, passes. */
const permanentCodes = new Set([
  'invalid-input',
  'too-many-rows',
  'unknown-customer',
  'unknown-node',
  'unknown-account',
  'unknown-hold',
  'hold-of-another-customer',
  'link-of-another-node',
  'rows-exceed-receipt',
  'amount-out-of-range',
])

export const isPermanentFailure = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && permanentCodes.has(String(error.code))
