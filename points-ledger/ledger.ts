import { attachNode, forgetNodeForGood, keepRecoveryCode, readDevices } from './accounts.ts'
import {
  type CustomerBalance,
  type CustomerDetails,
  changeCustomer,
  createCustomer,
  findCustomerByApiKey,
  type NewCustomer,
  readCustomerBalance,
  readCustomerChanges,
  readCustomers,
  resumeCustomer,
  suspendCustomer,
} from './customers.ts'
import {
  expireHolds,
  type Hold,
  type HoldExpiry,
  renewHolds,
  returnHold,
  takeHold,
  topUpHold,
} from './holds.ts'
import type { LinkPosting, LinkRecovery, LinkResult, RecoveryResult } from './link-posting.ts'
import {
  type RegisteredNode,
  readEarnings,
  readNodes,
  readRelayKey,
  registerNode,
  registerRelayKey,
} from './nodes.ts'
import { postLinks, recoverLink } from './post-links.ts'
import type { DeviceListing } from './store/account-store.ts'
import { openConnection } from './store/connection.ts'
import type { CustomerChanges, CustomerListing, CustomerRecord } from './store/customer-store.ts'
import { type DisputeListing, listDisputes, readRateInForce } from './store/link-store.ts'
import { migrateDatabase } from './store/migrate.ts'
import type { AccountEarnings, NodeListing, NodeRecord } from './store/node-store.ts'
import type { RelayKey } from './store/relay-key-store.ts'
import { type LedgerTotals, readTotals } from './store/totals-store.ts'
import { type LedgerCheck, verifyBooks } from './verify.ts'

/** Every method rejects with LedgerError for what it expects to go wrong; then nothing was written. */
export type Ledger = {
  /** Makes a customer with prepaid traffic and its first API key, which is shown here and never again. */
  createCustomer(customer: CustomerDetails & { trafficBytes: bigint }): Promise<NewCustomer>
  /** Changes what is given, and leaves the rest as it is. */
  changeCustomer(change: { customerId: string } & Partial<CustomerDetails>): Promise<CustomerRecord>
  /** From now on nothing is fetched for the customer; relays hear of it with `customerChanges`. The reason is the operator's. */
  suspendCustomer(suspension: { customerId: string; reason: string }): Promise<CustomerRecord>
  resumeCustomer(customer: { customerId: string }): Promise<CustomerRecord>
  /** Who changed since `asOf` of the answer before (null: just now). One change may be told of more than once, none is missed. */
  customerChanges(since: Date | null): Promise<CustomerChanges>
  /** One indexed read; null for a key that was never given out. */
  findCustomerByApiKey(apiKey: string): Promise<CustomerRecord | null>
  customerBalance(customerId: string): Promise<CustomerBalance>
  listCustomers(): Promise<CustomerListing[]>

  /** Finds a node or, at first sight, makes it with an account of its own. Throws `key-mismatch`. */
  registerNode(node: Omit<NodeRecord, 'accountId'>): Promise<RegisteredNode>
  listNodes(): Promise<NodeListing[]>
  accountEarnings(accountId: string): Promise<AccountEarnings>

  /** Keeps a relay's key for ever and its newest address. Throws `key-mismatch`. */
  /** Keeps the SHA-256 (base64url) of a recovery code for the account, in place of an earlier one. */
  keepRecoveryCode(code: { accountId: string; codeSha256: string }): Promise<void>
  /** Attaches a node to the account of this code (base64url of 32 bytes); null where no account has it. */
  attachNode(wanted: { nodeId: string; code: string }): Promise<{ accountId: string } | null>
  listDevices(accountId: string): Promise<DeviceListing[]>
  /** Drops what is known of a node beyond what the books need. */
  forgetNode(nodeId: string): Promise<void>
  registerRelayKey(key: RelayKey): Promise<void>
  findRelayKey(relayId: string): Promise<RelayKey | null>

  /** Sets aside min(64 MiB, a quarter of the free balance, at least 1 MiB or all of it). Null: nothing is free. */
  takeHold(hold: { relayId: string; customerId: string }): Promise<Hold | null>
  /** Adds another such portion and renews the hold. Null: it has expired or was returned, take a new one. */
  topUpHold(hold: { holdId: string }): Promise<Hold | null>
  /**
   * Renews all holds of a relay, says that it is alive, and sweeps up the holds of relays that are not. Call it every
   * `holdRenewMs`, also without holds; a hold that is not in the answer is gone.
   */
  renewHolds(relay: { relayId: string }): Promise<HoldExpiry[]>
  returnHold(hold: { holdId: string }): Promise<{ returnedBytes: bigint }>
  /** Gives back what holds past their time contain; `renewHolds` and `takeHold` do so too. */
  expireHolds(): Promise<{ expiredHolds: number; returnedBytes: bigint }>

  /**
   * Posts receipts, attempts and exchanges in one transaction, with what customers are charged and nodes earn. All of
   * it or nothing; safe to repeat: an attempt posts once, an old receipt moves nothing. Answers in the order given.
   */
  post(postings: readonly LinkPosting[]): Promise<LinkResult[]>
  /**
   * Posts from goodwill what a receipt of a dead relay states and no row explains. Safe to repeat. Present to it only
   * receipts of links that the calling relay does not itself know from this run: those it posts with their rows.
   */
  recover(recovery: LinkRecovery): Promise<RecoveryResult>

  /** The rate card that points are computed by now; `unitsPerMib` in millionths of a point. */
  rateInForce(): Promise<{ version: number; unitsPerMib: number }>
  listDisputes(): Promise<DisputeListing[]>
  totals(): Promise<LedgerTotals>
  /** Recomputes the books from their rows and says, check by check, what was found. */
  verify(): Promise<LedgerCheck[]>
  /** Closes all connections; may be called twice. */
  close(): Promise<void>
}

/** Opens the ledger in the PostgreSQL database at `url` and brings its schema up to date. */
export async function openLedger({ url }: { url: string }): Promise<Ledger> {
  await migrateDatabase(url)
  const connection = openConnection(url)
  return {
    createCustomer: (customer) => createCustomer(connection, customer),
    changeCustomer: (change) => changeCustomer(connection, change),
    suspendCustomer: (suspension) => suspendCustomer(connection, suspension),
    resumeCustomer: (customer) => resumeCustomer(connection, customer),
    customerChanges: (since) => readCustomerChanges(connection, since),
    findCustomerByApiKey: (apiKey) => findCustomerByApiKey(connection, apiKey),
    customerBalance: (customerId) => readCustomerBalance(connection, customerId),
    listCustomers: () => readCustomers(connection),
    registerNode: (node) => registerNode(connection, node),
    listNodes: () => readNodes(connection),
    accountEarnings: (accountId) => readEarnings(connection, accountId),
    keepRecoveryCode: (code) => keepRecoveryCode(connection, code),
    attachNode: (wanted) => attachNode(connection, wanted),
    listDevices: (accountId) => readDevices(connection, accountId),
    forgetNode: (nodeId) => forgetNodeForGood(connection, nodeId),
    registerRelayKey: (key) => registerRelayKey(connection, key),
    findRelayKey: (relayId) => readRelayKey(connection, relayId),
    takeHold: (hold) => takeHold(connection, hold),
    topUpHold: (hold) => topUpHold(connection, hold),
    renewHolds: (relay) => renewHolds(connection, relay),
    returnHold: (hold) => returnHold(connection, hold),
    expireHolds: () => expireHolds(connection),
    post: (postings) => postLinks(connection, postings),
    recover: (recovery) => recoverLink(connection, recovery),
    rateInForce: () => connection.read(readRateInForce),
    listDisputes: () => connection.read(listDisputes),
    totals: () => connection.readSnapshot(readTotals),
    verify: () => connection.readSnapshot(verifyBooks),
    close: () => connection.close(),
  }
}
