import type { Transaction } from './connection.ts'
import { eq, sql } from './drizzle.ts'
import { type Column, given, rowsOf, toBigInt } from './rows.ts'
import { accounts, nodes } from './schema.ts'

export type NodeRecord = { nodeId: string; accountId: string; publicKey: string; kind: string }

export async function insertNode(tx: Transaction, node: NodeRecord): Promise<void> {
  await tx.insert(nodes).values(node)
}

export async function insertAccount(tx: Transaction, accountId: string): Promise<void> {
  await tx.insert(accounts).values({ accountId })
}

/** Finds a node and notes that it was here, of the kind it is now. */
export async function touchNode(tx: Transaction, nodeId: string, kind: string): Promise<NodeRecord | null> {
  const [found] = await tx
    .update(nodes)
    .set({ kind, lastSeenAt: sql`now()` })
    .where(eq(nodes.nodeId, nodeId))
    .returning({
      nodeId: nodes.nodeId,
      accountId: nodes.accountId,
      publicKey: nodes.publicKey,
      kind: nodes.kind,
    })
  return found ?? null
}

export type NodeListing = {
  nodeId: string
  accountId: string
  kind: string
  firstSeenAt: Date
  lastSeenAt: Date
  links: number
  /** Carried by this node's links. */
  carriedBytes: bigint
  /** Points of its account, which other nodes may share. */
  accountUnits: bigint
}

export async function listNodes(tx: Transaction): Promise<NodeListing[]> {
  const rows = await rowsOf(
    tx,
    sql`select nodes.node_id, nodes.account_id, kind, first_seen_at, last_seen_at,
          count(links.link_id) as links, points.amount as account_units, nodes.carried_bytes
        from nodes
        join balances as points on points.ledger_account = 'account:' || nodes.account_id
        left join links on links.node_id = nodes.node_id
        group by nodes.node_id, points.amount
        order by first_seen_at, nodes.node_id`,
  )
  return rows.map((row) => ({
    nodeId: String(row.node_id),
    accountId: String(row.account_id),
    kind: String(row.kind),
    firstSeenAt: new Date(row.first_seen_at as string),
    lastSeenAt: new Date(row.last_seen_at as string),
    links: Number(row.links),
    carriedBytes: toBigInt(row.carried_bytes),
    accountUnits: toBigInt(row.account_units),
  }))
}

export type AccountEarnings = {
  accountId: string
  /** Points in units: 1 point = 1,000,000 units. */
  units: bigint
  /** Bytes carried by all links of the account. */
  carriedBytes: bigint
  /** The part of them that the points are computed from: less where a node counted less than its relay. */
  creditedBytes: bigint
}

export async function findEarnings(tx: Transaction, accountId: string): Promise<AccountEarnings | null> {
  const [row] = await rowsOf(
    tx,
    sql`select amount, carried_bytes, credited_bytes from accounts
        join balances on ledger_account = 'account:' || account_id where account_id = ${accountId}`,
  )
  if (!row) return null
  return {
    accountId,
    units: toBigInt(row.amount),
    carriedBytes: toBigInt(row.carried_bytes),
    creditedBytes: toBigInt(row.credited_bytes),
  }
}

/** Locks nodes until the transaction ends, in the order of their ids, and gives what was posted for each. */
export async function lockNodeBytes(
  tx: Transaction,
  nodeIds: readonly string[],
): Promise<Map<string, bigint>> {
  const rows = await rowsOf(
    tx,
    sql`select node_id, carried_bytes from nodes where node_id = any(${sql.param([...nodeIds])}::text[])
        order by node_id for no key update`,
  )
  return new Map(rows.map((row) => [String(row.node_id), toBigInt(row.carried_bytes)]))
}

type NodeBytes = readonly [nodeId: string, carriedBytes: bigint]

const nodeBytesColumns: readonly Column<NodeBytes>[] = [
  { name: 'node_id', type: 'text', of: ([nodeId]) => nodeId },
  { name: 'carried_bytes', type: 'bigint', of: ([, carriedBytes]) => carriedBytes },
]

/** Writes back what nodes have carried, which this transaction holds locked. */
export async function writeNodeBytes(tx: Transaction, nodeBytes: ReadonlyMap<string, bigint>): Promise<void> {
  await tx.execute(
    sql`update nodes set carried_bytes = given.carried_bytes from ${given([...nodeBytes], nodeBytesColumns)}
        where nodes.node_id = given.node_id`,
  )
}
