import type { Dispute, LinkMark } from '../link-mark.ts'
import { cardInForce, type RateCard } from '../rate-card.ts'
import type { AccountBytes, LinkPoints } from '../settlement.ts'
import type { Transaction } from './connection.ts'
import { sql } from './drizzle.ts'
import { type Column, given, names, rowsOf, toBigInt } from './rows.ts'

export type LinkIdentity = { linkId: string; nodeId: string; relayId: string }

const identityColumns: readonly Column<LinkIdentity>[] = [
  { name: 'link_id', type: 'text', of: ({ linkId }) => linkId },
  { name: 'node_id', type: 'text', of: ({ nodeId }) => nodeId },
  { name: 'relay_id', type: 'text', of: ({ relayId }) => relayId },
]

/** Makes marks for links that have none, for the account that their node is attached to. Unknown nodes get none. */
export async function openMarks(tx: Transaction, links: readonly LinkIdentity[]): Promise<void> {
  await tx.execute(
    sql`insert into links (link_id, node_id, relay_id, account_id)
        select link_id, node_id, relay_id, account_id from ${given(links, identityColumns)} join nodes using (node_id)
        order by link_id on conflict do nothing`,
  )
}

/** Locks marks until the transaction ends, in the order of their ids. */
export async function lockMarks(tx: Transaction, linkIds: readonly string[]): Promise<LinkMark[]> {
  const rows = await rowsOf(
    tx,
    sql`select * from links where link_id = any(${sql.param([...linkIds])}::text[])
        order by link_id for no key update`,
  )
  return rows.map(markOf)
}

function markOf(row: Record<string, unknown>): LinkMark {
  const bytes = (name: string) => ({ up: toBigInt(row[`${name}_up`]), down: toBigInt(row[`${name}_down`]) })
  const textOrNull = (name: string) => (row[name] === null ? null : String(row[name]))
  return {
    linkId: String(row.link_id),
    nodeId: String(row.node_id),
    relayId: String(row.relay_id),
    accountId: String(row.account_id),
    sequence: toBigInt(row.sequence),
    exchanges: toBigInt(row.exchanges),
    upFrames: toBigInt(row.up_frames),
    counted: bytes('relay'),
    shortfall: bytes('shortfall'),
    receiptAt: row.receipt_at === null ? null : new Date(row.receipt_at as string),
    receiptText: textOrNull('receipt_text'),
    relaySignature: textOrNull('relay_signature'),
    nodeSignature: textOrNull('node_signature'),
    unilateral: row.unilateral === true,
    explained: bytes('explained'),
    recovered: bytes('recovered'),
    creditedBytes: toBigInt(row.credited_bytes),
    ended: row.ended === true,
  }
}

const markColumns: readonly Column<LinkMark>[] = [
  { name: 'link_id', type: 'text', of: ({ linkId }) => linkId },
  { name: 'sequence', type: 'bigint', of: ({ sequence }) => sequence },
  { name: 'exchanges', type: 'bigint', of: ({ exchanges }) => exchanges },
  { name: 'up_frames', type: 'bigint', of: ({ upFrames }) => upFrames },
  { name: 'relay_up', type: 'bigint', of: ({ counted }) => counted.up },
  { name: 'relay_down', type: 'bigint', of: ({ counted }) => counted.down },
  { name: 'shortfall_up', type: 'bigint', of: ({ shortfall }) => shortfall.up },
  { name: 'shortfall_down', type: 'bigint', of: ({ shortfall }) => shortfall.down },
  { name: 'receipt_at', type: 'timestamptz', of: ({ receiptAt }) => receiptAt },
  { name: 'receipt_text', type: 'text', of: ({ receiptText }) => receiptText },
  { name: 'relay_signature', type: 'text', of: ({ relaySignature }) => relaySignature },
  { name: 'node_signature', type: 'text', of: ({ nodeSignature }) => nodeSignature },
  { name: 'unilateral', type: 'boolean', of: ({ unilateral }) => unilateral },
  { name: 'explained_up', type: 'bigint', of: ({ explained }) => explained.up },
  { name: 'explained_down', type: 'bigint', of: ({ explained }) => explained.down },
  { name: 'recovered_up', type: 'bigint', of: ({ recovered }) => recovered.up },
  { name: 'recovered_down', type: 'bigint', of: ({ recovered }) => recovered.down },
  { name: 'credited_bytes', type: 'bigint', of: ({ creditedBytes }) => creditedBytes },
  { name: 'ended', type: 'boolean', of: ({ ended }) => ended },
]

/** Writes back marks that this transaction holds locked. */
export async function writeMarks(tx: Transaction, marks: readonly LinkMark[]): Promise<void> {
  const changed = markColumns.filter(({ name }) => name !== 'link_id')
  const assignments = sql.raw(changed.map(({ name }) => `${name} = given.${name}`).join(', '))
  await tx.execute(
    sql`update links set ${assignments}, last_posted_at = now() from ${given(marks, markColumns)}
        where links.link_id = given.link_id`,
  )
}

/** What locked links have earned so far, card by card. */
export async function readLinkPoints(tx: Transaction, linkIds: readonly string[]): Promise<LinkPoints[]> {
  const rows = await rowsOf(
    tx,
    sql`select * from link_points where link_id = any(${sql.param([...linkIds])}::text[])`,
  )
  return rows.map((row) => ({
    linkId: String(row.link_id),
    rateCardVersion: Number(row.rate_card_version),
    creditedBytes: toBigInt(row.credited_bytes),
    postedUnits: toBigInt(row.posted_units),
  }))
}

const linkPointsColumns: readonly Column<LinkPoints>[] = [
  { name: 'link_id', type: 'text', of: ({ linkId }) => linkId },
  { name: 'rate_card_version', type: 'integer', of: ({ rateCardVersion }) => rateCardVersion },
  { name: 'credited_bytes', type: 'bigint', of: ({ creditedBytes }) => creditedBytes },
  { name: 'posted_units', type: 'bigint', of: ({ postedUnits }) => postedUnits },
]

export async function writeLinkPoints(tx: Transaction, points: readonly LinkPoints[]): Promise<void> {
  await tx.execute(
    sql`insert into link_points (${names(linkPointsColumns)}) select * from ${given(points, linkPointsColumns)}
        on conflict (link_id, rate_card_version)
        do update set credited_bytes = excluded.credited_bytes, posted_units = excluded.posted_units`,
  )
}

/** Reads the running sums of accounts; the lock on an account's balance of points guards them. */
export async function readAccountBytes(
  tx: Transaction,
  accountIds: readonly string[],
): Promise<AccountBytes[]> {
  const rows = await rowsOf(
    tx,
    sql`select account_id, carried_bytes, credited_bytes from accounts
        where account_id = any(${sql.param([...accountIds])}::text[])`,
  )
  return rows.map((row) => ({
    accountId: String(row.account_id),
    carriedBytes: toBigInt(row.carried_bytes),
    creditedBytes: toBigInt(row.credited_bytes),
  }))
}

const accountColumns: readonly Column<AccountBytes>[] = [
  { name: 'account_id', type: 'text', of: ({ accountId }) => accountId },
  { name: 'carried_bytes', type: 'bigint', of: ({ carriedBytes }) => carriedBytes },
  { name: 'credited_bytes', type: 'bigint', of: ({ creditedBytes }) => creditedBytes },
]

export async function writeAccountBytes(tx: Transaction, accounts: readonly AccountBytes[]): Promise<void> {
  await tx.execute(
    sql`update accounts set carried_bytes = given.carried_bytes, credited_bytes = given.credited_bytes
        from ${given(accounts, accountColumns)} where accounts.account_id = given.account_id`,
  )
}

const disputeColumns: readonly Column<Dispute>[] = [
  { name: 'link_id', type: 'text', of: ({ linkId }) => linkId },
  { name: 'relay_up', type: 'bigint', of: ({ counted }) => counted.up },
  { name: 'relay_down', type: 'bigint', of: ({ counted }) => counted.down },
  { name: 'node_up', type: 'bigint', of: ({ node }) => node.up },
  { name: 'node_down', type: 'bigint', of: ({ node }) => node.down },
  { name: 'difference_bytes', type: 'bigint', of: ({ differenceBytes }) => differenceBytes },
]

/** Opens a dispute, or brings the one that is open up to the newest receipt. */
export async function writeDisputes(tx: Transaction, disputes: readonly Dispute[]): Promise<void> {
  if (disputes.length === 0) return
  await tx.execute(
    sql`insert into disputes (${names(disputeColumns)}) select * from ${given(disputes, disputeColumns)}
        on conflict (link_id) do update set relay_up = excluded.relay_up, relay_down = excluded.relay_down,
          node_up = excluded.node_up, node_down = excluded.node_down,
          difference_bytes = excluded.difference_bytes, updated_at = now()`,
  )
}

export type DisputeListing = Dispute & { nodeId: string; openedAt: Date; updatedAt: Date }

export async function listDisputes(tx: Transaction): Promise<DisputeListing[]> {
  const rows = await rowsOf(
    tx,
    sql`select disputes.*, node_id from disputes join links using (link_id) order by opened_at, link_id`,
  )
  return rows.map((row) => ({
    linkId: String(row.link_id),
    nodeId: String(row.node_id),
    counted: { up: toBigInt(row.relay_up), down: toBigInt(row.relay_down) },
    node: { up: toBigInt(row.node_up), down: toBigInt(row.node_down) },
    differenceBytes: toBigInt(row.difference_bytes),
    openedAt: new Date(row.opened_at as string),
    updatedAt: new Date(row.updated_at as string),
  }))
}

/** All rate cards; there are as many as there were prices. */
export async function readRateCards(tx: Transaction): Promise<RateCard[]> {
  const rows = await rowsOf(tx, sql`select version, in_force_from, units_per_mib from rate_cards`)
  return rows.map((row) => ({
    version: Number(row.version),
    inForceFrom: new Date(row.in_force_from as string),
    unitsPerMib: toBigInt(row.units_per_mib),
  }))
}

export async function readRateInForce(tx: Transaction): Promise<{ version: number; unitsPerMib: number }> {
  const { version, unitsPerMib } = cardInForce(await readRateCards(tx), new Date())
  return { version, unitsPerMib: Number(unitsPerMib) }
}
