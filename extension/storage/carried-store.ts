import type { CarriedRow, NodeDatabase } from './database.ts'

/** Adds to the rows inside a transaction that the caller has opened, so that counts and receipts stand or fall together. */
export async function addCarried(
  store: { get(day: string): Promise<CarriedRow | undefined>; put(row: CarriedRow): Promise<unknown> },
  rows: readonly CarriedRow[],
): Promise<void> {
  for (const added of rows) await store.put(sumOf(await store.get(added.day), added))
}

/** Adds to the rows in a transaction of their own. */
export async function saveCarried(database: NodeDatabase, rows: readonly CarriedRow[]): Promise<void> {
  if (rows.length === 0) return
  const transaction = database.transaction('carried', 'readwrite')
  await Promise.all([addCarried(transaction.store, rows), transaction.done])
}

/** What was carried on that day, 0 where nothing was. */
export async function readCarried(database: NodeDatabase, day: string): Promise<number> {
  return (await database.get('carried', day))?.bytes ?? 0
}

/** The rows of all days from this one on; the row of all days together is none of them. */
export function readCarriedDays(database: NodeDatabase, fromDay: string): Promise<CarriedRow[]> {
  return database.getAll('carried', IDBKeyRange.bound(fromDay, afterEveryDay, false, true))
}

/** Days begin with a digit. */
const afterEveryDay = ':'

function sumOf(present: CarriedRow | undefined, added: CarriedRow): CarriedRow {
  if (!present) return added
  const bytesByRate = { ...present.bytesByRate }
  for (const [rate, bytes] of Object.entries(added.bytesByRate ?? {}))
    bytesByRate[rate] = (bytesByRate[rate] ?? 0) + bytes
  return { day: added.day, bytes: present.bytes + added.bytes, bytesByRate }
}
