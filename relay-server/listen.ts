import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { serve } from '@hono/node-server'
import { WebSocketServer } from 'ws'
import { messageBytesMax, urlBytesMax } from '#protocol'

/** A message in very many fragments costs more than it carries. */
const fragmentsMax = 1_024
/** A target's URL in a query may be percent-encoded, which makes it three times as long; other headers need room too. */
const headBytesMax = 3 * urlBytesMax + 16 * 1024

type Fetch = Parameters<typeof serve>[0]['fetch']

export type Listener = {
  server: Server
  /** Resolves when no answer is under way any more, or when `signal` aborts. */
  answersEnded(signal: AbortSignal): Promise<void>
}

/** Opens the relay's port for HTTP and WebSocket. Rejects with a sentence that says what to do. */
export function listen(fetch: Fetch, { host, port }: { host: string; port: number }): Promise<Listener> {
  const limits = {
    maxPayload: messageBytesMax,
    maxFragments: fragmentsMax,
    perMessageDeflate: false,
    clientTracking: false,
  }
  const sockets = new WebSocketServer({ ...limits, noServer: true })
  const serverOptions = { maxHeaderSize: headBytesMax, shouldUpgradeCallback: isForNodes }
  return new Promise((resolve, reject) => {
    const options = { fetch, hostname: host, port, serverOptions, websocket: { server: sockets } }
    const server = serve(options, () => resolve({ server, answersEnded })) as Server
    const answersEnded = watchAnswers(server)
    // Every request that waits on a connection listens for its end, and a customer may send many ahead (HTTP pipelining).
    server.on('connection', (socket) => socket.setMaxListeners(0))
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, host, port)))
  })
}

/** Any other wish to upgrade (curl asks for HTTP/2 in this way) is ignored, as RFC 9110, section 7.8 allows. */
function isForNodes({ url, headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket' && url?.split('?')[0] === '/node'
}

function watchAnswers(server: Server): Listener['answersEnded'] {
  const underWay = new Set<ServerResponse>()
  let wake = () => {}
  server.on('request', (_incoming: IncomingMessage, outgoing: ServerResponse) => {
    underWay.add(outgoing)
    outgoing.once('close', () => {
      underWay.delete(outgoing)
      if (underWay.size === 0) wake()
    })
  })
  return (signal) =>
    new Promise((resolve) => {
      wake = resolve
      signal.addEventListener('abort', () => resolve(), { once: true })
      if (underWay.size === 0 || signal.aborted) resolve()
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
