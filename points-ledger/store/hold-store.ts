import { holdLifeMs } from '../limits.ts'
import type { Transaction } from './connection.ts'
import { type SQL, sql } from './drizzle.ts'
import { rowsOf } from './rows.ts'

export type HoldRecord = {
  holdId: string
  relayId: string
  customerId: string
  /** By the database's clock. */
  expiresAt: Date
  expiresInMs: number
  /** Neither closed nor past its time. */
  alive: boolean
  closed: boolean
}

const nextExpiry = sql`clock_timestamp() + ${holdLifeMs} * interval '1 millisecond'`
const isAlive = sql`closed_as is null and expires_at > clock_timestamp()`
const record = sql`hold_id, relay_id, customer_id, expires_at, closed_as is not null as closed,
  floor(extract(epoch from expires_at - clock_timestamp()) * 1000) as expires_in_ms, (${isAlive}) as alive`

export async function insertHold(
  tx: Transaction,
  { holdId, relayId, customerId }: Pick<HoldRecord, 'holdId' | 'relayId' | 'customerId'>,
): Promise<HoldRecord> {
  const [hold] = await holdsOf(
    tx,
    sql`insert into holds (hold_id, relay_id, customer_id, expires_at)
        values (${holdId}, ${relayId}, ${customerId}, ${nextExpiry}) returning ${record}`,
  )
  if (!hold) throw new Error('the insert of a hold returned no row')
  return hold
}

export async function lockHold(tx: Transaction, holdId: string): Promise<HoldRecord | null> {
  const [hold] = await holdsOf(
    tx,
    sql`select ${record} from holds where hold_id = ${holdId} for no key update`,
  )
  return hold ?? null
}

/** Gives a living hold its full time again. */
export async function renewHold(tx: Transaction, holdId: string): Promise<HoldRecord | null> {
  const [hold] = await holdsOf(
    tx,
    sql`update holds set expires_at = ${nextExpiry} where hold_id = ${holdId} and ${isAlive} returning ${record}`,
  )
  return hold ?? null
}

/** Gives all living holds of a relay their full time again; one that is past its time is not brought back. */
export function renewHoldsOf(tx: Transaction, relayId: string): Promise<HoldRecord[]> {
  return holdsOf(
    tx,
    sql`update holds set expires_at = ${nextExpiry} where relay_id = ${relayId} and ${isAlive} returning ${record}`,
  )
}

/** Locks open holds that are past their time, all or one customer's; those that another transaction works on are left to it. */
export function lockExpiredHolds(tx: Transaction, customerId?: string): Promise<HoldRecord[]> {
  const which = customerId === undefined ? sql`` : sql`and customer_id = ${customerId}`
  return holdsOf(
    tx,
    sql`select ${record} from holds where closed_as is null and expires_at <= clock_timestamp() ${which}
        order by hold_id for no key update skip locked`,
  )
}

export async function closeHolds(
  tx: Transaction,
  holdIds: readonly string[],
  closedAs: 'returned' | 'expired',
): Promise<void> {
  await tx.execute(
    sql`update holds set closed_as = ${closedAs} where hold_id = any(${sql.param([...holdIds])}::text[])`,
  )
}

/** Which customer each of these holds was taken for. */
export async function findHoldCustomers(
  tx: Transaction,
  holdIds: readonly string[],
): Promise<Map<string, string>> {
  const rows = await rowsOf(
    tx,
    sql`select hold_id, customer_id from holds where hold_id = any(${sql.param([...holdIds])}::text[])`,
  )
  return new Map(rows.map((row) => [String(row.hold_id), String(row.customer_id)]))
}

async function holdsOf(tx: Transaction, query: SQL): Promise<HoldRecord[]> {
  const rows = await rowsOf(tx, query)
  return rows.map((row) => ({
    holdId: String(row.hold_id),
    relayId: String(row.relay_id),
    customerId: String(row.customer_id),
    expiresAt: new Date(row.expires_at as string),
    expiresInMs: Number(row.expires_in_ms),
    alive: row.alive === true,
    closed: row.closed === true,
  }))
}
