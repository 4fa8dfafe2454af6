import type { LineRow, NodeDatabase } from './database.ts'

/** Adds to the rows of their hours, and forgets those before `forgetBeforeUnixMs`. */
export async function saveLine(
  database: NodeDatabase,
  rows: readonly LineRow[],
  forgetBeforeUnixMs: number,
): Promise<void> {
  if (rows.length === 0) return
  const transaction = database.transaction('line', 'readwrite')
  const adding = rows.map(async ({ hourStartUnixMs, bytes }) => {
    const present = await transaction.store.get(hourStartUnixMs)
    await transaction.store.put({ hourStartUnixMs, bytes: (present?.bytes ?? 0) + bytes })
  })
  const forgetting = transaction.store.delete(IDBKeyRange.upperBound(forgetBeforeUnixMs, true))
  await Promise.all([...adding, forgetting, transaction.done])
}

export function readLine(database: NodeDatabase): Promise<LineRow[]> {
  return database.getAll('line')
}
