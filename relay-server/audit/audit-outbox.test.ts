import { beforeEach, describe, expect, test } from 'vitest'
import type { AttemptRecord } from '../exchange/exchange-ports.ts'
import { AuditOutbox } from './audit-outbox.ts'
import type { AuditRecord } from './audit-ports.ts'

const limits = { gatherMs: 1, batchRowsMax: 10, waitingRowsMax: 25, retryMsMin: 1, retryMsMax: 2 }

const attemptOf = (number: number, address = '203.0.113.9'): AttemptRecord => ({
  exchangeId: `ex_${number}`,
  attempt: 1,
  customerId: 'cus_one',
  nodeId: 'n_one',
  address,
  hosts: ['target.example'],
  method: 'GET',
  status: 200,
  outcome: 'completed',
  startedAt: new Date(0),
  endedAt: new Date(1),
})

/** A database that the test takes away and gives back, and that refuses what the test says. */
class Store {
  readonly batches: AuditRecord[][] = []
  refuses: (record: AuditRecord) => boolean = () => false
  #back: PromiseWithResolvers<void> | null = null
  /** How often it was asked while it was away. */
  asked = 0

  get ids(): string[] {
    return this.batches.flat().map(({ exchangeId }) => exchangeId)
  }

  goAway(): void {
    this.#back = Promise.withResolvers()
  }
  comeBack(): void {
    this.#back = null
  }

  write = async (records: AuditRecord[]): Promise<void> => {
    this.asked += 1
    if (this.#back) throw Object.assign(new Error('away'), { code: 'database-unavailable' })
    if (records.some((record) => this.refuses(record)))
      throw Object.assign(new Error('refused'), { code: 'invalid-input' })
    this.batches.push(records)
  }
}

let store: Store
let logged: string[]
let outbox: AuditOutbox
beforeEach(() => {
  store = new Store()
  logged = []
  const note = (_fields: object, sentence: string) => void logged.push(sentence)
  outbox = new AuditOutbox({ store, log: { warn: note, error: note }, limits })
})

const noteMany = (count: number, from = 0) => {
  for (let number = from; number < from + count; number += 1) outbox.note(attemptOf(number))
}
const idsUpTo = (count: number) => Array.from({ length: count }, (_, number) => `ex_${number}`)

describe('the outbox of audit rows', () => {
  test('writes what was noted in batches, in order, and once', async () => {
    noteMany(23)
    await outbox.flushed()
    expect(store.ids).toEqual(idsUpTo(23))
    expect(store.batches.map((batch) => batch.length)).toEqual([10, 10, 3])
    expect(outbox).toMatchObject({ length: 0, dropped: 0 })
  })

  test('notes without waiting for the database, and gathers before it writes', () => {
    noteMany(3)
    expect(store.asked).toBe(0)
    expect(outbox.length).toBe(3)
  })

  test('keeps what the database does not take while it is away, and writes it when it is back', async () => {
    store.goAway()
    noteMany(5)
    const flushed = outbox.flushed()
    while (store.asked < 3) await new Promise((resolve) => setTimeout(resolve, 1))
    noteMany(2, 5)
    expect(store.ids).toEqual([])
    store.comeBack()
    await flushed
    expect(store.ids).toEqual(idsUpTo(7))
    expect(outbox.dropped).toBe(0)
    expect(logged).toContain('audit rows could not be written; it is tried again')
  })

  test('drops and counts what is too much to keep, and says so once for each time', async () => {
    store.goAway()
    noteMany(30)
    expect(outbox).toMatchObject({ length: 25, dropped: 5 })
    expect(logged).toEqual(['audit rows are dropped: the database has been away for too long'])
    store.comeBack()
    await outbox.flushed()
    expect(store.ids).toEqual(idsUpTo(25))
    store.goAway()
    noteMany(26, 100)
    expect(logged.filter((sentence) => sentence.includes('dropped'))).toHaveLength(2)
    store.comeBack()
    await outbox.flushed()
  })

  test('lets no row that is refused for good hold up the others', async () => {
    store.refuses = ({ exchangeId }) => exchangeId === 'ex_4'
    noteMany(23)
    await outbox.flushed()
    expect(store.ids).toEqual(idsUpTo(23).filter((id) => id !== 'ex_4'))
    expect(outbox.dropped).toBe(1)
    expect(logged).toEqual(['an audit row was refused for good'])
  })

  test.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:DB8:0:1::2', '2001:db8:0:1::/64'],
    ['2001:db8:0:1:ffff:ffff:ffff:ffff', '2001:db8:0:1::/64'],
    ['::1', '::/64'],
    ['unreadable', 'unreadable'],
  ])('a node at %s is found by %s', async (address, home) => {
    outbox.note(attemptOf(1, address))
    await outbox.flushed()
    expect(store.batches[0]).toMatchObject([{ address, home, targetStatus: 200 }])
    expect(store.batches[0]?.[0]).not.toHaveProperty('status')
  })
})
