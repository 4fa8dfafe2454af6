import type { Transaction } from './connection.ts'
import { eq, sql } from './drizzle.ts'
import { rowsOf, toBigInt } from './rows.ts'
import { accounts, nodes } from './schema.ts'

/** Keeps the hash of an account's recovery code in place of an earlier one. */
export async function writeRecoveryHash(
  tx: Transaction,
  accountId: string,
  sha256: Buffer,
): Promise<boolean> {
  const { rowCount } = await tx
    .update(accounts)
    .set({ recoverySha256: sha256 })
    .where(eq(accounts.accountId, accountId))
  return rowCount === 1
}

export async function findAccountByRecoveryHash(tx: Transaction, sha256: Buffer): Promise<string | null> {
  const [found] = await tx
    .select({ accountId: accounts.accountId })
    .from(accounts)
    .where(eq(accounts.recoverySha256, sha256))
  return found?.accountId ?? null
}

/** Locks a node against another attachment until the transaction ends; null where it is not known. */
export async function lockAccountOfNode(tx: Transaction, nodeId: string): Promise<string | null> {
  const [row] = await rowsOf(
    tx,
    sql`select account_id from nodes where node_id = ${nodeId} for no key update`,
  )
  return row ? String(row.account_id) : null
}

export async function moveNode(tx: Transaction, nodeId: string, accountId: string): Promise<void> {
  await tx.update(nodes).set({ accountId }).where(eq(nodes.nodeId, nodeId))
}

/**
 * An account without nodes belongs to the one that its last node was attached to, with all that had joined it before; but never to itself,
 * where its node goes back to an account that had joined it.
 */
export async function joinIfEmpty(tx: Transaction, accountId: string, into: string): Promise<void> {
  await tx.execute(
    sql`update accounts set joined_into = ${into}
        where (account_id = ${accountId} or joined_into = ${accountId}) and account_id <> ${into}
          and not exists (select from nodes where nodes.account_id = ${accountId})`,
  )
}

/** Accounts that were joined into this one, have no node again since, and hold points; none where that is all as it should be. */
export async function findPointsToJoin(
  tx: Transaction,
  accountId: string,
): Promise<{ accountId: string; ledgerAccount: string }[]> {
  const rows = await rowsOf(
    tx,
    sql`select account_id, ledger_account from accounts join balances on ledger_account = 'account:' || account_id
        where joined_into = ${accountId} and amount > 0
          and not exists (select from nodes where nodes.account_id = accounts.account_id)`,
  )
  return rows.map((row) => ({
    accountId: String(row.account_id),
    ledgerAccount: String(row.ledger_account),
  }))
}

export type DeviceListing = {
  nodeId: string
  kind: string
  firstSeenAt: Date
  lastSeenAt: Date
  carriedBytes: bigint
}

/** Nodes of an account, the one seen last first; what was forgotten is not listed. */
export async function listDevices(
  tx: Transaction,
  accountId: string,
  countMax: number,
): Promise<DeviceListing[]> {
  const rows = await rowsOf(
    tx,
    sql`select node_id, kind, first_seen_at, last_seen_at, carried_bytes from nodes
        where account_id = ${accountId} and kind <> ${forgottenKind}
        order by last_seen_at desc, node_id limit ${countMax}`,
  )
  return rows.map((row) => ({
    nodeId: String(row.node_id),
    kind: String(row.kind),
    firstSeenAt: new Date(row.first_seen_at as string),
    lastSeenAt: new Date(row.last_seen_at as string),
    carriedBytes: toBigInt(row.carried_bytes),
  }))
}

/** In place of a node's kind, and of its id in the rows of exchanges. */
const forgottenKind = 'forgotten'

/**
 * What the books need of a node stays: its id and public key, its links with their receipts, its account. When it was here, of what
 * kind it was, and its id beside the hosts that customers asked for, are gone.
 */
export async function forgetNode(tx: Transaction, nodeId: string): Promise<void> {
  await tx.execute(
    sql`update nodes set kind = ${forgottenKind}, first_seen_at = 'epoch', last_seen_at = 'epoch' where node_id = ${nodeId}`,
  )
  await tx.execute(
    sql`update exchanges set node_id = ${forgottenKind}
        from attempts join links using (link_id)
        where attempts.exchange_id = exchanges.exchange_id and links.node_id = ${nodeId} and exchanges.node_id = ${nodeId}`,
  )
}
