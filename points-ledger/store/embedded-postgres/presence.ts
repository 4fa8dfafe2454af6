import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { type Cluster, clusterUser } from './cluster.ts'
import { DatabaseError } from './database-error.ts'
import { readServerState, type ServerState, serverHost, stopServer } from './server.ts'

/** Who opens the database: the relay, of which a data folder has one, or a command, of which there may be many. */
export type DatabaseUser = 'relay' | 'command'

export type ReadyServer = Extract<ServerState, { phase: 'ready' }>

/**
 * Session-level advisory locks in the maintenance database. They end with their connection, and so with the process that
 * holds them, however it ends.
 *
 * - `relay` is held by the one relay of the data folder.
 * - `present` is held shared by everyone who uses the server. Whoever leaves tries to get it alone: the one who succeeds
 *   was the last and stops the server; a newcomer meanwhile waits for the lock, loses its connection and starts anew.
 */
const locks = { relay: 0x66616c6c_0001n, present: 0x66616c6c_0002n }

/** The relay that was killed a moment ago holds its lock until PostgreSQL has seen its socket close. */
const relayLockWaitMs = 300
const relayLockPollMs = 20
const connectDeadlineMs = 10_000
const maintenanceDatabase = 'postgres'

/** PostgreSQL shuts down, starts up, or went away: the state of the server has to be looked at again. */
const serverGoneCodes = new Set([
  '57P01',
  '57P02',
  '57P03',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
])

/** One user's place at a running server. */
export type Presence = {
  server: ReadyServer
  /** Called once if the connection ends without `leave`: then the locks are gone as well. */
  onLost(listener: () => void): void
  /** Gives the place up; the last one stops the server. May be called twice. */
  leave(): Promise<void>
}

/** Takes a place at a server. `undefined`: it went away meanwhile. Throws DatabaseError `data-folder-in-use`. */
export async function takePlace(
  cluster: Cluster,
  server: ReadyServer,
  as: DatabaseUser,
): Promise<Presence | undefined> {
  const client = new pg.Client(connectionOf(cluster, server, maintenanceDatabase))
  const life = watch(client)
  try {
    await client.connect()
    await createDatabase(client)
    await client.query('select pg_advisory_lock_shared($1)', [locks.present])
    if (as === 'relay') await takeRelayLock(client, cluster)
    return { server, onLost: life.onLost, leave: once(() => leave(client, cluster, life)) }
  } catch (error) {
    if (error instanceof DatabaseError) await leave(client, cluster, life)
    await client.end().catch(() => {})
    if (isServerGone(error, life.lost)) return undefined
    throw error instanceof DatabaseError ? error : refused(cluster, error)
  }
}

/** What a client needs to connect to `database` of a running cluster. */
function connectionOf(cluster: Cluster, server: ReadyServer, database: string): pg.ClientConfig {
  const { password } = cluster
  return {
    host: serverHost,
    port: server.port,
    user: clusterUser,
    password,
    database,
    application_name: 'fallow-presence',
    connectionTimeoutMillis: connectDeadlineMs,
  }
}

type ConnectionLife = { lost: boolean; leaving: boolean; onLost: Presence['onLost'] }

function watch(client: pg.Client): ConnectionLife {
  const listeners: Array<() => void> = []
  const life: ConnectionLife = { lost: false, leaving: false, onLost: (listener) => listeners.push(listener) }
  client.on('error', () => {})
  client.once('end', () => {
    life.lost = true
    if (!life.leaving) for (const listener of listeners) listener()
  })
  return life
}

/** Two first users may create it at the same moment; the slower one is told that it exists. */
async function createDatabase(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [clusterUser])
  if (rowCount) return
  await client.query(`create database ${clusterUser}`).catch((error) => {
    const exists = error.code === '42P04' || error.code === '23505'
    if (!exists) throw error
  })
}

async function takeRelayLock(client: pg.Client, cluster: Cluster): Promise<void> {
  const deadline = Date.now() + relayLockWaitMs
  while (!(await tryLock(client, locks.relay))) {
    if (Date.now() > deadline) throw inUse(cluster)
    await wait(relayLockPollMs)
  }
}

async function tryLock(client: pg.Client, lock: bigint): Promise<boolean> {
  const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [lock])
  return rows[0]?.got === true
}

async function leave(client: pg.Client, cluster: Cluster, life: ConnectionLife): Promise<void> {
  life.leaving = true
  const last = !life.lost && (await isLast(client))
  if (last) await stopIfReady(cluster)
  await client.end().catch(() => {})
}

async function isLast(client: pg.Client): Promise<boolean> {
  try {
    await client.query('select pg_advisory_unlock_shared($1)', [locks.present])
    return await tryLock(client, locks.present)
  } catch {
    // The connection broke: the server is going, or somebody else will look after it.
    return false
  }
}

async function stopIfReady(cluster: Cluster): Promise<void> {
  const state = await readServerState(cluster)
  if (state.phase !== 'absent') await stopServer(cluster, state.pid)
}

/** A connection that breaks without a word has no code; a refusal (a wrong password, too many connections) has one. */
function isServerGone(error: unknown, lost: boolean): boolean {
  const { code } = error as { code?: string }
  return code === undefined ? lost : serverGoneCodes.has(code)
}

function refused(cluster: Cluster, cause: unknown): DatabaseError {
  return new DatabaseError(
    'unreachable',
    `PostgreSQL in ${cluster.folder} is running, but refused us: ${(cause as Error).message}. If the file "password" there was changed, restore it.`,
    { cause },
  )
}

function inUse(cluster: Cluster): DatabaseError {
  return new DatabaseError(
    'data-folder-in-use',
    `Another relay is running on ${cluster.folder}. Stop it first, or set FALLOW_DATA_DIR to a folder of its own for each relay.`,
  )
}

function once(action: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined
  return () => {
    result ??= action()
    return result
  }
}
