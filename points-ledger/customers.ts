import { createHash, randomBytes } from 'node:crypto'
import { uuidv7 } from 'uuidv7'
import { checkBytes, checkContact, checkPhrase, checkPurposes, checkText } from './door.ts'
import { LedgerError } from './ledger-error.ts'
import { idCharsMax, labelCharsMax, reasonCharsMax } from './limits.ts'
import { customerBalance, type Posting, trafficIssuance } from './posting.ts'
import type { Connection } from './store/connection.ts'
import {
  type CustomerChanges,
  type CustomerListing,
  type CustomerRecord,
  findCustomerBalance,
  findCustomerByKeySha256,
  findCustomerChanges,
  insertCustomer,
  listCustomers,
  markResumed,
  markSuspended,
  updateCustomer,
} from './store/customer-store.ts'
import { openBalance, writePostings } from './store/journal-store.ts'

/** `apiKey` is shown here and never again. */
export type NewCustomer = { customerId: string; apiKey: string }

/** What a customer can still use: `freeBytes` now, `heldBytes` set aside at relays, `balanceBytes` both. */
export type CustomerBalance = { freeBytes: bigint; heldBytes: bigint; balanceBytes: bigint }

const apiKeyBytes = 32
/** 32 bytes in base64url, without padding. */
const apiKeyShape = /^fk_[A-Za-z0-9_-]{43}$/

export type CustomerDetails = { label: string; purposes: readonly string[]; contact: string }

export async function createCustomer(
  connection: Connection,
  { trafficBytes, ...details }: CustomerDetails & { trafficBytes: bigint },
): Promise<NewCustomer> {
  checkDetails(details)
  checkBytes(trafficBytes, 'trafficBytes')
  const customerId = `cus_${uuidv7().replaceAll('-', '')}`
  const apiKey = `fk_${randomBytes(apiKeyBytes).toString('base64url')}`
  await connection.transact(async (tx) => {
    await insertCustomer(tx, { customerId, ...details, keySha256: sha256(apiKey) })
    await openBalance(tx, customerBalance(customerId), 'traffic')
    if (trafficBytes > 0n) await writePostings(tx, [issue(customerId, trafficBytes)])
  })
  return { customerId, apiKey }
}

/** Changes what is given, and leaves the rest as it is. */
export async function changeCustomer(
  connection: Connection,
  { customerId, ...changes }: { customerId: string } & Partial<CustomerDetails>,
): Promise<CustomerRecord> {
  checkText(customerId, 'customerId', idCharsMax)
  checkDetails(changes)
  return known(customerId, await connection.transact((tx) => updateCustomer(tx, customerId, changes)))
}

/** From now on nothing is fetched for the customer. One that is suspended already keeps its time, and gets the new reason. */
export async function suspendCustomer(
  connection: Connection,
  { customerId, reason }: { customerId: string; reason: string },
): Promise<CustomerRecord> {
  checkText(customerId, 'customerId', idCharsMax)
  checkText(reason, 'reason', reasonCharsMax)
  const suspended = await connection.transact((tx) => markSuspended(tx, customerId, reason))
  return known(customerId, suspended)
}

export async function resumeCustomer(
  connection: Connection,
  { customerId }: { customerId: string },
): Promise<CustomerRecord> {
  checkText(customerId, 'customerId', idCharsMax)
  return known(customerId, await connection.transact((tx) => markResumed(tx, customerId)))
}

/** One indexed read by the key's SHA-256; null for a key that was never given out. */
export async function findCustomerByApiKey(
  connection: Connection,
  apiKey: string,
): Promise<CustomerRecord | null> {
  if (!apiKeyShape.test(apiKey)) return null
  return connection.read((database) => findCustomerByKeySha256(database, sha256(apiKey)))
}

export async function readCustomerBalance(
  connection: Connection,
  customerId: string,
): Promise<CustomerBalance> {
  checkText(customerId, 'customerId', idCharsMax)
  const balance = await connection.read((database) => findCustomerBalance(database, customerId))
  if (!balance) throw unknownCustomer(customerId)
  const { freeBytes, heldBytes } = balance
  return { freeBytes, heldBytes, balanceBytes: freeBytes + heldBytes }
}

export function readCustomers(connection: Connection): Promise<CustomerListing[]> {
  return connection.read(listCustomers)
}

/** Whose standing or details changed since `asOf` of the answer before; one change may be told of more than once. */
export function readCustomerChanges(connection: Connection, since: Date | null): Promise<CustomerChanges> {
  return connection.read((database) => findCustomerChanges(database, since))
}

export function unknownCustomer(customerId: string): LedgerError {
  return new LedgerError('unknown-customer', `There is no customer ${customerId} in this ledger.`)
}

function checkDetails({ label, purposes, contact }: Partial<CustomerDetails>): void {
  if (label !== undefined) checkPhrase(label, 'name', labelCharsMax)
  if (purposes !== undefined) checkPurposes(purposes, 'purpose')
  if (contact !== undefined) checkContact(contact, 'contact')
}

function known(customerId: string, record: CustomerRecord | null): CustomerRecord {
  if (!record) throw unknownCustomer(customerId)
  return record
}

function issue(customerId: string, amount: bigint): Posting {
  return {
    asset: 'traffic',
    source: trafficIssuance,
    destination: customerBalance(customerId),
    amount,
    kind: 'issue',
    ref: customerId,
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()
