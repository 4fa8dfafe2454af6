import type { CarriedRow, NodeDatabase } from './database.ts'

/** Adds to the rows inside a transaction that the caller has opened, so that counts and receipts stand or fall together. */
export async function addCarried(
  store: { get(day: string): Promise<CarriedRow | undefined>; put(row: CarriedRow): Promise<unknown> },
  rows: readonly CarriedRow[],
): Promise<void> {
  for (const { day, bytes } of rows) {
    const present = await store.get(day)
    await store.put({ day, bytes: (present?.bytes ?? 0) + bytes })
  }
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
