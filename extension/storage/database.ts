import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import type { CounterSignature, Receipt } from '#protocol'

/** A relay-signed receipt with this node's counter-signature, kept until the relay says that it stands in the ledger. */
export type KeptReceipt = {
  linkId: string
  receipt: Receipt
  counterSignature: CounterSignature
  keptAtUnixMs: number
}

export type KeptNodeKey = { name: 'node'; publicKey: CryptoKey; privateKey: CryptoKey }

/** Carried bytes of one day of the owner's calendar (`2026-11-23`), or of all days (`total`). */
export type CarriedRow = { day: string; bytes: number }

interface NodeSchema extends DBSchema {
  keys: { key: string; value: KeptNodeKey }
  receipts: { key: string; value: KeptReceipt }
  carried: { key: string; value: CarriedRow }
}

export type NodeDatabase = IDBPDatabase<NodeSchema>

const databaseVersion = 1

/** The node's own database: what must outlive the worker and cannot be asked for again. */
export function openNodeDatabase(name = 'fallow'): Promise<NodeDatabase> {
  return openDB<NodeSchema>(name, databaseVersion, {
    upgrade(database) {
      database.createObjectStore('keys', { keyPath: 'name' })
      database.createObjectStore('receipts', { keyPath: 'linkId' })
      database.createObjectStore('carried', { keyPath: 'day' })
    },
  })
}

/** On disk when the transaction completes: without it the browser may still lose the last seconds in a power cut. */
export const strictly = { durability: 'strict' } as const
