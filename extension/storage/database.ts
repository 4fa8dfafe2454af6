import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import type { CounterSignature, Receipt } from '#protocol'
import type { ActivityRow } from '../messages/index.ts'

/** A relay-signed receipt with this node's counter-signature, kept until the relay says that it stands in the ledger. */
export type KeptReceipt = {
  linkId: string
  receipt: Receipt
  counterSignature: CounterSignature
  keptAtUnixMs: number
}

export type KeptNodeKey = { name: 'node'; publicKey: CryptoKey; privateKey: CryptoKey }

/**
 * Carried bytes of one day of the owner's calendar (`2026-11-23`), or of all days (`total`), and how many of them at which rate, in the
 * ledger's units for one MiB. A row from before rates were kept has none.
 */
export type CarriedRow = { day: string; bytes: number; bytesByRate?: Record<string, number> }

/** Line bytes of one clock hour; a cap's hour, day and month are sums of these. */
export type LineRow = { hourStartUnixMs: number; bytes: number }

/** A row that has no id yet: the database gives it one, which grows. */
export type NewActivityRow = Omit<ActivityRow, 'id'>

interface NodeSchema extends DBSchema {
  keys: { key: string; value: KeptNodeKey }
  receipts: { key: string; value: KeptReceipt }
  carried: { key: string; value: CarriedRow }
  line: { key: number; value: LineRow }
  activity: {
    key: number
    value: ActivityRow
    indexes: { byTime: number }
  }
}

export type NodeDatabase = IDBPDatabase<NodeSchema>

const databaseVersion = 2

/** The node's own database: what must outlive the worker and cannot be asked for again. */
export function openNodeDatabase(name = 'fallow'): Promise<NodeDatabase> {
  return openDB<NodeSchema>(name, databaseVersion, {
    upgrade(database, before) {
      if (before < 1) {
        database.createObjectStore('keys', { keyPath: 'name' })
        database.createObjectStore('receipts', { keyPath: 'linkId' })
        database.createObjectStore('carried', { keyPath: 'day' })
      }
      if (before < 2) {
        database.createObjectStore('line', { keyPath: 'hourStartUnixMs' })
        const activity = database.createObjectStore('activity', { keyPath: 'id', autoIncrement: true })
        activity.createIndex('byTime', 'atUnixMs')
      }
    },
  })
}

/** Empties everything: what the owner asked to be deleted is gone when the promise resolves. */
export async function clearNodeDatabase(database: NodeDatabase): Promise<void> {
  const names = [...database.objectStoreNames]
  const transaction = database.transaction(names, 'readwrite', strictly)
  await Promise.all([...names.map((name) => transaction.objectStore(name).clear()), transaction.done])
}

/** On disk when the transaction completes: without it the browser may still lose the last seconds in a power cut. */
export const strictly = { durability: 'strict' } as const
