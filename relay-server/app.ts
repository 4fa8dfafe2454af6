import { isIP } from 'node:net'
import { upgradeWebSocket } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import type { WebSocket } from 'ws'
import { isLoopbackAddress } from '#addresses'
import { createFetchDoor, type FetchDoorParts } from './customers/fetch-door.ts'
import { problemResponse } from './customers/problem.ts'
import type { Log } from './observability/log.ts'

export type AppParts = {
  fetchDoor: FetchDoorParts
  nodeDoor: { enter(socket: WebSocket, address: string): void }
  metricsText(): Promise<string>
  /** What keeps the relay from serving; empty when it is ready. */
  missing(): Promise<string[]>
  trustedProxies: readonly string[]
  log: Log
}

/** The relay's one HTTP application: the node door, the customer's door, and what operators ask. */
export function createApp(parts: AppParts) {
  const app = new Hono()
  app.get('/healthz', (c) => c.json({ alive: true }))
  app.get('/readyz', async (c) => {
    const missing = await parts.missing()
    return c.json({ ready: missing.length === 0, missing }, missing.length === 0 ? 200 : 503)
  })
  app.get('/metrics', loopbackOnly, async (c) =>
    c.text(await parts.metricsText(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }),
  )
  app.get('/node', requireUpgrade, (c, next) => {
    const address = addressOf(c, parts.trustedProxies)
    return upgradeWebSocket(() => ({
      onOpen: (_event, socket) => parts.nodeDoor.enter(socket.raw as unknown as WebSocket, address),
    }))(c, next)
  })
  app.route('/', createFetchDoor(parts.fetchDoor))
  app.notFound((c) =>
    problemResponse({ code: 'not-found', detail: `There is nothing at ${c.req.method} ${c.req.path}.`, exchangeId: null }),
  )
  app.onError((error) => {
    parts.log.error({ error: error.stack ?? String(error) }, 'a request failed inside the relay')
    return problemResponse({ code: 'relay-failed', detail: 'The relay failed: ask again, and tell its operator.', exchangeId: null })
  })
  return app
}

/** The peer's address; where the peer is a trusted proxy, the last address that it forwards for. */
function addressOf(c: Context, trustedProxies: readonly string[]): string {
  const peer = plainAddress(getConnInfo(c).remote.address ?? '')
  if (!trustedProxies.includes(peer)) return peer
  const forwarded = c.req.header('x-forwarded-for')?.split(',').map((part) => part.trim()) ?? []
  return forwarded.findLast((address) => isIP(address) > 0 && !trustedProxies.includes(address)) ?? peer
}

/** Node writes IPv4 peers of a dual-stack socket as `::ffff:192.0.2.1`. */
const plainAddress = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address)

const loopbackOnly: MiddlewareHandler = async (c, next) => {
  if (isLoopbackAddress(plainAddress(getConnInfo(c).remote.address ?? ''))) return next()
  return problemResponse({ code: 'not-found', detail: 'There is nothing here for other machines.', exchangeId: null })
}

const requireUpgrade: MiddlewareHandler = async (c, next) => {
  if (c.req.header('upgrade')?.toLowerCase() === 'websocket') return next()
  const detail = 'This is the door for nodes: it speaks WebSocket. Customers use /v1/fetch.'
  return problemResponse({ code: 'not-found', detail, exchangeId: null })
}
