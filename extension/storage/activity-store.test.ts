import 'fake-indexeddb/auto'
import { beforeEach, expect, it } from 'vitest'
import type { ActivityRow } from '../messages/index.ts'
import { clearActivity, countActivity, pruneActivity, readActivity, saveActivity } from './activity-store.ts'
import { type NewActivityRow, type NodeDatabase, openNodeDatabase } from './database.ts'

let database: NodeDatabase
let databases = 0
beforeEach(async () => {
  databases += 1
  database = await openNodeDatabase(`activity-${databases}`)
})

const rowAt = (atUnixMs: number): NewActivityRow => ({
  exchangeId: `x_${atUnixMs}`,
  attempt: 1,
  atUnixMs,
  tookMs: 5,
  hosts: ['a.example'],
  method: 'GET',
  status: 200,
  upBytes: 10,
  downBytes: 0,
  customer: { id: 'c', label: 'C', purpose: null, contact: null },
  outcome: 'completed',
  units: '9',
})
const asNew = (row: NewActivityRow) => ({ row, savedId: null })
const timesOf = (rows: ActivityRow[]) => rows.map(({ atUnixMs }) => atUnixMs)
const all = { beforeId: null, afterId: null, limit: 2_000 }

it('pages follow each other from the newest row to the oldest, and the last one says so', async () => {
  await saveActivity(database, [1, 2, 3, 4, 5].map(rowAt).map(asNew))
  const first = await readActivity(database, { ...all, limit: 2 })
  expect(timesOf(first.rows)).toEqual([5, 4])
  const second = await readActivity(database, { ...all, limit: 2, beforeId: first.rows[1]?.id ?? null })
  const third = await readActivity(database, { ...all, limit: 2, beforeId: second.rows[1]?.id ?? null })
  expect([first, second, third].map(({ isLast }) => isLast)).toEqual([false, false, true])
  expect(timesOf([...second.rows, ...third.rows])).toEqual([3, 2, 1])
})

it('over a gap in the ids a page is shorter, but never empty before the end', async () => {
  const ids = await saveActivity(
    database,
    Array.from({ length: 100 }, (_, at) => asNew(rowAt(at))),
  )
  for (const id of ids.slice(1, 90)) await database.delete('activity', id)
  const seen: number[] = []
  let [beforeId, isLast]: [number | null, boolean] = [null, false]
  for (let pages = 0; !isLast; pages += 1) {
    expect(pages).toBeLessThan(20)
    const page = await readActivity(database, { beforeId, afterId: null, limit: 4 })
    expect(page.rows.length).toBeGreaterThan(0)
    seen.push(...timesOf(page.rows))
    isLast = page.isLast
    beforeId = page.rows.at(-1)?.id ?? 0
  }
  expect(seen).toEqual([99, 98, 97, 96, 95, 94, 93, 92, 91, 90, 0])
})

it('who has read up to an id gets what came or changed since, and nothing else', async () => {
  const [first = 0, second = 0] = await saveActivity(database, [asNew(rowAt(1)), asNew(rowAt(2))])
  await saveActivity(database, [{ row: { ...rowAt(1), status: 404 }, savedId: first }, asNew(rowAt(3))])
  const newer = await readActivity(database, { ...all, afterId: second })
  expect(newer.rows.map(({ atUnixMs, status }) => [atUnixMs, status])).toEqual([
    [3, 200],
    [1, 404],
  ])
  expect(newer.isLast).toBe(true)
  expect(await countActivity(database)).toEqual({ newestId: newer.rows[0]?.id, rows: 3 })
})

it('an empty log has one page, the last', async () => {
  expect(await readActivity(database, all)).toEqual({ rows: [], isLast: true })
  expect(await countActivity(database)).toEqual({ newestId: 0, rows: 0 })
})

it.each([0, -5, Number.NaN, 1e9, 'many'])(
  'a question for %s rows gives at least one and at most a page',
  async (limit) => {
    await saveActivity(
      database,
      Array.from({ length: 2_100 }, (_, at) => asNew(rowAt(at))),
    )
    const { rows } = await readActivity(database, { ...all, limit: limit as number })
    expect([1, 2_000]).toContain(rows.length)
  },
)

it('rows from before a time are deleted, more than one batch of them, and the others stay', async () => {
  await saveActivity(
    database,
    Array.from({ length: 4_500 }, (_, at) => asNew(rowAt(at))),
  )
  expect(await pruneActivity(database, 4_300)).toBe(4_300)
  expect(await pruneActivity(database, 4_300)).toBe(0)
  expect(await countActivity(database)).toMatchObject({ rows: 200 })
  expect(timesOf((await readActivity(database, all)).rows)).toEqual(
    Array.from({ length: 200 }, (_, at) => 4_499 - at),
  )
})

it('ids go on where they were after everything was deleted', async () => {
  const [before = 0] = await saveActivity(database, [asNew(rowAt(1))])
  await clearActivity(database)
  const [after = 0] = await saveActivity(database, [asNew(rowAt(2))])
  expect(after).toBeGreaterThan(before)
})
