import { unknownCustomer } from './customers.ts'
import { checkPostings, checkRecovery } from './door.ts'
import { LedgerError } from './ledger-error.ts'
import type { LinkMark } from './link-mark.ts'
import type { AttemptRow, LinkPosting, LinkRecovery, LinkResult, RecoveryResult } from './link-posting.ts'
import { customerBalance, holdBalance, pointsBalance } from './posting.ts'
import { Purse } from './purse.ts'
import { type Books, linkPointsKey, resultOf, type Settlement, settle } from './settlement.ts'
import type { Connection, Transaction } from './store/connection.ts'
import { findHoldCustomers } from './store/hold-store.ts'
import { lockBalances, writePostings } from './store/journal-store.ts'
import {
  lockMarks,
  openMarks,
  readAccountBytes,
  readLinkPoints,
  readRateCards,
  writeAccountBytes,
  writeDisputes,
  writeLinkPoints,
  writeMarks,
} from './store/link-store.ts'
import { lockNodeBytes, writeNodeBytes } from './store/node-store.ts'
import { isRelayAlive } from './store/relay-key-store.ts'
import { findPostedAttempts, insertAttempts, insertExchanges } from './store/row-store.ts'

/** Posts receipts and rows of any number of links in one transaction: all of it or nothing. */
export async function postLinks(
  connection: Connection,
  postings: readonly LinkPosting[],
): Promise<LinkResult[]> {
  checkPostings(postings)
  if (postings.length === 0) return []
  return connection.transact(async (tx) => {
    const books = await postInto(tx, postings)
    return postings.map((posting) => resultOf(posting, books))
  })
}

/** Posts what a receipt of a dead relay states and nothing explains, from goodwill. */
export async function recoverLink(connection: Connection, recovery: LinkRecovery): Promise<RecoveryResult> {
  checkRecovery(recovery)
  const { presentedTo, ...link } = recovery
  const posting = { ...link, attempts: [], exchanges: [], ended: true }
  return connection.transact(async (tx) => {
    const deferred = presentedTo !== link.relayId && (await isRelayAlive(tx, link.relayId))
    const books = deferred ? await lockBooks(tx, [posting]) : await postInto(tx, [posting])
    return { ...resultOf(posting, books), recoveredBytes: books.purse.sumOf('recovered'), deferred }
  })
}

async function postInto(tx: Transaction, postings: readonly LinkPosting[]): Promise<Books> {
  const books = await lockBooks(tx, postings)
  const settlement = settle([...postings].sort(byLinkAndSequence), books)
  await write(tx, books, settlement)
  return books
}

/** Locks, in this order everywhere: links by id, then balances by name, then nodes by id; the system accounts follow when writing. */
async function lockBooks(tx: Transaction, postings: readonly LinkPosting[]): Promise<Books> {
  const rows = postings.flatMap(({ attempts }) => attempts)
  const marks = await openAndLockMarks(tx, postings)
  const linkIds = [...marks.keys()]
  const accountIds = [...new Set([...marks.values()].map(({ accountId }) => accountId))]
  const balances = await lockPayers(tx, rows, accountIds)
  const linkPoints = await readLinkPoints(tx, linkIds)
  const accounts = await readAccountBytes(tx, accountIds)
  const nodes = await lockNodeBytes(tx, [...new Set([...marks.values()].map(({ nodeId }) => nodeId))])
  return {
    marks,
    linkPoints: new Map(linkPoints.map((row) => [linkPointsKey(row.linkId, row.rateCardVersion), row])),
    accounts: new Map(accounts.map((account) => [account.accountId, account])),
    nodes,
    postedAttempts: await findPostedAttempts(tx, rows),
    rateCards: await readRateCards(tx),
    purse: new Purse(balances),
  }
}

async function openAndLockMarks(
  tx: Transaction,
  postings: readonly LinkPosting[],
): Promise<Map<string, LinkMark>> {
  const links = [...new Map(postings.map((posting) => [posting.linkId, posting])).values()]
  await openMarks(tx, links)
  const locked = await lockMarks(
    tx,
    links.map(({ linkId }) => linkId),
  )
  const marks = new Map(locked.map((mark) => [mark.linkId, mark]))
  for (const posting of postings) assertSameLink(posting, marks.get(posting.linkId))
  return marks
}

function assertSameLink({ linkId, nodeId, relayId }: LinkPosting, mark: LinkMark | undefined): void {
  if (!mark) {
    const message = `Node ${nodeId} of link ${linkId} is not registered in this ledger.`
    throw new LedgerError('unknown-node', message)
  }
  if (mark.nodeId === nodeId && mark.relayId === relayId) return
  const message = `Link ${linkId} is on record for node ${mark.nodeId} and relay ${mark.relayId}, not for ${nodeId} and ${relayId}.`
  throw new LedgerError('link-of-another-node', message)
}

async function lockPayers(
  tx: Transaction,
  rows: readonly AttemptRow[],
  accountIds: readonly string[],
): Promise<Map<string, bigint>> {
  const holdIds = rows.flatMap(({ holdId }) => holdId ?? [])
  await assertHoldsOfCustomers(tx, rows, holdIds)
  const balances = await lockBalances(tx, [
    ...rows.map(({ customerId }) => customerBalance(customerId)),
    ...holdIds.map(holdBalance),
    ...accountIds.map(pointsBalance),
  ])
  for (const { customerId } of rows) {
    if (!balances.has(customerBalance(customerId))) throw unknownCustomer(customerId)
  }
  return balances
}

async function assertHoldsOfCustomers(
  tx: Transaction,
  rows: readonly AttemptRow[],
  holdIds: readonly string[],
): Promise<void> {
  if (holdIds.length === 0) return
  const customers = await findHoldCustomers(tx, holdIds)
  for (const { holdId, customerId } of rows) {
    if (holdId === null) continue
    const owner = customers.get(holdId)
    if (owner === undefined) {
      throw new LedgerError('unknown-hold', `There is no hold ${holdId} in this ledger.`)
    }
    if (owner !== customerId) {
      const message = `Hold ${holdId} was taken for customer ${owner} and cannot pay for ${customerId}.`
      throw new LedgerError('hold-of-another-customer', message)
    }
  }
}

async function write(tx: Transaction, books: Books, settlement: Settlement): Promise<void> {
  await writeMarks(tx, [...books.marks.values()])
  await insertAttempts(tx, settlement.attempts)
  await insertExchanges(tx, settlement.exchanges)
  await writeLinkPoints(tx, [...books.linkPoints.values()])
  await writeAccountBytes(tx, [...books.accounts.values()])
  await writeNodeBytes(tx, books.nodes)
  await writeDisputes(tx, [...settlement.disputes.values()])
  await writePostings(tx, books.purse.postings)
}

function byLinkAndSequence(a: LinkPosting, b: LinkPosting): number {
  if (a.linkId !== b.linkId) return a.linkId < b.linkId ? -1 : 1
  return a.receipt.sequence - b.receipt.sequence
}
