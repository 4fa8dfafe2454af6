import { customerChangeLagMsMax } from '../limits.ts'
import type { Transaction } from './connection.ts'
import { eq, type PgUpdateSetSource, type SQL, sql } from './drizzle.ts'
import { rowsOf, toBigInt } from './rows.ts'
import { apiKeys, customers } from './schema.ts'

export type CustomerRecord = {
  customerId: string
  label: string
  /** What it may ask for; the first is meant where a request names none. */
  purposes: string[]
  /** An e-mail or web address; null for customers that were made before contacts were asked for. */
  contact: string | null
  suspendedAt: Date | null
  suspendedReason: string | null
}

export type CustomerFields = { label: string; purposes: readonly string[]; contact: string }

const recordColumns = {
  customerId: customers.customerId,
  label: customers.label,
  purposes: customers.purposes,
  contact: customers.contact,
  suspendedAt: customers.suspendedAt,
  suspendedReason: customers.suspendedReason,
}

export async function insertCustomer(
  tx: Transaction,
  { keySha256, customerId, purposes, ...fields }: CustomerFields & { customerId: string; keySha256: Buffer },
): Promise<void> {
  await tx.insert(customers).values({ customerId, purposes: [...purposes], ...fields })
  await tx.insert(apiKeys).values({ keySha256, customerId })
}

export async function findCustomerByKeySha256(
  tx: Transaction,
  keySha256: Buffer,
): Promise<CustomerRecord | null> {
  const [found] = await tx
    .select(recordColumns)
    .from(apiKeys)
    .innerJoin(customers, eq(customers.customerId, apiKeys.customerId))
    .where(eq(apiKeys.keySha256, keySha256))
  return found ?? null
}

export const updateCustomer = (
  tx: Transaction,
  customerId: string,
  { purposes, ...fields }: Partial<CustomerFields>,
): Promise<CustomerRecord | null> =>
  update(tx, customerId, { ...fields, ...(purposes && { purposes: [...purposes] }) })

export const markSuspended = (
  tx: Transaction,
  customerId: string,
  suspendedReason: string,
): Promise<CustomerRecord | null> =>
  update(tx, customerId, {
    suspendedAt: sql`coalesce(${customers.suspendedAt}, clock_timestamp())`,
    suspendedReason,
  })

export const markResumed = (tx: Transaction, customerId: string): Promise<CustomerRecord | null> =>
  update(tx, customerId, { suspendedAt: null, suspendedReason: null })

async function update(
  tx: Transaction,
  customerId: string,
  changes: PgUpdateSetSource<typeof customers>,
): Promise<CustomerRecord | null> {
  const [changed] = await tx
    .update(customers)
    .set({ ...changes, changedAt: sql`clock_timestamp()` })
    .where(eq(customers.customerId, customerId))
    .returning(recordColumns)
  return changed ?? null
}

export type CustomerChanges = {
  /** Hand it in with the next question. */
  asOf: Date
  customers: { customerId: string; isSuspended: boolean; changedAt: Date }[]
}

/** `since` null asks for the newest changes alone. By the database's clock, so that no relay's clock matters. */
export async function findCustomerChanges(tx: Transaction, since: Date | null): Promise<CustomerChanges> {
  const lag = sql`make_interval(secs => ${customerChangeLagMsMax / 1_000})`
  const rows = await rowsOf(
    tx,
    sql`select clock.now as as_of, customer_id, suspended_at is not null as is_suspended, changed_at
        from (select now() as now) as clock
          left join customers on changed_at >= coalesce(${since}::timestamptz, clock.now) - ${lag}`,
  )
  return {
    asOf: new Date(rows[0]?.as_of as string),
    customers: rows
      .filter((row) => row.customer_id !== null)
      .map((row) => ({
        customerId: String(row.customer_id),
        isSuspended: row.is_suspended === true,
        changedAt: new Date(row.changed_at as string),
      })),
  }
}

export type CustomerListing = CustomerRecord & {
  createdAt: Date
  /** Not yet used and not set aside. */
  freeBytes: bigint
  /** Set aside at relays. */
  heldBytes: bigint
  chargedBytes: bigint
}

/** What a customer has outside of holds and in those that are open; null for an unknown customer. */
export async function findCustomerBalance(
  tx: Transaction,
  customerId: string,
): Promise<Pick<CustomerListing, 'freeBytes' | 'heldBytes'> | null> {
  const [row] = await rowsOf(
    tx,
    sql`select free.amount as free_bytes, ${heldBytesOf(sql`customers.customer_id`)} as held_bytes
        from customers join balances as free on free.ledger_account = 'customer:' || customers.customer_id
        where customers.customer_id = ${customerId}`,
  )
  return row ? { freeBytes: toBigInt(row.free_bytes), heldBytes: toBigInt(row.held_bytes) } : null
}

export async function listCustomers(tx: Transaction): Promise<CustomerListing[]> {
  const rows = await rowsOf(
    tx,
    sql`select customers.customer_id, label, purposes, contact, suspended_at, suspended_reason, created_at, free.amount as free_bytes,
          ${heldBytesOf(sql`customers.customer_id`)} as held_bytes,
          coalesce((
            select sum(charged_bytes) from attempts where attempts.customer_id = customers.customer_id
          ), 0) as charged_bytes
        from customers join balances as free on free.ledger_account = 'customer:' || customers.customer_id
        order by created_at, customers.customer_id`,
  )
  return rows.map((row) => ({
    customerId: String(row.customer_id),
    label: String(row.label),
    purposes: row.purposes as string[],
    contact: row.contact as string | null,
    suspendedAt: row.suspended_at === null ? null : new Date(row.suspended_at as string),
    suspendedReason: row.suspended_reason as string | null,
    createdAt: new Date(row.created_at as string),
    freeBytes: toBigInt(row.free_bytes),
    heldBytes: toBigInt(row.held_bytes),
    chargedBytes: toBigInt(row.charged_bytes),
  }))
}

function heldBytesOf(customerId: SQL): SQL {
  return sql`coalesce((
    select sum(amount) from holds join balances on ledger_account = 'hold:' || hold_id
    where holds.customer_id = ${customerId} and closed_as is null
  ), 0)`
}
