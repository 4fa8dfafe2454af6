import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findAuditKey } from './audit-key.ts'
import { type AuditTrail, openAuditTrail } from './audit-trail.ts'
import { auditDropQuery, auditQuery } from './store/audit-store.ts'
import { PgDialect, type SQL } from './store/drizzle.ts'
import { acme } from './testing/acme.ts'
import { openLedgerFixture, type TestLedger } from './testing/ledger-fixture.ts'

/** FALLOW_PROOF_SCALE=100 asks ten million rows. */
const scale = Math.max(1, Number(process.env.FALLOW_PROOF_SCALE ?? 1))
const rowsInAll = 100_000 * scale
const batchRows = 100_000
/** Ten million rows fill 90 days; fewer are as dense, in less time. */
const days = 0.9 * scale
const minuteMs = 60_000
const fillMsMax = 3_600_000

const newest = new Date('2026-11-26T20:00:00Z')
const spanMs = days * 86_400_000
/** Every tenth row is this home's, as if one node carried a tenth of everything: the worst case of an index by home. */
const busyHome = '203.0.113.9'
/** The rest belongs to so many others. */
const otherHomes = 20_000
const questions = 100

let books: TestLedger
let trail: AuditTrail
const key = findAuditKey({ dataDir: '', text: randomBytes(32).toString('base64') })
let customerId: string

beforeAll(async () => {
  books = await openLedgerFixture()
  trail = openAuditTrail({ url: books.url, key })
  customerId = (await books.ledger.createCustomer({ ...acme, trafficBytes: 1n })).customerId
  for (let from = 0; from < rowsInAll; from += batchRows) await fill(from, from + batchRows)
  await books.query('analyze audit_attempts')
}, fillMsMax)
afterAll(async () => {
  await trail?.close()
  await books?.close()
})

/** Evenly over the days, in the order of time, as relays write them: 2 s each, and one in a thousand an hour. What is sealed is as long as it really is. */
async function fill(from: number, to: number): Promise<void> {
  await books.query(
    `insert into audit_attempts
       (exchange_id, attempt, started_at, ended_at, ran_long, customer_id, node_id, method, target_status, outcome, home_digest, sealed)
     select 'ex_' || lpad(i::text, 12, '0') || '-0000-7000-8000-000000000000', 1, began,
       began + case when i % 1000 = 0 then interval '1 hour' else interval '2 seconds' end,
       i % 1000 = 0, $1, 'n_' || md5((i % $2)::text), 'GET', 200, 'completed',
       case when i % 10 = 0 then $3::bytea else decode(md5((i % $2)::text), 'hex') end,
       decode(repeat(md5(i::text), 6), 'hex')
     from (
       select i, $4::timestamptz - make_interval(secs => $5::float8 * (1 - i::float8 / $6)) as began
       from generate_series($7::bigint, $8::bigint - 1) as i
     ) as numbered`,
    [customerId, otherHomes, key.digestOf(busyHome), newest, spanMs / 1_000, rowsInAll, from, to],
  )
}

/** A question about a moment, and the milliseconds that its answer took. */
async function ask(home: string, from: Date) {
  const since = performance.now()
  const { findings } = await trail.lookUp({ home, from, to: new Date(from.getTime() + minuteMs) })
  return { findings, ms: performance.now() - since }
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex')

const someMoment = () => new Date(newest.getTime() - Math.floor(Math.random() * spanMs))

test(`who asked through an address in a minute is answered from ${rowsInAll.toLocaleString('en-US')} rows in less than a second`, async ({
  task,
}) => {
  const wanted = new Date('2026-11-26T11:48:00Z')
  const record = {
    exchangeId: 'ex_wanted',
    attempt: 1,
    startedAt: wanted,
    endedAt: new Date(wanted.getTime() + 1_000),
    customerId,
    nodeId: 'n_one',
    address: busyHome,
    home: busyHome,
    hosts: ['target.example'],
    method: 'GET',
    targetStatus: 200,
    outcome: 'completed',
  }
  await trail.write([record])
  const first = await ask(busyHome, wanted)
  expect(first.findings.find(({ exchangeId }) => exchangeId === 'ex_wanted')).toMatchObject({
    customer: { label: acme.label, contact: acme.contact },
    sealed: { address: busyHome, hosts: ['target.example'] },
  })
  const times = [first.ms]
  for (let asked = 1; asked < questions; asked += 1) times.push((await ask(busyHome, someMoment())).ms)
  const sorted = times.toSorted((one, other) => one - other)
  const [median = 0, slowest = 0] = [sorted[Math.floor(questions / 2)], sorted.at(-1)]
  expect(slowest).toBeLessThan(1_000)
  Object.assign(task.meta, {
    measured: `${questions} questions about the busiest address, which has a tenth of all rows: median ${median.toFixed(1)} ms, first ${first.ms.toFixed(1)} ms, slowest ${slowest.toFixed(1)} ms`,
  })
})

test.each([
  // So busy that the rows of the minute may be fewer than the home's, which PostgreSQL decides.
  ['the busiest home', key.digestOf(busyHome), /audit_attempts_by_(home|start)/],
  ['another home', Buffer.from(md5('7'), 'hex'), /audit_attempts_by_home/],
])(
  'a look-up of %s reads indexes and not the table, for what was short and for what ran for long',
  async (_which, homeDigest, index) => {
    const from = new Date(newest.getTime() - spanMs / 2)
    const to = new Date(from.getTime() + minuteMs)
    const plan = await planOf(auditQuery({ homeDigest, from, to, rowsMax: 10_000 }))
    expect(plan).toMatch(index)
    expect(plan).toContain('audit_attempts_long_by_home')
    expect(plan).not.toMatch(/Seq Scan on audit_attempts/)
  },
)

test('dropping old rows reads an index and not the table', async () => {
  const plan = await planOf(auditDropQuery({ days: 90, rowsMax: 2_000 }))
  expect(plan).toContain('audit_attempts_by_start')
  expect(plan).not.toMatch(/Seq Scan on audit_attempts/)
})

/** How PostgreSQL would run a statement. */
async function planOf(statement: SQL): Promise<string> {
  const { sql, params } = new PgDialect().sqlToQuery(statement)
  const rows = await books.query(`explain ${sql}`, params)
  return rows.map((row) => row['QUERY PLAN']).join('\n')
}
