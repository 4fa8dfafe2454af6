/** The closed list of what the ledger can answer instead of a result. */
export const ledgerErrorCodes = [
  /** A value has the wrong shape or size; the sentence names it. Nothing was written. */
  'invalid-input',
  /** More links or rows than one call may carry; split the call. Nothing was written. */
  'too-many-rows',
  'unknown-customer',
  'unknown-node',
  'unknown-account',
  'unknown-hold',
  /** The hold was taken for another customer than the one to be charged. Nothing was written. */
  'hold-of-another-customer',
  /** The link is on record for another node or relay. Nothing was written. */
  'link-of-another-node',
  /** The attempt rows add up to more than the receipt that covers them states. Nothing was written. */
  'rows-exceed-receipt',
  /** The id is on record with another public key. Nothing was written. */
  'key-mismatch',
  /** An account would pass what a 64-bit number holds. Nothing was written. */
  'amount-out-of-range',
  /** There is no key to look audit rows up with. */
  'audit-key-missing',
  /** Other transactions kept winning; the same call may be made again as it is. Nothing was written. */
  'contention',
  /** The database did not answer. Calls with ids of their own may be made again as they are. */
  'database-unavailable',
] as const

export type LedgerErrorCode = (typeof ledgerErrorCodes)[number]

/** Every expected failure of the ledger: `code` for programs, `message` a sentence for people. */
export class LedgerError extends Error {
  readonly code: LedgerErrorCode

  constructor(code: LedgerErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'LedgerError'
    this.code = code
  }
}
