import { longAttemptMs } from '../limits.ts'
import type { Transaction } from './connection.ts'
import { type SQL, sql } from './drizzle.ts'
import { type Column, given, names, rowsOf } from './rows.ts'

export type AuditRow = {
  exchangeId: string
  attempt: number
  startedAt: Date
  endedAt: Date
  customerId: string
  nodeId: string
  method: string
  targetStatus: number | null
  outcome: string
  homeDigest: Buffer
  sealed: Buffer
}

export type FoundAuditRow = AuditRow & {
  customer: { label: string; purposes: string[]; contact: string | null; suspendedAt: Date | null } | null
  purpose: string | null
}

const columns: readonly Column<AuditRow>[] = [
  { name: 'exchange_id', type: 'text', of: ({ exchangeId }) => exchangeId },
  { name: 'attempt', type: 'integer', of: ({ attempt }) => attempt },
  { name: 'started_at', type: 'timestamptz', of: ({ startedAt }) => startedAt },
  { name: 'ended_at', type: 'timestamptz', of: ({ endedAt }) => endedAt },
  {
    name: 'ran_long',
    type: 'boolean',
    of: ({ startedAt, endedAt }) => +endedAt - +startedAt > longAttemptMs,
  },
  { name: 'customer_id', type: 'text', of: ({ customerId }) => customerId },
  { name: 'node_id', type: 'text', of: ({ nodeId }) => nodeId },
  { name: 'method', type: 'text', of: ({ method }) => method },
  { name: 'target_status', type: 'integer', of: ({ targetStatus }) => targetStatus },
  { name: 'outcome', type: 'text', of: ({ outcome }) => outcome },
  { name: 'home_digest', type: 'bytea', of: ({ homeDigest }) => homeDigest },
  { name: 'sealed', type: 'bytea', of: ({ sealed }) => sealed },
]

/** Adds rows; one that is there already stays as it is. */
export async function insertAuditRows(tx: Transaction, rows: readonly AuditRow[]): Promise<void> {
  await tx.execute(
    sql`insert into audit_attempts (${names(columns)})
        select * from ${given(rows, columns)} order by exchange_id, attempt on conflict do nothing`,
  )
}

export type AuditQuestion = { homeDigest: Buffer; from: Date; to: Date; rowsMax: number }

/** What ran through a home at some moment from `from` until before `to`, oldest first. */
export async function findAuditRows(tx: Transaction, question: AuditQuestion): Promise<FoundAuditRow[]> {
  const rows = await rowsOf(tx, auditQuery(question))
  return rows.map((row) => ({
    exchangeId: String(row.exchange_id),
    attempt: Number(row.attempt),
    startedAt: new Date(row.started_at as string),
    endedAt: new Date(row.ended_at as string),
    customerId: String(row.customer_id),
    nodeId: String(row.node_id),
    method: String(row.method),
    targetStatus: row.target_status as number | null,
    outcome: String(row.outcome),
    homeDigest: question.homeDigest,
    sealed: row.sealed as Buffer,
    customer: row.label === null ? null : customerIn(row),
    purpose: row.purpose as string | null,
  }))
}

/** Two reads of two indexes: what did not run long began shortly before `from` at the earliest; the little that did is found by its end. */
export function auditQuery({ homeDigest, from, to, rowsMax }: AuditQuestion): SQL {
  const earliest = new Date(from.getTime() - longAttemptMs)
  return sql`with found as (
      select * from audit_attempts
        where home_digest = ${homeDigest} and started_at < ${to}::timestamptz
          and started_at >= ${earliest}::timestamptz and ended_at >= ${from}::timestamptz
      union all
      select * from audit_attempts
        where home_digest = ${homeDigest} and ran_long
          and ended_at >= ${from}::timestamptz and started_at < ${earliest}::timestamptz
    )
    select found.*, customers.label, customers.purposes, customers.contact, customers.suspended_at, exchanges.purpose
      from (select * from found order by started_at, exchange_id, attempt limit ${rowsMax}) as found
        left join customers using (customer_id)
        left join exchanges using (exchange_id)
      order by started_at, exchange_id, attempt`
}

export type AuditDrop = { days: number; rowsMax: number }

/** Drops the oldest rows, and says how many. */
export async function deleteAuditRows(tx: Transaction, drop: AuditDrop): Promise<number> {
  const { rowCount } = await tx.execute(auditDropQuery(drop))
  return rowCount ?? 0
}

/** Rows that another relay is dropping at this moment are left to it. */
export function auditDropQuery({ days, rowsMax }: AuditDrop): SQL {
  return sql`delete from audit_attempts where (exchange_id, attempt) in (
      select exchange_id, attempt from audit_attempts where started_at < now() - make_interval(days => ${days})
      order by started_at limit ${rowsMax} for update skip locked
    )`
}

const customerIn = (row: Record<string, unknown>) => ({
  label: String(row.label),
  purposes: row.purposes as string[],
  contact: row.contact as string | null,
  suspendedAt: row.suspended_at === null ? null : new Date(row.suspended_at as string),
})
