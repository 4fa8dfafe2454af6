import { type Asset, netOf, type Posting, systemAccounts } from '../posting.ts'
import type { Transaction } from './connection.ts'
import { sql } from './drizzle.ts'
import { type Column, given, names, rowsOf, toBigInt } from './rows.ts'
import { balances } from './schema.ts'

/** Makes a ledger account with nothing in it. */
export async function openBalance(tx: Transaction, ledgerAccount: string, asset: Asset): Promise<void> {
  await tx.insert(balances).values({ ledgerAccount, asset, amount: 0n })
}

/**
 * Locks ordinary ledger accounts until the transaction ends, in the order of their names so that two transactions
 * cannot wait for each other, and returns what they hold. An account that does not exist is absent from the answer.
 */
export async function lockBalances(
  tx: Transaction,
  ledgerAccounts: Iterable<string>,
): Promise<Map<string, bigint>> {
  const wanted = sql.param([...new Set(ledgerAccounts)])
  const rows = await rowsOf(
    tx,
    sql`select ledger_account, amount from balances where ledger_account = any(${wanted}::text[])
        order by ledger_account for no key update`,
  )
  return new Map(rows.map((row) => [String(row.ledger_account), toBigInt(row.amount)]))
}

const postingColumns: readonly Column<Posting>[] = [
  { name: 'asset', type: 'text', of: ({ asset }) => asset },
  { name: 'source', type: 'text', of: ({ source }) => source },
  { name: 'destination', type: 'text', of: ({ destination }) => destination },
  { name: 'amount', type: 'bigint', of: ({ amount }) => amount },
  { name: 'kind', type: 'text', of: ({ kind }) => kind },
  { name: 'ref', type: 'text', of: ({ ref }) => ref },
]

/**
 * Writes postings into the journal and moves the balances with them. Call it last in a transaction, with the ordinary
 * accounts locked: from here on every other posting of the same asset waits for the system accounts.
 */
export async function writePostings(tx: Transaction, postings: readonly Posting[]): Promise<void> {
  if (postings.length === 0) return
  await tx.execute(
    sql`insert into journal (${names(postingColumns)}) select * from ${given(postings, postingColumns)}`,
  )
  const net = [...netOf(postings)]
  await moveBalances(
    tx,
    net.filter(([ledgerAccount]) => !systemAccounts.includes(ledgerAccount)),
  )
  const system = net.filter(([ledgerAccount]) => systemAccounts.includes(ledgerAccount))
  await lockBalances(
    tx,
    system.map(([ledgerAccount]) => ledgerAccount),
  )
  await moveBalances(tx, system)
}

type Net = readonly [ledgerAccount: string, amount: bigint]

const netColumns: readonly Column<Net>[] = [
  { name: 'ledger_account', type: 'text', of: ([ledgerAccount]) => ledgerAccount },
  { name: 'net', type: 'bigint', of: ([, amount]) => amount },
]

async function moveBalances(tx: Transaction, net: readonly Net[]): Promise<void> {
  const { rowCount } = await tx.execute(
    sql`update balances set amount = balances.amount + given.net from ${given(net, netColumns)}
        where balances.ledger_account = given.ledger_account`,
  )
  if (rowCount !== net.length) throw new Error(`a posting names a ledger account that does not exist: ${net}`)
}
