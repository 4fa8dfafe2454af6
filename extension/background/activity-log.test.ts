import 'fake-indexeddb/auto'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { countActivity, type NodeDatabase, openNodeDatabase } from '../storage/index.ts'
import { ActivityLog, waitingRowsMax } from './activity-log.ts'

const dayMs = 24 * 60 * 60 * 1000
let database: NodeDatabase
let databases = 0
let now = 1_000 * dayMs
let keepDays = 30
const changed = vi.fn()
const everything = { beforeId: null, afterId: null, limit: 2_000 }

beforeEach(async () => {
  databases += 1
  now = 1_000 * dayMs
  keepDays = 30
  changed.mockClear()
  database = await openNodeDatabase(`log-${databases}`)
})
afterEach(() => database.close())

async function openLog(): Promise<ActivityLog> {
  const log = new ActivityLog({ database, keepDays: () => keepDays, changed, nowUnixMs: () => now })
  await log.begin()
  return log
}

/** One lane from its opening to its end. */
let lanes = 0
function passThrough(log: ActivityLog, asked: { url?: string; exchangeId?: string; status?: number } = {}) {
  lanes += 1
  const link = log.openLink(1_000_000)
  link.opened({
    ...open,
    lane: lanes,
    exchangeId: asked.exchangeId ?? `x_${lanes}`,
    url: asked.url ?? open.url,
  })
  link.sent(lanes, 100)
  link.ended(lanes, { outcome: 'completed', status: asked.status ?? 200 })
  return link
}
const open = {
  type: 'open' as const,
  lane: 1,
  exchangeId: 'x',
  attempt: 1,
  method: 'GET',
  url: 'https://a.example/path?query',
  headers: [],
  bodyBytes: 0,
  windowBytes: 0,
  gzip: false,
  answerBytesMax: null,
  headDeadlineMs: 1_000,
  customer: { id: 'c_1', label: 'C', purpose: 'research', contact: null },
}

it('what has ended is on disk a moment later, many rows in one transaction, and who reads waits for no timer', async () => {
  const log = await openLog()
  const transactions = vi.spyOn(database, 'transaction')
  for (let at = 0; at < 500; at += 1) passThrough(log)
  expect(transactions).not.toHaveBeenCalled()
  await vi.waitFor(async () => expect((await countActivity(database)).rows).toBe(500))
  expect(transactions.mock.calls.filter(([, mode]) => mode === 'readwrite')).toHaveLength(1)
  passThrough(log)
  expect((await log.read(everything)).rows).toHaveLength(501)
  expect(log.summary).toEqual({ newestId: 501, rows: 501 })
})

it('nothing is lost when more come than one batch holds, while it is being written', async () => {
  const log = await openLog()
  for (let at = 0; at < 2_500; at += 1) passThrough(log)
  const writing = log.save()
  for (let at = 0; at < 100; at += 1) passThrough(log)
  await writing
  await log.save()
  expect(await countActivity(database)).toMatchObject({ rows: 2_600 })
})

it('the last five are at hand, the newest first, also for the next worker', async () => {
  const log = await openLog()
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g'])
    passThrough(log, { url: `https://${name}.example/` })
  await log.save()
  const names = (rows: { hosts: string[] }[]) => rows.map(({ hosts }) => hosts[0]?.[0])
  expect(names(log.recent)).toEqual(['g', 'f', 'e', 'd', 'c'])
  const next = await openLog()
  expect(names(next.recent)).toEqual(['g', 'f', 'e', 'd', 'c'])
  expect(next.summary).toEqual(log.summary)
})

it('a redirect whose next hop comes after its row was written is still one row, with a new id', async () => {
  const log = await openLog()
  const link = passThrough(log, { url: 'https://a.example/', exchangeId: 'x_hops', status: 302 })
  passThrough(log)
  await log.save()
  const before = log.summary
  link.opened({ ...open, lane: 9_001, exchangeId: 'x_hops', url: 'https://b.example/' })
  link.sent(9_001, 48)
  link.ended(9_001, { outcome: 'completed', status: 200 })
  await log.save()
  const { rows } = await log.read(everything)
  expect(rows[0]).toMatchObject({ hosts: ['a.example', 'b.example'], status: 200, upBytes: 148 })
  expect(rows).toHaveLength(2)
  expect(log.summary).toEqual({ newestId: before.newestId + 1, rows: 2 })
  expect(log.recent).toHaveLength(2)
})

it('rows older than the owner wants are gone at the start, and after the owner wants less', async () => {
  const log = await openLog()
  for (const daysAgo of [31, 29, 10, 1]) {
    now = (1_000 - daysAgo) * dayMs
    passThrough(log)
  }
  await log.save()
  now = 1_000 * dayMs
  const next = await openLog()
  expect((await next.read(everything)).rows).toHaveLength(3)
  keepDays = 7
  await next.pruneIfDue()
  expect(next.summary.rows).toBe(1)
  expect(next.recent).toHaveLength(1)
  now += 7 * dayMs
  expect((await next.read(everything)).rows).toEqual([])
})

it('deleting takes what waits too, and counts right afterwards', async () => {
  const log = await openLog()
  const link = passThrough(log, { exchangeId: 'x_hops', status: 302 })
  await log.save()
  passThrough(log)
  await log.clear()
  expect(log.summary.rows).toBe(0)
  expect(log.recent).toEqual([])
  expect((await log.read(everything)).rows).toEqual([])
  link.opened({ ...open, lane: 9_002, exchangeId: 'x_hops' })
  link.ended(9_002, { outcome: 'completed', status: 200 })
  await log.save()
  expect(log.summary.rows).toBe((await countActivity(database)).rows)
})

it('a disk that refuses is tried again, and what waits for it is bounded', async () => {
  const log = await openLog()
  const noise = vi.spyOn(console, 'error').mockImplementation(() => {})
  const refusing = vi.spyOn(database, 'transaction').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError')
  })
  for (let at = 0; at < waitingRowsMax + 500; at += 1) passThrough(log)
  await log.save()
  expect(noise).toHaveBeenCalled()
  refusing.mockRestore()
  await log.save()
  expect(await countActivity(database)).toMatchObject({ rows: waitingRowsMax })
  noise.mockRestore()
})
