import pg from 'pg'
import { openDatabase } from '../database.ts'

/**
 * All rows of a table in the embedded PostgreSQL of a data folder, beside the relay that runs on it. What is bytes there is given twice,
 * as text and in hexadecimal, so that nothing can hide in it from a search.
 */
export async function readRawRows(dataDir: string, table: string): Promise<string[]> {
  const database = await openDatabase({ dataDir, as: 'command' })
  const client = new pg.Client({ connectionString: database.url })
  try {
    await client.connect()
    const { rows } = await client.query<Record<string, unknown>>(
      `select * from ${client.escapeIdentifier(table)}`,
    )
    return rows.map((row) => JSON.stringify(row).concat(...Object.values(row).map(bytesOf)))
  } finally {
    await client.end()
    await database.close()
  }
}

const bytesOf = (value: unknown): string =>
  Buffer.isBuffer(value) ? ` ${value.toString('latin1')} ${value.toString('hex')}` : ''
