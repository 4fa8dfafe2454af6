import { createHash } from 'node:crypto'
import { checkText } from './door.ts'
import { LedgerError } from './ledger-error.ts'
import { devicesListedMax, idCharsMax } from './limits.ts'
import { type Posting, pointsBalance } from './posting.ts'
import {
  type DeviceListing,
  findAccountByRecoveryHash,
  findPointsToJoin,
  forgetNode,
  joinIfEmpty,
  listDevices,
  lockAccountOfNode,
  moveNode,
  writeRecoveryHash,
} from './store/account-store.ts'
import type { Connection, Transaction } from './store/connection.ts'
import { lockBalances, writePostings } from './store/journal-store.ts'

/** A recovery code and its SHA-256 are 32 bytes each, and travel as base64url without padding. */
const codeBytes = 32

/** Keeps the hash of a code with which another install may attach itself to the account. It replaces an earlier one. */
export async function keepRecoveryCode(
  connection: Connection,
  { accountId, codeSha256 }: { accountId: string; codeSha256: string },
): Promise<void> {
  checkText(accountId, 'accountId', idCharsMax)
  const sha256 = bytesOf(codeSha256, 'codeSha256')
  const kept = await connection.transact((tx) => writeRecoveryHash(tx, accountId, sha256))
  if (!kept) throw new LedgerError('unknown-account', `There is no account ${accountId} in this ledger.`)
}

/**
 * Attaches a node to the account of a recovery code; null where no account has it. Where the node was the last of its former account,
 * that account's points move with it, now and whenever an old receipt adds to them.
 */
export async function attachNode(
  connection: Connection,
  { nodeId, code }: { nodeId: string; code: string },
): Promise<{ accountId: string } | null> {
  checkText(nodeId, 'nodeId', idCharsMax)
  const sha256 = createHash('sha256').update(bytesOf(code, 'code')).digest()
  return connection.transact(async (tx) => {
    const former = await lockAccountOfNode(tx, nodeId)
    if (former === null) throw new LedgerError('unknown-node', `Node ${nodeId} is not registered here.`)
    const accountId = await findAccountByRecoveryHash(tx, sha256)
    if (accountId === null) return null
    if (accountId !== former) {
      await moveNode(tx, nodeId, accountId)
      await joinIfEmpty(tx, former, accountId)
      await joinPoints(tx, accountId)
    }
    return { accountId }
  })
}

/** Moves the points of accounts that were joined into this one. Late receipts may have added some since the last time. */
export async function joinPoints(tx: Transaction, accountId: string): Promise<void> {
  const joined = await findPointsToJoin(tx, accountId)
  if (joined.length === 0) return
  const destination = pointsBalance(accountId)
  const held = await lockBalances(tx, [destination, ...joined.map(({ ledgerAccount }) => ledgerAccount)])
  const postings = joined.map(
    ({ accountId: ref, ledgerAccount: source }): Posting => ({
      asset: 'points',
      source,
      destination,
      amount: held.get(source) ?? 0n,
      kind: 'join',
      ref,
    }),
  )
  await writePostings(
    tx,
    postings.filter(({ amount }) => amount > 0n),
  )
}

export async function readDevices(connection: Connection, accountId: string): Promise<DeviceListing[]> {
  checkText(accountId, 'accountId', idCharsMax)
  return connection.read((database) => listDevices(database, accountId, devicesListedMax))
}

/** Drops what is known of a node beyond what the books need; see `forgetNode` in the store. Safe to repeat. */
export async function forgetNodeForGood(connection: Connection, nodeId: string): Promise<void> {
  checkText(nodeId, 'nodeId', idCharsMax)
  await connection.transact((tx) => forgetNode(tx, nodeId))
}

function bytesOf(text: string, field: string): Buffer {
  const bytes = Buffer.from(String(text), 'base64url')
  if (bytes.length === codeBytes && bytes.toString('base64url') === text) return bytes
  throw new LedgerError('invalid-input', `${field} must be ${codeBytes} bytes as base64url without padding.`)
}
