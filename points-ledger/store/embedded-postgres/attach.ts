import { setTimeout as wait } from 'node:timers/promises'
import { type Cluster, clusterUser } from './cluster.ts'
import { DatabaseError } from './database-error.ts'
import { type DatabaseUser, type Presence, type ReadyServer, takePlace } from './presence.ts'
import { readServerState, serverHost, startServer } from './server.ts'

/** Starts in a row that came to nothing. Each waits for what stood in the way, so that together they take seconds. */
const vainStartsMax = 30
const betweenStartsMs = 200
const pollMs = 20
const attachDeadlineMs = 180_000

/**
 * Takes a place at the cluster's server, which is started if nobody runs it. Every answer of the world that only needs
 * another look (a server that stops just now, a second starter) leads around the loop again.
 */
export async function attach(cluster: Cluster, as: DatabaseUser): Promise<Presence> {
  const deadline = Date.now() + attachDeadlineMs
  let vainStarts = 0
  while (Date.now() < deadline && vainStarts < vainStartsMax) {
    const state = await readServerState(cluster)
    switch (state.phase) {
      case 'absent':
        if (vainStarts > 0) await wait(betweenStartsMs)
        vainStarts = (await startServer(cluster)) === 'ready' ? 0 : vainStarts + 1
        break
      case 'starting':
      case 'stopping':
        await wait(pollMs)
        break
      case 'ready': {
        const presence = await takePlace(cluster, state, as)
        if (presence) return presence
        await wait(pollMs)
      }
    }
  }
  throw new DatabaseError(
    'start-failed',
    `PostgreSQL in ${cluster.folder} neither started nor let us in. Look into the file "log" there.`,
  )
}

/** The address of the product's database on a running server. */
export function urlOf(cluster: Cluster, server: ReadyServer): string {
  const password = encodeURIComponent(cluster.password)
  return `postgres://${clusterUser}:${password}@${serverHost}:${server.port}/${clusterUser}`
}
