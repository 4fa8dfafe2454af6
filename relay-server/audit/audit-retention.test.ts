import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createAuditRetention } from './audit-retention.ts'

const limits = { everyMs: 1_000, firstMs: 100, batchRowsMax: 10, pauseMs: 5 }
const days = 30

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A table with so many rows that are due. */
function tableOf(due: number) {
  const table = { due, asked: [] as object[], keysNoted: 0, isAway: false }
  const store = {
    async dropOld(limit: { days: number; rowsMax: number }) {
      table.asked.push(limit)
      if (table.isAway) throw new Error('away')
      const dropped = Math.min(table.due, limit.rowsMax)
      table.due -= dropped
      return dropped
    },
    async noteKey() {
      table.keysNoted += 1
    },
  }
  return { table, store }
}

const logged: object[] = []
const log = {
  info: (fields: object) => void logged.push(fields),
  warn: (fields: object) => void logged.push(fields),
}

test('old rows are dropped a few at once, a while after the start and then again and again', async () => {
  const { table, store } = tableOf(25)
  const retention = createAuditRetention({ store, days, log, limits })
  await vi.advanceTimersByTimeAsync(limits.firstMs - 1)
  expect(table.asked).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(table.asked, 'and the next batch only after a pause').toEqual([{ days, rowsMax: 10 }])
  await vi.advanceTimersByTimeAsync(2 * limits.pauseMs)
  expect(table.due).toBe(0)
  expect(table.asked).toHaveLength(3)
  expect(logged).toContainEqual({ droppedRows: 25, days })
  table.due = 1
  await vi.advanceTimersByTimeAsync(limits.everyMs)
  expect(table).toMatchObject({ due: 0, keysNoted: 2 })
  await retention.close()
})

test('a database that is away is asked again the next time', async () => {
  const { table, store } = tableOf(1)
  table.isAway = true
  const retention = createAuditRetention({ store, days, log, limits })
  await vi.advanceTimersByTimeAsync(limits.firstMs)
  table.isAway = false
  await vi.advanceTimersByTimeAsync(limits.everyMs)
  expect(table.due).toBe(0)
  await retention.close()
})

test('nothing is dropped after the end', async () => {
  const { table, store } = tableOf(1_000)
  const retention = createAuditRetention({ store, days, log, limits })
  await vi.advanceTimersByTimeAsync(limits.firstMs)
  const closed = retention.close()
  await vi.advanceTimersByTimeAsync(10 * limits.everyMs)
  await closed
  expect(table.asked).toHaveLength(1)
})
