/** What a relay hands in about a link, and what the ledger answers. Byte counts are `bigint`. */

/** The relay's cumulative count of one link; its signature was verified by the caller. */
export type Receipt = {
  /** 1, 2, 3 … on its link. */
  sequence: number
  exchanges: number
  upFrames: number
  carriedUp: bigint
  carriedDown: bigint
  at: Date
  /** The signed text, kept as it is, so that anyone can check the signature again. */
  text: string
  relaySignature: string
}

/** The node's own counters for the same receipt; its signature was verified by the caller. */
export type CounterSigned = { carriedUp: bigint; carriedDown: bigint; signature: string }

/** One attempt, posted once: `exchangeId` and `attempt` are its key. */
export type AttemptRow = {
  exchangeId: string
  attempt: number
  customerId: string
  /** The hold that its windows were granted against; null draws from the free balance. */
  holdId: string | null
  carriedUp: bigint
  carriedDown: bigint
  /** False: goodwill bears it. */
  charged: boolean
  outcome: string
}

/** One exchange as the customer was told about it, handed in with its last attempt. */
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
  /** The relay that signed the receipt. */
  relayId: string
  receipt: Receipt
  /** Null: posted on the relay's count alone, marked `unilateral`. */
  counterSigned: CounterSigned | null
  /** Attempts that ended before this receipt was cut, so that its counters cover them. */
  attempts: readonly AttemptRow[]
  exchanges: readonly ExchangeRow[]
  /** The link is over and nothing will follow: receipted bytes that no row explains are posted as `recovered`. */
  ended: boolean
}

/** A receipt of a relay that died, presented by its node to another relay or to the same one after its restart. */
export type LinkRecovery = Pick<
  LinkPosting,
  'linkId' | 'nodeId' | 'relayId' | 'receipt' | 'counterSigned'
> & {
  /** The relay that the node presented it to. Another relay's receipt waits while that relay is alive. */
  presentedTo: string
}

export type LinkResult = {
  linkId: string
  sequence: number
  /** Everything that this receipt states is posted: its node may forget it. */
  settled: boolean
  accountId: string
  /** The account's points in units, after this call. */
  accountUnits: bigint
  /** Bytes carried by all links of the node, after this call. */
  nodeCarriedBytes: bigint
}

export type RecoveryResult = LinkResult & {
  /** Bytes that this call posted from goodwill; 0 for a replay or a receipt that was covered already. */
  recoveredBytes: bigint
  /** The relay that signed it is alive and will post it itself: nothing was done, present it again later. */
  deferred: boolean
}
