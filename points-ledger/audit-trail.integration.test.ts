import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type AuditKey, findAuditKey, openAuditKey } from './audit-key.ts'
import { type AuditRecord, type AuditTrail, openAuditTrail } from './audit-trail.ts'
import { acme } from './testing/acme.ts'
import { openLedgerFixture, type TestLedger } from './testing/ledger-fixture.ts'

const minuteMs = 60_000
const at = new Date('2026-11-26T20:48:00Z')
const later = (ms: number) => new Date(at.getTime() + ms)

let books: TestLedger
let key: AuditKey
let trail: AuditTrail
beforeAll(async () => {
  books = await openLedgerFixture()
  key = newKey()
  trail = openTrail(key)
})
afterAll(async () => {
  await trail.close()
  await books.close()
})

const newKey = () => findAuditKey({ dataDir: '', text: randomBytes(32).toString('base64') })
const openTrail = (with_: AuditKey) => openAuditTrail({ url: books.url, key: with_ })

let made = 0
/** A row of a home of its own, unless `changes` say otherwise. */
function recordOf(changes: Partial<AuditRecord> = {}): AuditRecord {
  made += 1
  return {
    exchangeId: `ex_${made}`,
    attempt: 1,
    startedAt: at,
    endedAt: later(1_000),
    customerId: 'cus_unknown',
    nodeId: 'n_one',
    address: `198.51.100.${made}`,
    home: `198.51.100.${made}`,
    hosts: ['target.example'],
    method: 'GET',
    targetStatus: 200,
    outcome: 'completed',
    ...changes,
  }
}

const wholeMinute = { from: at, to: later(minuteMs) }
const idsIn = async (question: { home: string; from: Date; to: Date }) =>
  (await trail.lookUp(question)).findings.map(({ exchangeId }) => exchangeId)

describe('the audit rows', () => {
  test('say who asked what host through an address in a minute, with the customer as it stands now', async () => {
    const { customerId } = await books.ledger.createCustomer({ ...acme, trafficBytes: 1n })
    const record = recordOf({ customerId, hosts: ['one.example:8080', 'two.example'] })
    await trail.write([record])
    const { address, home, hosts, ...open } = record
    expect(await trail.lookUp({ home, ...wholeMinute })).toEqual({
      findings: [
        { ...open, sealed: { address, hosts }, customer: { ...acme, suspendedAt: null }, purpose: null },
      ],
      isCut: false,
      otherKeys: 0,
    })
    expect((await trail.lookUp({ home: '198.51.100.255', ...wholeMinute })).findings).toEqual([])
  })

  test('are found by every moment at which the attempt ran, however long it ran', async () => {
    const { home } = recordOf()
    const row = (from: number, to: number) => recordOf({ home, startedAt: later(from), endedAt: later(to) })
    const inside = [
      row(0, 0),
      row(minuteMs - 1, 9 * minuteMs),
      row(-1, 0),
      row(-5 * minuteMs, 0),
      row(-5 * minuteMs - 1, 0),
      row(-5 * minuteMs - 1, 3 * minuteMs),
      row(-72 * 60 * minuteMs, 1),
      row(-1, 2 * minuteMs),
    ]
    const outside = [row(minuteMs, minuteMs), row(-2, -1), row(-9 * minuteMs, -1), row(-5 * minuteMs, -1)]
    await trail.write([...inside, ...outside])
    expect((await idsIn({ home, ...wholeMinute })).sort()).toEqual(
      inside.map(({ exchangeId }) => exchangeId).sort(),
    )
  })

  test('stand there once, however often they are written', async () => {
    const record = recordOf()
    await trail.write([record, { ...record, attempt: 2 }])
    await trail.write([record])
    expect(await idsIn({ home: record.home, ...wholeMinute })).toHaveLength(2)
  })

  test('hold no address, no host, and nothing that another key could open', async () => {
    const record = recordOf({ address: '198.51.100.77', home: '198.51.100.77', hosts: ['secret.example'] })
    await trail.write([record])
    const [row] = await books.query('select * from audit_attempts where exchange_id = $1', [
      record.exchangeId,
    ])
    const raw = Object.values(row ?? {})
      .map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value)))
      .join('\n')
    for (const hidden of ['198.51.100.77', 'secret.example']) expect(raw).not.toContain(hidden)
    const other = openTrail(newKey())
    onTestFinished(() => other.close())
    expect((await other.lookUp({ home: record.home, ...wholeMinute })).findings).toEqual([])
  })

  test('cannot be moved to another row or changed: what is sealed is shown as unreadable', async () => {
    const [one, two] = [recordOf(), recordOf()]
    await trail.write([one, two])
    const set = 'update audit_attempts set sealed = '
    await books.query(
      `${set}(select sealed from audit_attempts where exchange_id = $1) where exchange_id = $2`,
      [one.exchangeId, two.exchangeId],
    )
    expect((await trail.lookUp({ home: two.home, ...wholeMinute })).findings).toMatchObject([
      { sealed: null },
    ])
    await books.query(`${set}'\\x00' where exchange_id = $1`, [one.exchangeId])
    expect((await trail.lookUp({ home: one.home, ...wholeMinute })).findings).toMatchObject([
      { sealed: null },
    ])
  })

  test.each([
    { exchangeId: '' },
    { attempt: -1 },
    { startedAt: new Date(Number.NaN) },
    { home: 'h'.repeat(65) },
    { hosts: ['h'.repeat(256)] },
    { hosts: Array.from({ length: 65 }, () => 'target.example') },
    { method: 'G\0T' },
  ])('of a wrong shape are refused, and nothing of their batch is written: %j', async (wrong) => {
    const good = recordOf()
    await expect(trail.write([good, recordOf(wrong)])).rejects.toMatchObject({ code: 'invalid-input' })
    expect(await idsIn({ home: good.home, ...wholeMinute })).toEqual([])
  })

  test('are dropped after their days, oldest first, a few at once, and no younger one is', async () => {
    const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000)
    const row = (days: number) => recordOf({ startedAt: daysAgo(days), endedAt: daysAgo(days) })
    const [oldest, old, young] = [row(33), row(31), row(29)]
    await trail.write([young, oldest, old])
    const left = async () => {
      const ids = [oldest, old, young].map(({ exchangeId }) => exchangeId)
      const rows = await books.query('select exchange_id from audit_attempts where exchange_id = any($1)', [
        ids,
      ])
      return rows.map(({ exchange_id }) => exchange_id).sort((a, b) => String(a).localeCompare(String(b)))
    }
    expect(await trail.dropOld({ days: 30, rowsMax: 1 })).toBe(1)
    expect(await left()).toEqual([old.exchangeId, young.exchangeId].sort())
    expect(await trail.dropOld({ days: 30, rowsMax: 5 })).toBe(1)
    expect(await trail.dropOld({ days: 30, rowsMax: 5 })).toBe(0)
    expect(await left()).toEqual([young.exchangeId])
  })
})

describe('the audit key', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fallow-audit-key-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test('is made once in the data folder, readable by its owner alone, and found there again', () => {
    const dataDir = join(folder, 'one')
    const first = openAuditKey({ dataDir })
    expect(statSync(join(dataDir, 'audit-key')).mode & 0o777).toBe(0o600)
    expect(openAuditKey({ dataDir }).keyId).toBe(first.keyId)
    expect(findAuditKey({ dataDir }).keyId).toBe(first.keyId)
    const text = readFileSync(join(dataDir, 'audit-key'), 'utf8').trim()
    expect(findAuditKey({ dataDir: '/nowhere', text }).keyId).toBe(first.keyId)
    expect(first.keyId).not.toContain(text.slice(0, 8))
  })

  test('is not made by whoever only looks for it', () => {
    expect(() => findAuditKey({ dataDir: join(folder, 'none') })).toThrow(/^There is no audit key at .+\.$/)
  })

  test.each(['', 'short', 'A'.repeat(42), 'A'.repeat(45), `${'A'.repeat(42)}!`])(
    'of a wrong shape is refused without being repeated: "%s"',
    (text) => {
      expect(() => openAuditKey({ dataDir: folder, text })).toThrow(/^The audit key must be 32 bytes/)
    },
  )

  test('is on record, so that whoever looks up with another one is told what was not searched', async () => {
    const other = openTrail(newKey())
    onTestFinished(() => other.close())
    await trail.noteKey({ days: 90 })
    await trail.noteKey({ days: 90 })
    expect((await trail.lookUp({ home: 'any', ...wholeMinute })).otherKeys).toBe(0)
    expect((await other.lookUp({ home: 'any', ...wholeMinute })).otherKeys).toBe(1)
    await books.query("update audit_keys set last_used_at = now() - interval '91 days'")
    await other.noteKey({ days: 90 })
    expect((await other.lookUp({ home: 'any', ...wholeMinute })).otherKeys).toBe(0)
  })
})
