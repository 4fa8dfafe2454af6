import { createHash, randomBytes } from 'node:crypto'
import { uuidv7 } from 'uuidv7'
import { checkBytes, checkText } from './door.ts'
import { LedgerError } from './ledger-error.ts'
import { idCharsMax, nameCharsMax } from './limits.ts'
import { customerBalance, type Posting, trafficIssuance } from './posting.ts'
import type { Connection } from './store/connection.ts'
import {
  type CustomerListing,
  type CustomerRecord,
  findCustomerBalance,
  findCustomerByKeySha256,
  insertCustomer,
  listCustomers,
} from './store/customer-store.ts'
import { openBalance, writePostings } from './store/journal-store.ts'

/** `apiKey` is shown here and never again. */
export type NewCustomer = { customerId: string; apiKey: string }

/** What a customer can still use: `freeBytes` now, `heldBytes` set aside at relays, `balanceBytes` both. */
export type CustomerBalance = { freeBytes: bigint; heldBytes: bigint; balanceBytes: bigint }

const apiKeyBytes = 32
/** 32 bytes in base64url, without padding. */
const apiKeyShape = /^fk_[A-Za-z0-9_-]{43}$/

export async function createCustomer(
  connection: Connection,
  { name, trafficBytes }: { name: string; trafficBytes: bigint },
): Promise<NewCustomer> {
  checkText(name, 'name', nameCharsMax)
  checkBytes(trafficBytes, 'trafficBytes')
  const customerId = `cus_${uuidv7().replaceAll('-', '')}`
  const apiKey = `fk_${randomBytes(apiKeyBytes).toString('base64url')}`
  await connection.transact(async (tx) => {
    await insertCustomer(tx, { customerId, name, keySha256: sha256(apiKey) })
    await openBalance(tx, customerBalance(customerId), 'traffic')
    if (trafficBytes > 0n) await writePostings(tx, [issue(customerId, trafficBytes)])
  })
  return { customerId, apiKey }
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

export function unknownCustomer(customerId: string): LedgerError {
  return new LedgerError('unknown-customer', `There is no customer ${customerId} in this ledger.`)
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
