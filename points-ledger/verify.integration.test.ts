import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MIB } from './limits.ts'
import { type Connection, openConnection } from './store/connection.ts'
import {
  attemptOf,
  exchangeOf,
  furnish,
  openLedgerFixture,
  openTestLedger,
  postingOf,
  receiptOf,
  relayId,
  type TestLedger,
  wrongChecks,
} from './testing/ledger-fixture.ts'
import { type LedgerCheck, verifyBooks } from './verify.ts'

/** Books with something in every table: a charged, a free and a recovered part, an open and a closed hold. */
async function furnishBooks(test: TestLedger): Promise<TestLedger> {
  const { customerId } = await furnish(test, 90n * MIB)
  const hold = await test.ledger.takeHold({ relayId, customerId })
  const idle = await test.ledger.takeHold({ relayId, customerId })
  if (idle) await test.ledger.returnHold(idle)
  const paid = attemptOf('ex-1', customerId, 2n * MIB, { holdId: hold?.holdId ?? '' })
  const free = attemptOf('ex-2', customerId, MIB, { charged: false })
  const posting = postingOf(receiptOf(1, 4n * MIB + 5n), {
    attempts: [paid, free],
    exchanges: [exchangeOf(paid), exchangeOf(free)],
    ended: true,
  })
  await test.ledger.post([posting])
  return test
}

const furnishedBooks = async () => furnishBooks(await openTestLedger())

test('books that nobody touched are right, empty ones too', async () => {
  expect(await wrongChecks(await openTestLedger())).toEqual([])
  expect(await wrongChecks(await furnishedBooks())).toEqual([])
})

test('each check says what it found', async () => {
  const { ledger } = await furnishedBooks()
  const found = Object.fromEntries((await ledger.verify()).map((check) => [check.name, check.found]))
  expect(found.marks).toBe('1 of 1 links explain exactly the bytes of their attempts, within their receipts')
  expect(found.exchanges).toBe('2 of 2 exchanges are charged no more than the customer was told')
})

describe('a row changed by hand is named', () => {
  let books: TestLedger
  let connection: Connection
  beforeAll(async () => {
    books = await furnishBooks(await openLedgerFixture())
    connection = openConnection(books.url)
  })
  afterAll(async () => {
    await connection.close()
    await books.close()
  })

  const unguarded = 'alter table journal disable trigger all'
  const corruptions: [check: string, statement: string][] = [
    ['journal-guard', 'drop trigger journal_append_only_rows on journal'],
    ['journal-guard', unguarded],
    ['balances', `${unguarded}; update journal set amount = amount + 1 where kind = 'charge'`],
    ['attempts', `${unguarded}; update journal set amount = amount + 1 where kind = 'charge'`],
    ['attempts', `${unguarded}; update journal set ref = 'ex-9/1' where kind = 'goodwill'`],
    ['carried', `${unguarded}; delete from journal where kind = 'recovered'`],
    ['recovered', `${unguarded}; delete from journal where kind = 'recovered'`],
    ['points', `${unguarded}; delete from journal where kind = 'earn'`],
    ['journal', `${unguarded}; update journal set kind = 'issue' where kind = 'earn'`],
    ['journal', `${unguarded}; update journal set asset = 'points' where kind = 'charge'`],
    [
      'balances',
      `insert into journal (asset, source, destination, amount, kind, ref)
       values ('points', 'issuance:points', 'account:acc_thief', 1, 'earn', 'link-one')`,
    ],
    ['sums', "update balances set amount = amount + 1 where ledger_account like 'customer:%'"],
    ['balances', "update balances set amount = amount + 1 where ledger_account = 'carried:traffic'"],
    ['balances', "delete from balances where ledger_account like 'account:%'"],
    ['accounts', "delete from balances where ledger_account like 'account:%'"],
    ['customers', "delete from balances where ledger_account like 'customer:%'"],
    ['holds', "delete from balances where ledger_account like 'hold:%'"],
    [
      'ordinary-accounts',
      `alter table balances drop constraint balances_ordinary_never_negative;
       update balances set amount = -1 where ledger_account like 'customer:%'`,
    ],
    ['marks', 'update links set explained_up = explained_up - 1, recovered_up = recovered_up + 1'],
    ['recovered', 'update links set recovered_up = recovered_up - 1'],
    ['carried', 'update links set recovered_up = recovered_up - 1'],
    ['points', 'update links set credited_bytes = credited_bytes - 1'],
    ['points', 'update link_points set posted_units = posted_units + 1'],
    ['points', 'update link_points set credited_bytes = credited_bytes - 1'],
    ['points', 'update rate_cards set units_per_mib = units_per_mib * 2'],
    ['accounts', 'update accounts set carried_bytes = carried_bytes + 1'],
    ['accounts', 'update accounts set credited_bytes = credited_bytes + 1'],
    [
      'attempts',
      "update attempts set charged_bytes = charged_bytes - 1, goodwill_bytes = goodwill_bytes + 1 where exchange_id = 'ex-1'",
    ],
    ['marks', "delete from attempts where exchange_id = 'ex-2'"],
    ['attempts', "delete from attempts where exchange_id = 'ex-2'"],
    ['exchanges', 'update exchanges set charged_bytes = charged_bytes - 1 where charged_bytes > 0'],
    ['exchanges', 'update exchanges set carried_up = carried_up - 1'],
    ['holds', "update holds set closed_as = 'expired'"],
    ['holds', 'delete from holds where closed_as is null'],
  ]

  test.each(corruptions)('%s: %s', async (check, statement) => {
    const wrong = (await checksAfter(connection, statement)).filter(({ ok }) => !ok)
    expect(wrong.map(({ name }) => name)).toContain(check)
  })

  test('and what was undone is right again', async () => {
    expect(await wrongChecks(books)).toEqual([])
  })
})

class Undone extends Error {}

/** Verifies books in which a statement was run, and undoes it. */
async function checksAfter(connection: Connection, statement: string): Promise<LedgerCheck[]> {
  let checks: LedgerCheck[] = []
  const undone = connection.transact(async (tx) => {
    await tx.execute(statement)
    checks = await verifyBooks(tx)
    throw new Undone()
  })
  await expect(undone).rejects.toBeInstanceOf(Undone)
  return checks
}

test.each([
  'update journal set amount = amount + 1',
  'update journal set posted_at = now() where false or true',
  'delete from journal',
  'truncate journal',
])('the journal is append-only: %s', async (statement) => {
  const test = await furnishedBooks()
  await expect(test.query(statement)).rejects.toThrow('the journal is append-only')
})

test('an ordinary account cannot be written below zero, whoever asks', async () => {
  const test = await furnishedBooks()
  const overdraw = "update balances set amount = -1 where ledger_account like 'customer:%'"
  await expect(test.query(overdraw)).rejects.toThrow('balances_ordinary_never_negative')
})
