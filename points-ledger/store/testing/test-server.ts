import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { openDatabase } from '../database.ts'
import { processLives, processWorksIn } from '../embedded-postgres/process-life.ts'

/** A throw-away PostgreSQL of its own: no fsync, a folder in the system's temporary one. */
export type TestServer = { url: string; stop(): Promise<void> }

const folderPrefix = 'fallow-test-postgres-'

/** Starts one. Its folder's name holds the id of this process, so that a later run can clear up after a killed one. */
export async function startTestServer(): Promise<TestServer> {
  await clearUpAfterKilledRuns()
  const dataDir = await mkdtemp(join(tmpdir(), `${folderPrefix}${process.pid}-`))
  const database = await openDatabase({ dataDir, as: 'command', durability: 'none' })
  const stop = async () => {
    await database.close()
    await rm(dataDir, { recursive: true, force: true })
  }
  return { url: database.url, stop }
}

/** Runs one statement on a connection of its own. */
export async function runOn(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** The same server and user, another database. */
export function withDatabase(url: string, name: string): string {
  const other = new URL(url)
  other.pathname = `/${name}`
  return other.href
}

async function clearUpAfterKilledRuns(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = new RegExp(`^${folderPrefix}(\\d+)-`).exec(name)?.[1]
    if (pid && !processLives(Number(pid))) await clearUp(join(tmpdir(), name))
  }
}

async function clearUp(dataDir: string): Promise<void> {
  const dataFolder = await realpath(join(dataDir, 'postgres/data')).catch(() => '')
  const pid = Number.parseInt(await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => ''), 10)
  if (pid > 0 && processWorksIn(pid, dataFolder)) process.kill(pid, 'SIGQUIT')
  await rm(dataDir, { recursive: true, force: true, maxRetries: 3 })
}
