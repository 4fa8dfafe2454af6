import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { LedgerError } from '../ledger-error.ts'
import {
  connectDeadlineMs,
  idleInTransactionDeadlineMs,
  lockDeadlineMs,
  poolConnectionsMax,
  retryDelayMsMax,
  retryDelayMsMin,
  statementDeadlineMs,
  transactionTriesMax,
} from '../limits.ts'
import { ledgerErrorFor, mayBeTriedAgain } from './database-failure.ts'
import { drizzle, type NodePgDatabase } from './drizzle.ts'
import * as schema from './schema.ts'

type Database = NodePgDatabase<typeof schema>
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0]

export type Connection = {
  /**
   * Runs `work` in one READ COMMITTED transaction. Everything that money depends on is locked by row before it is
   * read (links, holds, balances, each in the order of its ids, system accounts last), and what must happen once has a
   * unique key; SERIALIZABLE would add nothing but false conflicts on the few system accounts that every posting
   * touches. A transaction that still loses is run again, so `work` must read everything anew.
   */
  transact<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result>
  /** Runs `work` against one unchanging picture of the database, however long it takes. */
  readSnapshot<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result>
  /** Runs one read by itself. */
  read<Result>(work: (database: Transaction) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

/** Opens a pool; nothing is connected before the first statement. */
export function openConnection(
  url: string,
  { connectionsMax = poolConnectionsMax }: { connectionsMax?: number } = {},
): Connection {
  const pool = new pg.Pool({
    connectionString: url,
    max: connectionsMax,
    connectionTimeoutMillis: connectDeadlineMs,
    lock_timeout: lockDeadlineMs,
    statement_timeout: statementDeadlineMs,
    idle_in_transaction_session_timeout: idleInTransactionDeadlineMs,
    application_name: 'fallow ledger',
  })
  // A connection that breaks is replaced at its next use. Without listeners it would end the process: on the pool for
  // idle ones, on the client for one that breaks while it is being closed, when the pool no longer listens.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const database = drizzle(pool, { schema, casing: 'snake_case' })
  const onOneClient = createClientUse(pool)
  let closing: Promise<void> | undefined
  return {
    transact: (work) =>
      tryAgain(() => onOneClient((client) => client.transaction(work, { isolationLevel: 'read committed' }))),
    readSnapshot: (work) => tryAgain(() => onOneClient((client) => snapshot(client, work))),
    // A pooled database has every method of a transaction that a read needs.
    read: (work) => tryAgain(() => work(database as unknown as Transaction)),
    close: () => (closing ??= pool.end()),
  }
}

/**
 * Lends a connection of the pool for one piece of work, and gives it back whatever happens. Drizzle's own transaction on a
 * pool keeps the connection for ever when its `begin` fails (0.45, node-postgres/session.js), as it does after a restart of
 * the server: some of those later the pool is empty and cannot be closed.
 */
function createClientUse(pool: pg.Pool) {
  const databases = new WeakMap<pg.PoolClient, Database>()
  const databaseOn = (client: pg.PoolClient): Database => {
    const known = databases.get(client) ?? drizzle(client, { schema, casing: 'snake_case' })
    databases.set(client, known)
    return known
  }
  return async <Result>(work: (database: Database) => Promise<Result>): Promise<Result> => {
    const client = await pool.connect()
    try {
      return await work(databaseOn(client))
    } finally {
      // One that is left in the middle of a transaction is of no use to the next.
      client.release(client.getTransactionStatus() !== 'I')
    }
  }
}

function snapshot<Result>(database: Database, work: (tx: Transaction) => Promise<Result>): Promise<Result> {
  return database.transaction(
    async (tx) => {
      await tx.execute('set local statement_timeout = 0')
      return work(tx)
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  )
}

async function tryAgain<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run()
    } catch (error) {
      if (!mayBeTriedAgain(error)) throw ledgerErrorFor(error)
      if (tries === transactionTriesMax) throw contention(error)
      await delay(retryDelayMs(tries))
    }
  }
}

function contention(cause: unknown): LedgerError {
  const message = `The ledger lost against other transactions ${transactionTriesMax} times; make the same call again.`
  return new LedgerError('contention', message, { cause })
}

function retryDelayMs(tries: number): number {
  return Math.random() * Math.min(retryDelayMsMax, retryDelayMsMin * 2 ** tries)
}
