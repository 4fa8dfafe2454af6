import { randomBytes } from 'node:crypto'
import { joinPoints } from './accounts.ts'
import { checkText } from './door.ts'
import { LedgerError } from './ledger-error.ts'
import { idCharsMax, keyCharsMax, urlCharsMax, wordCharsMax } from './limits.ts'
import { pointsBalance } from './posting.ts'
import type { Connection, Transaction } from './store/connection.ts'
import { openBalance } from './store/journal-store.ts'
import {
  type AccountEarnings,
  findEarnings,
  insertAccount,
  insertNode,
  listNodes,
  type NodeListing,
  type NodeRecord,
  touchNode,
} from './store/node-store.ts'
import { findRelayKey, keepRelayKey, type RelayKey } from './store/relay-key-store.ts'

export type RegisteredNode = {
  nodeId: string
  /** Whose points the node's links earn: at first sight an account of its own. */
  accountId: string
  created: boolean
}

const accountIdBytes = 16

export async function registerNode(
  connection: Connection,
  node: Omit<NodeRecord, 'accountId'>,
): Promise<RegisteredNode> {
  checkText(node.nodeId, 'nodeId', idCharsMax)
  checkText(node.publicKey, 'publicKey', keyCharsMax)
  checkText(node.kind, 'kind', wordCharsMax)
  return connection.transact(async (tx) => {
    const known = await touchNode(tx, node.nodeId, node.kind)
    if (known && known.publicKey !== node.publicKey) throw keyMismatch('Node', node.nodeId)
    if (!known) return addNode(tx, { ...node, accountId: newAccountId() })
    await joinPoints(tx, known.accountId)
    return { nodeId: node.nodeId, accountId: known.accountId, created: false }
  })
}

async function addNode(tx: Transaction, node: NodeRecord): Promise<RegisteredNode> {
  await insertAccount(tx, node.accountId)
  await openBalance(tx, pointsBalance(node.accountId), 'points')
  await insertNode(tx, node)
  return { nodeId: node.nodeId, accountId: node.accountId, created: true }
}

/** Keeps a relay's public key, so that its receipts can be verified when it is gone, and its newest address. */
export async function registerRelayKey(connection: Connection, key: RelayKey): Promise<void> {
  checkText(key.relayId, 'relayId', idCharsMax)
  checkText(key.publicKey, 'publicKey', keyCharsMax)
  checkText(key.publicUrl, 'publicUrl', urlCharsMax)
  await connection.transact(async (tx) => {
    const kept = await keepRelayKey(tx, key)
    if (kept.publicKey !== key.publicKey) throw keyMismatch('Relay', key.relayId)
  })
}

export async function readRelayKey(connection: Connection, relayId: string): Promise<RelayKey | null> {
  checkText(relayId, 'relayId', idCharsMax)
  return connection.read((database) => findRelayKey(database, relayId))
}

export function readNodes(connection: Connection): Promise<NodeListing[]> {
  return connection.read(listNodes)
}

export async function readEarnings(connection: Connection, accountId: string): Promise<AccountEarnings> {
  checkText(accountId, 'accountId', idCharsMax)
  const earnings = await connection.read((database) => findEarnings(database, accountId))
  if (earnings) return earnings
  throw new LedgerError('unknown-account', `There is no account ${accountId} in this ledger.`)
}

/** Random, because it will be public beside the account's points. */
const newAccountId = () => `acc_${randomBytes(accountIdBytes).toString('hex')}`

function keyMismatch(whose: 'Node' | 'Relay', id: string): LedgerError {
  const message = `${whose} ${id} is on record with another public key; an id belongs to one key for ever.`
  return new LedgerError('key-mismatch', message)
}
