import type { IncomingMessage } from 'node:http'
import { upgradeWebSocket } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import type { WebSocket } from 'ws'
import { createFetchDoor, type FetchDoorParts } from './customers/fetch-door.ts'
import type { Wire } from './customers/leaving.ts'
import { createPolicyDoor } from './customers/policy-door.ts'
import { problemResponse } from './customers/problem.ts'
import type { Log } from './observability/log.ts'
import { clientAddressOf, isFromThisMachine } from './peer-address.ts'

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
  const app = new Hono<{ Variables: { exchangeId: string | undefined } }>()
  app.get('/healthz', (c) => c.json({ alive: true }))
  app.get('/readyz', async (c) => {
    const missing = await parts.missing()
    return c.json({ ready: missing.length === 0, missing }, missing.length === 0 ? 200 : 503)
  })
  app.get('/metrics', ownMachineOnly, async (c) =>
    c.text(await parts.metricsText(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }),
  )
  app.get('/node', requireUpgrade, (c, next) => {
    const address = clientAddressOf(incomingOf(c), parts.trustedProxies)
    return upgradeWebSocket(() => ({
      onOpen: (_event, socket) => parts.nodeDoor.enter(socket.raw as unknown as WebSocket, address),
    }))(c, next)
  })
  app.route('/', createFetchDoor(parts.fetchDoor))
  app.route('/', createPolicyDoor(parts.fetchDoor))
  app.notFound((c) =>
    nothingAt(`There is nothing at ${c.req.method} ${c.req.path}: customers use /v1/fetch.`),
  )
  app.onError((error, c) => {
    const { outgoing } = c.env as Partial<Wire>
    const exchangeId = c.get('exchangeId') ?? null
    if (outgoing?.destroyed) return RESPONSE_ALREADY_SENT
    parts.log.error({ exchangeId, error: error.stack ?? String(error) }, 'a request failed inside the relay')
    if (outgoing?.headersSent) return RESPONSE_ALREADY_SENT
    const detail = 'The relay failed: ask again in a moment, and tell its operator if it stays so.'
    return problemResponse({ code: 'relay-failed', detail, exchangeId })
  })
  return app
}

const ownMachineOnly: MiddlewareHandler = async (c, next) => {
  if (isFromThisMachine(incomingOf(c))) return next()
  return nothingAt('There is nothing here for other machines.')
}

const requireUpgrade: MiddlewareHandler = async (c, next) => {
  if (c.req.header('upgrade')?.toLowerCase() === 'websocket') return next()
  return nothingAt('This is the door for nodes: it speaks WebSocket. Customers use /v1/fetch.')
}

const nothingAt = (detail: string): Response =>
  problemResponse({ code: 'not-found', detail, exchangeId: null })

const incomingOf = (c: Context): IncomingMessage => (c.env as Wire).incoming
