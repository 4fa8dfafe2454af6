import type { AttemptRow, ExchangeRow } from '../link-posting.ts'
import { attemptRef } from '../posting.ts'
import type { SettledAttempt } from '../settlement.ts'
import type { Transaction } from './connection.ts'
import { sql } from './drizzle.ts'
import { type Column, given, names, rowsOf } from './rows.ts'

type AttemptKey = Pick<AttemptRow, 'exchangeId' | 'attempt'>

const keyColumns: readonly Column<AttemptKey>[] = [
  { name: 'exchange_id', type: 'text', of: ({ exchangeId }) => exchangeId },
  { name: 'attempt', type: 'integer', of: ({ attempt }) => attempt },
]

/** Which of these attempts are posted already, by their `attemptRef`. */
export async function findPostedAttempts(
  tx: Transaction,
  attempts: readonly AttemptKey[],
): Promise<Set<string>> {
  if (attempts.length === 0) return new Set()
  const rows = await rowsOf(
    tx,
    sql`select exchange_id, attempt from ${given(attempts, keyColumns)}
        join attempts using (exchange_id, attempt)`,
  )
  return new Set(rows.map((row) => attemptRef(String(row.exchange_id), Number(row.attempt))))
}

const attemptColumns: readonly Column<SettledAttempt>[] = [
  { name: 'exchange_id', type: 'text', of: ({ exchangeId }) => exchangeId },
  { name: 'attempt', type: 'integer', of: ({ attempt }) => attempt },
  { name: 'link_id', type: 'text', of: ({ linkId }) => linkId },
  { name: 'customer_id', type: 'text', of: ({ customerId }) => customerId },
  { name: 'hold_id', type: 'text', of: ({ holdId }) => holdId },
  { name: 'carried_up', type: 'bigint', of: ({ carriedUp }) => carriedUp },
  { name: 'carried_down', type: 'bigint', of: ({ carriedDown }) => carriedDown },
  { name: 'charged', type: 'boolean', of: ({ charged }) => charged },
  { name: 'outcome', type: 'text', of: ({ outcome }) => outcome },
  { name: 'charged_bytes', type: 'bigint', of: ({ chargedBytes }) => chargedBytes },
  { name: 'goodwill_bytes', type: 'bigint', of: ({ goodwillBytes }) => goodwillBytes },
  { name: 'recovered_bytes', type: 'bigint', of: ({ recoveredBytes }) => recoveredBytes },
]

/** Adds attempts. One that another link posted meanwhile fails the transaction, which is then run again. */
export async function insertAttempts(tx: Transaction, attempts: readonly SettledAttempt[]): Promise<void> {
  if (attempts.length === 0) return
  await tx.execute(
    sql`insert into attempts (${names(attemptColumns)})
        select * from ${given(attempts, attemptColumns)} order by exchange_id, attempt`,
  )
}

const exchangeColumns: readonly Column<ExchangeRow>[] = [
  { name: 'exchange_id', type: 'text', of: ({ exchangeId }) => exchangeId },
  { name: 'customer_id', type: 'text', of: ({ customerId }) => customerId },
  { name: 'node_id', type: 'text', of: ({ nodeId }) => nodeId },
  { name: 'method', type: 'text', of: ({ method }) => method },
  { name: 'host', type: 'text', of: ({ host }) => host },
  { name: 'target_status', type: 'integer', of: ({ targetStatus }) => targetStatus },
  { name: 'outcome', type: 'text', of: ({ outcome }) => outcome },
  { name: 'purpose', type: 'text', of: ({ purpose }) => purpose },
  { name: 'attempts', type: 'integer', of: ({ attempts }) => attempts },
  { name: 'carried_up', type: 'bigint', of: ({ carriedUp }) => carriedUp },
  { name: 'carried_down', type: 'bigint', of: ({ carriedDown }) => carriedDown },
  { name: 'charged_bytes', type: 'bigint', of: ({ chargedBytes }) => chargedBytes },
  { name: 'started_at', type: 'timestamptz', of: ({ startedAt }) => startedAt },
  { name: 'took_ms', type: 'integer', of: ({ tookMs }) => tookMs },
]

/** Adds exchanges; one that is there already stays as it is. */
export async function insertExchanges(tx: Transaction, exchanges: readonly ExchangeRow[]): Promise<void> {
  if (exchanges.length === 0) return
  await tx.execute(
    sql`insert into exchanges (${names(exchangeColumns)})
        select * from ${given(exchanges, exchangeColumns)} order by exchange_id on conflict do nothing`,
  )
}
