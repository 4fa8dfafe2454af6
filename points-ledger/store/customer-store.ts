import { eq, type SQL, sql } from 'drizzle-orm'
import type { Transaction } from './connection.ts'
import { rowsOf, toBigInt } from './rows.ts'
import { apiKeys, customers } from './schema.ts'

export type CustomerRecord = { customerId: string; name: string }

export async function insertCustomer(
  tx: Transaction,
  { customerId, name, keySha256 }: CustomerRecord & { keySha256: Buffer },
): Promise<void> {
  await tx.insert(customers).values({ customerId, name })
  await tx.insert(apiKeys).values({ keySha256, customerId })
}

export async function findCustomerByKeySha256(
  tx: Transaction,
  keySha256: Buffer,
): Promise<CustomerRecord | null> {
  const [found] = await tx
    .select({ customerId: customers.customerId, name: customers.name })
    .from(apiKeys)
    .innerJoin(customers, eq(customers.customerId, apiKeys.customerId))
    .where(eq(apiKeys.keySha256, keySha256))
  return found ?? null
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
    sql`select customers.customer_id, name, created_at, free.amount as free_bytes,
          ${heldBytesOf(sql`customers.customer_id`)} as held_bytes,
          coalesce((
            select sum(charged_bytes) from attempts where attempts.customer_id = customers.customer_id
          ), 0) as charged_bytes
        from customers join balances as free on free.ledger_account = 'customer:' || customers.customer_id
        order by created_at, customers.customer_id`,
  )
  return rows.map((row) => ({
    customerId: String(row.customer_id),
    name: String(row.name),
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
