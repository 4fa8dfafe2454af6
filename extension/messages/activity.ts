/** Whom an exchange was made for, as the relay told this node. */
export type ActivityCustomer = { id: string; label: string; purpose: string | null; contact: string | null }

/** One exchange that went through this browser. It is kept on this machine and sent nowhere. Hosts, never a path or a query. */
export type ActivityRow = {
  /** Grows with each row; redirects are one row, which gets a new id when another hop has ended. */
  id: number
  exchangeId: string
  attempt: number
  /** When the relay asked. */
  atUnixMs: number
  tookMs: number
  /** Names alone, in the order of redirects, the first one first; empty for an address that names no host. */
  hosts: string[]
  method: string
  /** The target's last status, or null where none came. */
  status: number | null
  /** Carried bytes: from the target's answer to the relay, and of the customer's request from the relay. */
  upBytes: number
  downBytes: number
  customer: ActivityCustomer
  /** `completed`, the failure code with which this node ended it, or `link-ended` where nobody was left to tell. */
  outcome: string
  /** What the carried bytes earn by the rate of that moment, in the ledger's units, as decimal text. */
  units: string
}

/** Rows of one page of the log, the newest first. */
export type ActivityQuery = {
  /** Only rows older than this one; null to begin with the newest. */
  beforeId: number | null
  /** Only rows newer than this one; null for all. */
  afterId: number | null
  limit: number
}

export type ActivityPage = { rows: ActivityRow[]; isLast: boolean }

/** The most rows that one question gives: a runtime message of a few hundred kilobytes. */
export const activityPageRowsMax = 2_000
