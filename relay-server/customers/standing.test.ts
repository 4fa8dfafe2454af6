import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createCustomerStanding } from './standing.ts'

const everyMs = 1_000

type Change = { customerId: string; isSuspended: boolean; changedAt: Date }
let changes: Change[]
let asked: (Date | null)[]
let isAway: boolean
let forgotten: string[]
let warnings: string[]
let standing: ReturnType<typeof createCustomerStanding>

beforeEach(() => {
  vi.useFakeTimers()
  changes = []
  asked = []
  isAway = false
  forgotten = []
  warnings = []
  standing = createCustomerStanding({
    register: {
      async customerChanges(since) {
        asked.push(since)
        if (isAway) throw new Error('away')
        return { asOf: new Date(asked.length), customers: [...changes] }
      },
    },
    changed: (customerId) => void forgotten.push(customerId),
    log: { warn: (_fields, sentence) => void warnings.push(sentence) },
    everyMs,
  })
})
afterEach(async () => {
  await standing.close()
  vi.useRealTimers()
})

const change = (customerId: string, isSuspended: boolean) =>
  void changes.push({ customerId, isSuspended, changedAt: new Date(changes.length) })
const pass = (times = 1) => vi.advanceTimersByTimeAsync(times * everyMs)

test('what runs for a suspended customer is cut once, and nothing of another’s', async () => {
  const [one, two, other] = [vi.fn<() => void>(), vi.fn<() => void>(), vi.fn<() => void>()]
  standing.watch('cus_one', one)
  const forget = standing.watch('cus_one', two)
  standing.watch('cus_other', other)
  forget()
  change('cus_one', true)
  await pass(3)
  expect(one).toHaveBeenCalledTimes(1)
  expect(two).not.toHaveBeenCalled()
  expect(other).not.toHaveBeenCalled()
  expect(standing.isSuspended('cus_one')).toBe(true)
  expect(standing.isSuspended('cus_other')).toBe(false)
})

test('what begins for a suspended customer is cut at once, until it is resumed', async () => {
  change('cus_one', true)
  await pass()
  const cut = vi.fn<() => void>()
  standing.watch('cus_one', cut)
  expect(cut).toHaveBeenCalledTimes(1)
  changes = [{ customerId: 'cus_one', isSuspended: false, changedAt: new Date(7) }]
  await pass()
  const again = vi.fn<() => void>()
  standing.watch('cus_one', again)
  expect(again).not.toHaveBeenCalled()
  expect(standing.isSuspended('cus_one')).toBe(false)
})

test('a change that the ledger tells of twice is acted on once, and the next one of the same customer again', async () => {
  change('cus_one', false)
  await pass(3)
  expect(forgotten).toEqual(['cus_one'])
  changes = [{ customerId: 'cus_one', isSuspended: false, changedAt: new Date(9) }]
  await pass()
  expect(forgotten).toEqual(['cus_one', 'cus_one'])
})

test('after a failure the ledger is asked for everything since the last answer', async () => {
  await pass(2)
  isAway = true
  await pass(2)
  isAway = false
  await pass()
  expect(asked).toEqual([null, new Date(1), new Date(2), new Date(2), new Date(2)])
  expect(warnings).toHaveLength(2)
})

test('a ledger that answers slowly is not asked twice at once', async () => {
  const slow = Promise.withResolvers<{ asOf: Date; customers: [] }>()
  let questions = 0
  const waiting = createCustomerStanding({
    register: {
      customerChanges: () => {
        questions += 1
        return slow.promise
      },
    },
    changed: () => {},
    log: { warn: () => {} },
    everyMs,
  })
  await pass(5)
  expect(questions).toBe(1)
  slow.resolve({ asOf: new Date(0), customers: [] })
  await waiting.close()
})
