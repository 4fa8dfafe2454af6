import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { WebSocketServer } from 'ws'
import { messageBytesMax } from '#protocol'

/** A message in very many fragments costs more than it carries. */
const fragmentsMax = 1_024

type Fetch = Parameters<typeof serve>[0]['fetch']

/** Opens the relay's port for HTTP and WebSocket. Rejects with a sentence that says what to do. */
export function listen(fetch: Fetch, { host, port }: { host: string; port: number }): Promise<Server> {
  const limits = { maxPayload: messageBytesMax, maxFragments: fragmentsMax, perMessageDeflate: false, clientTracking: false }
  const sockets = new WebSocketServer({ ...limits, noServer: true })
  return new Promise((resolve, reject) => {
    const options = { fetch, hostname: host, port, websocket: { server: sockets } }
    const server = serve(options, () => resolve(server as Server))
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, host, port)))
  })
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const reasons: Record<string, string> = {
    EADDRINUSE: `Port ${port} of ${host} is taken: stop what listens there, or choose another with FALLOW_PORT.`,
    EACCES: `Port ${port} of ${host} may not be used by this user: choose one above 1023 with FALLOW_PORT.`,
    EADDRNOTAVAIL: `This machine has no address ${host}: choose another with FALLOW_HOST.`,
  }
  return Object.assign(new Error(reasons[error.code ?? ''] ?? error.message), { code: error.code })
}
