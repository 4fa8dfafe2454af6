/**
 * The tables of the ledger. Amounts are `bigint`: bytes in the asset `traffic`, units in the asset `points`
 * (1 point = 1,000,000 units). points-ledger/README.md says in words what each table keeps; the triggers that keep
 * the journal append-only are in the migration `append-only-journal`, because Drizzle does not describe triggers.
 */
import {
  type AnyPgColumn,
  bigint,
  boolean,
  check,
  customType,
  index,
  integer,
  pgTable,
  primaryKey,
  sql,
  text,
  timestamp,
} from './drizzle.ts'

const amount = () => bigint({ mode: 'bigint' })
const moment = () => timestamp({ withTimezone: true })
const digest = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/** Every movement that ever happened. Rows are added, never changed and never removed. */
export const journal = pgTable(
  'journal',
  {
    id: amount().primaryKey().generatedAlwaysAsIdentity(),
    asset: text().notNull(),
    source: text().notNull(),
    destination: text().notNull(),
    amount: amount().notNull(),
    kind: text().notNull(),
    ref: text().notNull(),
    postedAt: moment().notNull().defaultNow(),
  },
  (table) => [
    check('journal_asset_is_known', sql`${table.asset} in ('traffic', 'points')`),
    check('journal_amount_is_positive', sql`${table.amount} > 0`),
    check('journal_moves_between_two', sql`${table.source} <> ${table.destination}`),
  ],
)

/** What each ledger account holds now: the fold of its journal lines, kept in the same transaction. */
export const balances = pgTable(
  'balances',
  {
    ledgerAccount: text().primaryKey(),
    asset: text().notNull(),
    amount: amount().notNull(),
  },
  (table) => [
    check('balances_asset_is_known', sql`${table.asset} in ('traffic', 'points')`),
    check(
      'balances_ordinary_never_negative',
      sql`${table.amount} >= 0 or ${table.ledgerAccount} in ('issuance:traffic', 'goodwill:traffic', 'issuance:points')`,
    ),
  ],
)

/** Who asks, as the owners of nodes are told. */
export const customers = pgTable(
  'customers',
  {
    customerId: text().primaryKey(),
    label: text().notNull(),
    /** What the customer may ask for; the first is meant where a request names none. */
    purposes: text().array().notNull(),
    /** Null for customers that were made before contacts were asked for. */
    contact: text(),
    /** Null while the customer may ask. */
    suspendedAt: moment(),
    suspendedReason: text(),
    createdAt: moment().notNull().defaultNow(),
    /** Of label, purposes, contact or suspension: relays look for what is newer than what they know. */
    changedAt: moment().notNull().defaultNow(),
  },
  (table) => [
    index('customers_by_change').on(table.changedAt),
    check('customers_have_a_purpose', sql`cardinality(${table.purposes}) > 0`),
    check(
      'customers_are_suspended_for_a_reason',
      sql`(${table.suspendedAt} is null) = (${table.suspendedReason} is null)`,
    ),
  ],
)

/** The key itself is shown once and kept nowhere: only its SHA-256 is. */
export const apiKeys = pgTable('api_keys', {
  keySha256: digest('key_sha256').primaryKey(),
  customerId: text()
    .notNull()
    .references(() => customers.customerId),
  createdAt: moment().notNull().defaultNow(),
})

/** Whose points they are. The two sums are those of the account's links, kept in the same transaction. */
export const accounts = pgTable(
  'accounts',
  {
    accountId: text().primaryKey(),
    carriedBytes: amount().notNull().default(sql`0`),
    creditedBytes: amount().notNull().default(sql`0`),
    createdAt: moment().notNull().defaultNow(),
    /** Of the recovery code that its owner keeps; the code itself never comes here before it is used. */
    recoverySha256: digest('recovery_sha256').unique(),
    /** Its last node was attached to this account, and its points go there as long as it has no other. */
    joinedInto: text().references((): AnyPgColumn => accounts.accountId),
  },
  (table) => [index('accounts_joined').on(table.joinedInto).where(sql`${table.joinedInto} is not null`)],
)

export const nodes = pgTable(
  'nodes',
  {
    nodeId: text().primaryKey(),
    accountId: text()
      .notNull()
      .references(() => accounts.accountId),
    publicKey: text().notNull(),
    kind: text().notNull(),
    /** Posted for this node's links, kept in the same transaction. */
    carriedBytes: amount().notNull().default(sql`0`),
    firstSeenAt: moment().notNull().defaultNow(),
    lastSeenAt: moment().notNull().defaultNow(),
  },
  (table) => [index('nodes_by_account').on(table.accountId)],
)

/** Kept for ever, so that the receipts of a relay that is gone can still be verified. */
export const relayKeys = pgTable('relay_keys', {
  relayId: text().primaryKey(),
  publicKey: text().notNull(),
  publicUrl: text().notNull(),
  registeredAt: moment().notNull().defaultNow(),
  lastSeenAt: moment().notNull().defaultNow(),
})

/** Traffic set aside for one customer at one relay; the amount is the balance of `hold:<holdId>`. */
export const holds = pgTable(
  'holds',
  {
    holdId: text().primaryKey(),
    relayId: text().notNull(),
    customerId: text()
      .notNull()
      .references(() => customers.customerId),
    takenAt: moment().notNull().defaultNow(),
    expiresAt: moment().notNull(),
    /** Null while the hold lives; then `returned` or `expired`. */
    closedAs: text(),
  },
  (table) => [
    check('holds_closed_as_is_known', sql`${table.closedAs} in ('returned', 'expired')`),
    index('holds_open_by_expiry').on(table.expiresAt).where(sql`${table.closedAs} is null`),
    index('holds_open_by_customer').on(table.customerId).where(sql`${table.closedAs} is null`),
    index('holds_open_by_relay').on(table.relayId).where(sql`${table.closedAs} is null`),
  ],
)

/** A new price is a new row with a later `inForceFrom`; rows are never changed. */
export const rateCards = pgTable(
  'rate_cards',
  {
    version: integer().primaryKey(),
    inForceFrom: moment().notNull(),
    unitsPerMib: amount().notNull(),
  },
  (table) => [check('rate_cards_pay_something', sql`${table.unitsPerMib} > 0`)],
)

/** The high-water mark of each link: its newest receipt, and how many of its bytes have been posted. */
export const links = pgTable(
  'links',
  {
    linkId: text().primaryKey(),
    nodeId: text()
      .notNull()
      .references(() => nodes.nodeId),
    relayId: text().notNull(),
    accountId: text()
      .notNull()
      .references(() => accounts.accountId),
    /** -1 until the first receipt, so that sequence 0 is newer than nothing. */
    sequence: amount().notNull().default(sql`-1`),
    exchanges: amount().notNull().default(sql`0`),
    upFrames: amount().notNull().default(sql`0`),
    relayUp: amount().notNull().default(sql`0`),
    relayDown: amount().notNull().default(sql`0`),
    shortfallUp: amount().notNull().default(sql`0`),
    shortfallDown: amount().notNull().default(sql`0`),
    receiptAt: moment(),
    receiptText: text(),
    relaySignature: text(),
    nodeSignature: text(),
    unilateral: boolean().notNull().default(false),
    explainedUp: amount().notNull().default(sql`0`),
    explainedDown: amount().notNull().default(sql`0`),
    recoveredUp: amount().notNull().default(sql`0`),
    recoveredDown: amount().notNull().default(sql`0`),
    creditedBytes: amount().notNull().default(sql`0`),
    ended: boolean().notNull().default(false),
    firstPostedAt: moment().notNull().defaultNow(),
    lastPostedAt: moment().notNull().defaultNow(),
  },
  (table) => [
    index('links_by_account').on(table.accountId),
    index('links_by_node').on(table.nodeId),
    check(
      'links_count_upwards',
      sql`least(${table.relayUp}, ${table.relayDown}, ${table.shortfallUp}, ${table.shortfallDown}, ${table.explainedUp}, ${table.explainedDown}, ${table.recoveredUp}, ${table.recoveredDown}, ${table.creditedBytes}) >= 0`,
    ),
    check(
      'links_post_no_more_than_receipted',
      sql`${table.explainedUp} + ${table.recoveredUp} <= ${table.relayUp} and ${table.explainedDown} + ${table.recoveredDown} <= ${table.relayDown}`,
    ),
  ],
)

/** The points of a link, apart for each rate card that was in force while it carried. */
export const linkPoints = pgTable(
  'link_points',
  {
    linkId: text()
      .notNull()
      .references(() => links.linkId),
    rateCardVersion: integer()
      .notNull()
      .references(() => rateCards.version),
    creditedBytes: amount().notNull(),
    postedUnits: amount().notNull(),
  },
  (table) => [primaryKey({ columns: [table.linkId, table.rateCardVersion] })],
)

/** One try of a request on one node, with a lane for each redirect on the way. Posted once: who bore its bytes adds up to what it carried. */
export const attempts = pgTable(
  'attempts',
  {
    exchangeId: text().notNull(),
    attempt: integer().notNull(),
    linkId: text()
      .notNull()
      .references(() => links.linkId),
    customerId: text()
      .notNull()
      .references(() => customers.customerId),
    holdId: text(),
    carriedUp: amount().notNull(),
    carriedDown: amount().notNull(),
    charged: boolean().notNull(),
    outcome: text().notNull(),
    /** Paid by the customer. */
    chargedBytes: amount().notNull(),
    /** Borne by goodwill; where `charged` is true, because the customer's balance was used up. */
    goodwillBytes: amount().notNull(),
    /** Posted from goodwill before this row arrived, when the link's receipt was recovered. */
    recoveredBytes: amount().notNull(),
    postedAt: moment().notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.exchangeId, table.attempt] }),
    index('attempts_by_link').on(table.linkId),
    index('attempts_by_customer').on(table.customerId),
    check(
      'attempts_are_borne_to_the_byte',
      sql`${table.chargedBytes} + ${table.goodwillBytes} + ${table.recoveredBytes} = ${table.carriedUp} + ${table.carriedDown}`,
    ),
    check(
      'attempts_count_upwards',
      sql`least(${table.carriedUp}, ${table.carriedDown}, ${table.chargedBytes}, ${table.goodwillBytes}, ${table.recoveredBytes}) >= 0`,
    ),
    check('attempts_free_is_free', sql`${table.charged} or ${table.chargedBytes} = 0`),
  ],
)

/** One customer request as the customer was told about it. No path, no query string, no body. */
export const exchanges = pgTable(
  'exchanges',
  {
    exchangeId: text().primaryKey(),
    customerId: text()
      .notNull()
      .references(() => customers.customerId),
    nodeId: text().notNull(),
    method: text().notNull(),
    host: text().notNull(),
    targetStatus: integer(),
    outcome: text().notNull(),
    purpose: text(),
    attempts: integer().notNull(),
    carriedUp: amount().notNull(),
    carriedDown: amount().notNull(),
    chargedBytes: amount().notNull(),
    startedAt: moment().notNull(),
    tookMs: integer().notNull(),
    postedAt: moment().notNull().defaultNow(),
  },
  (table) => [index('exchanges_by_customer').on(table.customerId, table.startedAt.desc().nullsFirst())],
)

/** Links on which the two counts differ by more than `disputeBytesMin`; one row a link, kept up to date. */
export const disputes = pgTable('disputes', {
  linkId: text()
    .primaryKey()
    .references(() => links.linkId),
  relayUp: amount().notNull(),
  relayDown: amount().notNull(),
  nodeUp: amount().notNull(),
  nodeDown: amount().notNull(),
  differenceBytes: amount().notNull(),
  openedAt: moment().notNull().defaultNow(),
  updatedAt: moment().notNull().defaultNow(),
})

/**
 * One try of a request that reached a node, kept for questions about abuse and dropped in time. No path, no query, no body. The node's
 * address and the hosts are in `sealed`; rows of one address are found by `homeDigest`. Neither can be read without the audit key.
 */
export const auditAttempts = pgTable(
  'audit_attempts',
  {
    exchangeId: text().notNull(),
    attempt: integer().notNull(),
    startedAt: moment().notNull(),
    endedAt: moment().notNull(),
    /** For more than `longAttemptMs`. */
    ranLong: boolean().notNull(),
    customerId: text().notNull(),
    nodeId: text().notNull(),
    method: text().notNull(),
    /** The target's last status; null where no answer came. */
    targetStatus: integer(),
    outcome: text().notNull(),
    homeDigest: digest().notNull(),
    sealed: digest().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.exchangeId, table.attempt] }),
    index('audit_attempts_by_home').on(table.homeDigest, table.startedAt),
    // What ran for long is looked for by its end: few rows, so that the index above need not be read far back. With the start, so that
    // what began too late is passed over in the index.
    index('audit_attempts_long_by_home')
      .on(table.homeDigest, table.endedAt, table.startedAt)
      .where(sql`${table.ranLong}`),
    index('audit_attempts_by_start').on(table.startedAt),
  ],
)

/** Which audit keys rows were written under, so that a look-up with another key does not take silence for innocence. */
export const auditKeys = pgTable('audit_keys', {
  keyId: text().primaryKey(),
  firstUsedAt: moment().notNull().defaultNow(),
  lastUsedAt: moment().notNull().defaultNow(),
})
