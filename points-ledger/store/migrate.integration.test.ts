import { randomUUID } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { openLedger } from '../ledger.ts'
import { drizzle, migrate } from './drizzle.ts'
import { runOn, withDatabase } from './testing/test-server.ts'

const migrations = join(import.meta.dirname, 'migrations')

/** An empty database, brought to the schema of an earlier version: that of the migration before `tag`. */
async function databaseBefore(tag: string): Promise<string> {
  const serverUrl = inject('testServerUrl')
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await runOn(serverUrl, `create database ${name}`)
  onTestFinished(() => runOn(serverUrl, `drop database if exists ${name} with (force)`))
  const folder = await mkdtemp(join(tmpdir(), 'fallow-migrations-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await cp(migrations, folder, { recursive: true })
  const journalFile = join(folder, 'meta/_journal.json')
  const journal = JSON.parse(await readFile(journalFile, 'utf8')) as { entries: { tag: string }[] }
  const until = journal.entries.findIndex((entry) => entry.tag === tag)
  expect(until).toBeGreaterThan(0)
  await writeFile(journalFile, JSON.stringify({ ...journal, entries: journal.entries.slice(0, until) }))
  const url = withDatabase(serverUrl, name)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await migrate(drizzle(client), { migrationsFolder: folder })
  await client.end()
  return url
}

test('a customer from before customers had purposes keeps its name, and may ask for what was meant until then', async () => {
  const url = await databaseBefore('0003_customers-and-audit')
  await runOn(url, "insert into customers (customer_id, name) values ('cus_old', 'old')")
  await runOn(url, "insert into balances values ('customer:cus_old', 'traffic', 0)")
  const ledger = await openLedger({ url })
  onTestFinished(() => ledger.close())
  const old = {
    customerId: 'cus_old',
    label: 'old',
    purposes: ['ai-retrieval'],
    contact: null,
    suspendedAt: null,
  }
  expect(await ledger.listCustomers()).toMatchObject([old])
  const contact = 'ops@old.example'
  expect(await ledger.changeCustomer({ customerId: 'cus_old', contact })).toMatchObject({ ...old, contact })
})
