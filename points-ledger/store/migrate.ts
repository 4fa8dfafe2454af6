import { join } from 'node:path'
import pg from 'pg'
import { connectDeadlineMs } from '../limits.ts'
import { ledgerErrorFor } from './database-failure.ts'
import { drizzle, migrate } from './drizzle.ts'

/** Any number, the same in every process that migrates: 'fallow' in ASCII. */
const migrationLock = 0x66616c6c6f77

/**
 * Brings the database at `url` to this version's schema. Several processes may do so at once: an advisory lock, held by
 * the one connection that migrates, lets them pass one after another (two that run unlocked both create the same type).
 */
export async function migrateDatabase(url: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: connectDeadlineMs,
    application_name: 'fallow migrations',
  })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('select pg_advisory_lock($1)', [migrationLock])
    await migrate(drizzle(client), { migrationsFolder: join(import.meta.dirname, 'migrations') })
  } catch (error) {
    throw ledgerErrorFor(error)
  } finally {
    // Closing the connection also gives the lock back.
    await client.end().catch(() => {})
  }
}
