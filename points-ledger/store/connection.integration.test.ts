import { expect, onTestFinished, test } from 'vitest'
import { openLedger } from '../ledger.ts'
import { LedgerError } from '../ledger-error.ts'
import { poolConnectionsMax } from '../limits.ts'
import { acme } from '../testing/acme.ts'
import { furnish, openTestLedger } from '../testing/ledger-fixture.ts'
import { openConnection } from './connection.ts'
import { lockBalances } from './journal-store.ts'

test('ledgers that open at once on a database without a schema all find it migrated', async () => {
  const { url, query } = await openTestLedger()
  await query('drop schema public cascade; drop schema drizzle cascade; create schema public')
  const ledgers = await Promise.all(Array.from({ length: 4 }, () => openLedger({ url })))
  for (const ledger of ledgers) expect((await ledger.totals()).customers).toBe(0)
  await Promise.all(ledgers.map((ledger) => ledger.close()))
})

test('two transactions that wait for each other both finish', async () => {
  const test = await openTestLedger()
  const { customerId, accountId } = await furnish(test, 1n)
  const connection = openConnection(test.url)
  onTestFinished(() => connection.close())
  const met = meeting(2)
  const runs = { first: 0, second: 0 }
  const lockBoth = (who: 'first' | 'second', one: string, other: string) =>
    connection.transact(async (tx) => {
      runs[who] += 1
      await lockBalances(tx, [one])
      await met()
      await lockBalances(tx, [other])
      return who
    })
  const [customer, account] = [`customer:${customerId}`, `account:${accountId}`]
  const finished = await Promise.all([
    lockBoth('first', customer, account),
    lockBoth('second', account, customer),
  ])
  expect(finished).toEqual(['first', 'second'])
  expect(runs.first + runs.second).toBe(3)
})

test('a transaction that keeps losing is given up with a code after a bounded number of tries', async () => {
  const test = await openTestLedger()
  const connection = openConnection(test.url)
  onTestFinished(() => connection.close())
  let tries = 0
  const losing = connection.transact(async (tx) => {
    tries += 1
    await tx.execute("do $$ begin raise exception 'lost' using errcode = 'serialization_failure'; end $$")
  })
  await expect(losing).rejects.toMatchObject({ code: 'contention' })
  expect(tries).toBe(10)
})

test('a transaction that cannot begin gives its connection back', async () => {
  const test = await openTestLedger()
  const connection = openConnection(test.url)
  const cut = () =>
    test.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'fallow ledger' and datname = current_database()",
    )
  // More often than the pool has connections: were they kept, the last transaction would wait for one in vain.
  for (let round = 0; round < 2 * poolConnectionsMax; round += 1) {
    await connection.transact(async () => {}).catch(() => {})
    const cutting = cut()
    await connection.transact(async () => {}).catch(() => {})
    await cutting
  }
  await expect.poll(() => connection.transact(async () => 'works').catch(() => 'cut')).toBe('works')
  await connection.close()
})

test('connections that the server cut are replaced', async () => {
  const test = await openTestLedger()
  await test.ledger.createCustomer({ ...acme, trafficBytes: 1n })
  await test.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'fallow ledger' and datname = current_database()",
  )
  await expect
    .poll(() =>
      test.ledger.totals().then(
        ({ customers }) => customers,
        () => 'cut',
      ),
    )
    .toBe(1)
})

test('a database that does not answer is a coded error that says so', async () => {
  const nowhere = 'postgres://nobody@127.0.0.1:1/none'
  const error = await openLedger({ url: nowhere }).catch((reason) => reason)
  expect(error).toBeInstanceOf(LedgerError)
  expect(error).toMatchObject({
    code: 'database-unavailable',
    message: expect.stringContaining('ECONNREFUSED'),
  })
})

test('a closed ledger answers with a code, and closing twice is harmless', async () => {
  const test = await openTestLedger()
  const ledger = await openLedger({ url: test.url })
  await ledger.close()
  await ledger.close()
  await expect(ledger.totals()).rejects.toMatchObject({ code: 'database-unavailable' })
})

test('a balance that would pass 64 bits is refused with a code', async () => {
  const test = await openTestLedger()
  await furnish(test, 1n)
  await test.query(
    "update balances set amount = -9223372036854775807 where ledger_account = 'issuance:traffic'",
  )
  const customer = { ...acme, label: 'huge', trafficBytes: 9n }
  await expect(test.ledger.createCustomer(customer)).rejects.toMatchObject({ code: 'amount-out-of-range' })
})

/** Resolves for everyone once `count` have come; later comers pass at once. */
function meeting(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let come = 0
  return () => {
    come += 1
    if (come === count) resolve()
    return promise
  }
}
