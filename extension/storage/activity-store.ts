import {
  type ActivityPage,
  type ActivityQuery,
  type ActivityRow,
  activityPageRowsMax,
} from '../messages/index.ts'
import type { NewActivityRow, NodeDatabase } from './database.ts'

/** Rows that are deleted in one transaction: between two of them new rows are written. */
const pruneRowsMax = 2_000

/** A row to write. `savedId` is the id under which an earlier state of it was written, else null. */
export type ActivityChange = { row: NewActivityRow; savedId: number | null }

/**
 * Writes rows in one transaction and gives their ids. A row that was written before gets a new id, the newest: who has read up
 * to some id finds everything that came or changed since above it.
 */
export async function saveActivity(
  database: NodeDatabase,
  changes: readonly ActivityChange[],
): Promise<number[]> {
  const { store, done } = database.transaction('activity', 'readwrite', { durability: 'relaxed' })
  const written = changes.map(({ row, savedId }) => {
    if (savedId !== null) void store.delete(savedId)
    return store.add(row as ActivityRow)
  })
  const [ids] = await Promise.all([Promise.all(written), done])
  return ids
}

/** At most `limit` rows, the newest first. A page may be shorter than that; it is empty only where no row fits. */
export async function readActivity(database: NodeDatabase, query: ActivityQuery): Promise<ActivityPage> {
  const { store } = database.transaction('activity')
  const [oldest, newest] = await Promise.all([store.openKeyCursor(), store.openKeyCursor(null, 'prev')])
  const limit = wholeBetween(query.limit, 1, activityPageRowsMax)
  const lowest = Math.max(oldest?.key ?? 1, (query.afterId ?? 0) + 1)
  let below = Math.min(newest?.key ?? 0, (query.beforeId ?? Number.POSITIVE_INFINITY) - 1) + 1
  let rows: ActivityRow[] = []
  // Ids have gaps where rows were deleted, so a span of `limit` ids holds at most that many rows, and perhaps none.
  while (rows.length === 0 && below > lowest) {
    const from = Math.max(lowest, below - limit)
    rows = await store.getAll(IDBKeyRange.bound(from, below, false, true))
    below = from
  }
  return { rows: rows.reverse(), isLast: below <= lowest }
}

export async function countActivity(database: NodeDatabase): Promise<{ newestId: number; rows: number }> {
  const { store } = database.transaction('activity')
  const [rows, newest] = await Promise.all([store.count(), store.openKeyCursor(null, 'prev')])
  return { newestId: newest?.key ?? 0, rows }
}

/** Deletes what began before that time and gives how many rows there were. */
export async function pruneActivity(database: NodeDatabase, beforeUnixMs: number): Promise<number> {
  for (let pruned = 0; ; ) {
    const { store, done } = database.transaction('activity', 'readwrite', { durability: 'relaxed' })
    const old = IDBKeyRange.upperBound(beforeUnixMs, true)
    const ids = await store.index('byTime').getAllKeys(old, pruneRowsMax)
    await Promise.all([...ids.map((id) => store.delete(id)), done])
    pruned += ids.length
    if (ids.length < pruneRowsMax) return pruned
  }
}

/** Deletes every row. Ids go on where they were. */
export const clearActivity = (database: NodeDatabase): Promise<void> => database.clear('activity')

const wholeBetween = (value: number, least: number, most: number): number =>
  Math.min(most, Math.max(least, Math.floor(Number(value)) || least))
