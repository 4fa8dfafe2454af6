import { readFileSync, realpathSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { openDatabase } from '../database.ts'
import { processLives, processWorksIn } from '../embedded-postgres/process-life.ts'

/** A throw-away PostgreSQL of its own: no fsync, a folder in the system's temporary one. */
export type TestServer = { url: string; stop(): Promise<void> }

const folderPrefix = 'fallow-test-postgres-'
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Starts one. Its folder's name holds the id of this process, so that a later run can clear up after a killed one. */
export async function startTestServer(): Promise<TestServer> {
  await clearUpAfterKilledRuns()
  const dataDir = await mkdtemp(join(tmpdir(), `${folderPrefix}${process.pid}-`))
  const database = await openDatabase({ dataDir, as: 'command', durability: 'none' })
  const forget = endWithThisProcess(dataDir)
  const stop = async () => {
    forget()
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
  endServer(dataDir)
  await rm(dataDir, { recursive: true, force: true, maxRetries: 3 })
}

/** A run that is broken off takes its PostgreSQL along; only after SIGKILL does it stay for the next run to find. */
function endWithThisProcess(dataDir: string): () => void {
  const onExit = () => endServer(dataDir)
  const onSignal = (signal: NodeJS.Signals) => {
    onExit()
    forget()
    process.kill(process.pid, signal)
  }
  const forget = () => {
    process.off('exit', onExit)
    for (const name of endingSignals) process.off(name, onSignal)
  }
  process.on('exit', onExit)
  for (const name of endingSignals) process.on(name, onSignal)
  return forget
}

function endServer(dataDir: string): void {
  try {
    const dataFolder = realpathSync(join(dataDir, 'postgres/data'))
    const pid = Number.parseInt(readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8'), 10)
    if (pid > 0 && processWorksIn(pid, dataFolder)) process.kill(pid, 'SIGQUIT')
  } catch {
    // It has ended already.
  }
}
