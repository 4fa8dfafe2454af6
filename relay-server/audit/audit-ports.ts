/** What the audit rows need of the ledger's store, in this room's own words; `main.ts` hands in what fits. */

export type AuditRecord = {
  exchangeId: string
  attempt: number
  startedAt: Date
  endedAt: Date
  customerId: string
  nodeId: string
  address: string
  /** What rows are looked up by: the address, or the /64 of an IPv6 address. */
  home: string
  hosts: string[]
  method: string
  targetStatus: number | null
  outcome: string
}

export type AuditStore = {
  /** All or nothing, and safe to repeat. Rejects with an error that has a `code`. */
  write(records: AuditRecord[]): Promise<void>
  /** Drops the oldest rows of more than so many days; says how many. */
  dropOld(limits: { days: number; rowsMax: number }): Promise<number>
  /** Says that rows are written under this relay's key. */
  noteKey(limits: { days: number }): Promise<void>
}

/** Rows that the same call will meet again. Anything else, such as a database that does not answer, passes. */
const permanentCodes = new Set(['invalid-input', 'too-many-rows'])
export const isPermanentFailure = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && permanentCodes.has(String(error.code))
