import pg from 'pg'
import { attach, urlOf } from './embedded-postgres/attach.ts'
import { type Cluster, type Durability, openCluster } from './embedded-postgres/cluster.ts'
import { DatabaseError } from './embedded-postgres/database-error.ts'
import type { DatabaseUser, Presence } from './embedded-postgres/presence.ts'

export {
  DatabaseError,
  type DatabaseErrorCode,
  databaseErrorCodes,
} from './embedded-postgres/database-error.ts'

/** An open database. `close` gives it up and may be called twice; end your own pools on `url` first. */
export type Database = {
  /** `postgres://user:password@host:port/name`; holds the password, so never log it. */
  url: string
  /** Whether it is our own PostgreSQL in the data folder. Then `close` stops it, unless others still use it. */
  embedded: boolean
  close(): Promise<void>
}

export type OpenDatabaseOptions = {
  dataDir: string
  /** A PostgreSQL server to use in place of the embedded one. Then nothing is started, nor the data folder locked. */
  databaseUrl?: string | undefined
  /** A data folder has one relay; commands come and go beside it. */
  as: DatabaseUser
  /** `none` is for tests. */
  durability?: Durability
  /** Called when the relay lost its hold on the data folder for good, and must not go on serving. */
  onLost?: (error: DatabaseError) => void
}

const connectDeadlineMs = 10_000

/** Opens the ledger's database. Throws DatabaseError, whose sentence is for the person who started the program. */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const { dataDir, databaseUrl, durability = 'full' } = options
  if (databaseUrl) return openForeign(databaseUrl)
  return openEmbedded(await openCluster({ dataDir, durability }), options)
}

async function openForeign(url: string): Promise<Database> {
  const client = await connectForeign(url)
  await client.end()
  return { url, embedded: false, close: async () => {} }
}

async function connectForeign(url: string): Promise<pg.Client> {
  try {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectDeadlineMs })
    client.on('error', () => {})
    await client.connect()
    return client
  } catch (cause) {
    // The URL itself holds a password and stays out of the sentence.
    throw new DatabaseError(
      'unreachable',
      `The PostgreSQL server named by DATABASE_URL cannot be used: ${reasonOf(cause)}. Check the address, the user and the password, or unset DATABASE_URL to use the embedded one.`,
      { cause },
    )
  }
}

/** A refused connection to a name with several addresses is an AggregateError with an empty message. */
function reasonOf(cause: unknown): string {
  const error = cause as NodeJS.ErrnoException
  return error.message || error.code || 'it does not answer'
}

async function openEmbedded(cluster: Cluster, { as, onLost }: OpenDatabaseOptions): Promise<Database> {
  const place = await holdPlace(cluster, as, onLost)
  return { url: place.url, embedded: true, close: place.close }
}

type HeldPlace = { url: string; close(): Promise<void> }

/**
 * Holds a place at the server until `close`. If PostgreSQL falls over, a relay takes its place again, starting the server
 * anew where need be: else a second relay could take the data folder while this one believes to have it.
 */
async function holdPlace(
  cluster: Cluster,
  as: DatabaseUser,
  onLost: OpenDatabaseOptions['onLost'],
): Promise<HeldPlace> {
  let closed = false
  let place: Promise<Presence> = attach(cluster, as)
  const url = urlOf(cluster, (await place).server)

  const watchOver = (presence: Presence) => {
    presence.onLost(() => {
      if (closed || as !== 'relay') return
      place = attach(cluster, as)
      place.then(resume, (error) => onLost?.(error))
    })
  }
  const resume = (presence: Presence) => {
    watchOver(presence)
    if (urlOf(cluster, presence.server) !== url) onLost?.(movedError(cluster))
  }
  watchOver(await place)

  const close = async () => {
    closed = true
    const presence = await place.catch(() => undefined)
    await presence?.leave()
  }
  return { url, close }
}

function movedError(cluster: Cluster): DatabaseError {
  return new DatabaseError(
    'start-failed',
    `PostgreSQL in ${cluster.folder} ended and had to be started on another port. Start the relay again.`,
  )
}
