import { createHmac } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { type Context, Hono } from 'hono'
import { uuidv7 } from 'uuidv7'
import type { FailureCode } from '#protocol'
import type { Exchanges } from '../exchange/exchange.ts'
import { ExchangeFailure } from '../exchange/exchange-failure.ts'
import type { ExchangeAnswer, ExchangeRequest } from '../exchange/exchange-ports.ts'
import { acceptsGzip, wantsJson } from './accept.ts'
import type { Authentication, Customer } from './authentication.ts'
import type { CustomerTraffic } from './customer-traffic.ts'
import { createEnvelopeBuffers, decodeBody, type EnvelopeBuffers, envelopeBytesDefault, envelopeBytesMax, toEnvelope } from './envelope.ts'
import { type FetchRequest, type FetchRequestVerdict, readFetchQuery, readFetchRequest } from './fetch-request.ts'
import { problemResponse } from './problem.ts'
import { commonHeaders, streamRawAnswer } from './raw-answer.ts'

/** The JSON document of a request: an 8 MiB body as base64, and room for the rest. */
const documentBytesMax = 16 * 1024 * 1024

export type FetchDoorParts = {
  authentication: Authentication
  exchanges: Exchanges
  traffic: CustomerTraffic
  checkUrl(url: string): { ok: true; url: URL } | { ok: false; code: FailureCode; detail: string }
  /** Makes the pseudonyms of nodes: the same node has another name for each customer. */
  pseudonymSecret: string
  isDraining(): boolean
}

type Bindings = { Bindings: { incoming: IncomingMessage; outgoing: ServerResponse } }
type DoorContext = Context<Bindings>
/** One request at the door, after its checks. */
type Admitted = { customer: Customer; request: FetchRequest; url: URL; exchangeId: string; asJson: boolean }

/** The customer's door: `POST /v1/fetch` and `GET /v1/fetch`. */
export function createFetchDoor(parts: FetchDoorParts): Hono<Bindings> {
  const buffers = createEnvelopeBuffers()
  const door = new Hono<Bindings>()
  door.post('/v1/fetch', (c) => serve(parts, buffers, c, () => readPosted(c)))
  door.get('/v1/fetch', (c) => serve(parts, buffers, c, async () => readFetchQuery(new URL(c.req.url).searchParams)))
  return door
}

async function serve(
  parts: FetchDoorParts,
  buffers: EnvelopeBuffers,
  c: DoorContext,
  read: () => Promise<FetchRequestVerdict>,
): Promise<Response> {
  const exchangeId = `ex_${uuidv7()}`
  const admitted = await admit(parts, c, exchangeId, read)
  if (admitted instanceof Response) return admitted
  try {
    return await exchange(parts, buffers, c, admitted)
  } catch (error) {
    if (!(error instanceof ExchangeFailure)) throw error
    const { code, message: detail, attempts, retryAfterMs } = error
    return problemResponse({ code, detail, exchangeId, attempts, retryAfterMs })
  }
}

/** Key ▸ shape ▸ URL and literal address ▸ balance: in this order. What comes after them needs a node, and is the exchange's. */
async function admit(
  parts: FetchDoorParts,
  c: DoorContext,
  exchangeId: string,
  read: () => Promise<FetchRequestVerdict>,
): Promise<Admitted | Response> {
  const problem = (code: FailureCode, detail: string, errors?: { pointer: string; detail: string }[]) =>
    problemResponse({ code, detail, exchangeId, ...(errors && { errors }) })
  if (parts.isDraining()) return problem('relay-draining', 'This relay is closing: ask again in a moment.')
  const customer = await parts.authentication.customerOf(c.req.header('authorization'))
  if (!customer) return problem('invalid-key', 'Send your API key as "Authorization: Bearer fk_…".')
  const verdict = await read()
  if (!verdict.ok) return problem(verdict.code, verdict.detail, verdict.errors)
  const asJson = c.req.query('raw') !== '1' && wantsJson(c.req.header('accept'))
  const tooLarge = asJson && (verdict.request.maxBytes ?? 0) > envelopeBytesMax
  if (tooLarge) return problem('invalid-request', `/maxBytes: a JSON answer takes at most ${envelopeBytesMax} bytes; ask for a raw one.`)
  const checked = parts.checkUrl(verdict.request.url)
  if (!checked.ok) return problem(checked.code, checked.detail, [{ pointer: '/url', detail: checked.detail }])
  if (!(await parts.traffic.hasBalance(customer.customerId)))
    return problem('balance-exhausted', 'The prepaid traffic of this account is used up: buy more, then ask again.')
  return { customer, request: verdict.request, url: checked.url, exchangeId, asJson }
}

async function exchange(parts: FetchDoorParts, buffers: EnvelopeBuffers, c: DoorContext, admitted: Admitted): Promise<Response> {
  const { outgoing } = c.env
  const leaving = new AbortController()
  const left = () => leaving.abort()
  outgoing.once('close', left)
  const answer = await parts.exchanges.perform(toExchangeRequest(parts, c, admitted, leaving.signal))
  outgoing.off('close', left)
  if (admitted.asJson) return answerInJson(parts, buffers, admitted, answer, outgoing)
  const balanceBytes = () => parts.traffic.balanceBytes(admitted.customer.customerId)
  const { exchangeId, request } = admitted
  await streamRawAnswer(outgoing, { exchangeId, answer, droppedHeaders: request.droppedHeaders, balanceBytes })
  return RESPONSE_ALREADY_SENT
}

function toExchangeRequest(parts: FetchDoorParts, c: DoorContext, admitted: Admitted, signal: AbortSignal): ExchangeRequest {
  const { customer, request, url, exchangeId, asJson } = admitted
  const { method, headers, body, countries, redirect, redirectsMax, timeoutMs } = request
  return {
    exchangeId,
    customer: { id: customer.customerId, label: customer.name, purpose: request.purpose },
    budget: parts.traffic.openBudget(customer.customerId),
    url,
    ...{ method, headers, body, countries, redirect, redirectsMax, timeoutMs },
    answerBytesMax: asJson ? (request.maxBytes ?? envelopeBytesDefault) : request.maxBytes,
    gzip: asJson || acceptsGzip(c.req.header('accept-encoding')),
    signal,
  }
}

async function answerInJson(
  parts: FetchDoorParts,
  buffers: EnvelopeBuffers,
  admitted: Admitted,
  answer: ExchangeAnswer,
  outgoing: ServerResponse,
): Promise<Response> {
  const left = () => answer.body.cancel('customer-left')
  outgoing.once('close', left)
  const collected = await buffers.collect(answer)
  const ending = await answer.body.ending
  outgoing.off('close', left)
  if (ending.outcome !== 'completed' && ending.outcome !== 'answer-too-large')
    return brokenBody(admitted.exchangeId, answer, ending)
  const body = await decodeBody(collected, answer.encoding, admitted.request.maxBytes ?? envelopeBytesDefault)
  const { exchangeId, url, customer, request } = admitted
  const pseudonym = pseudonymOf(parts.pseudonymSecret, customer.customerId, answer.node.nodeId)
  const balanceBytes = parts.traffic.balanceBytes(customer.customerId)
  const { droppedHeaders } = request
  const envelope = toEnvelope({ exchangeId, url: url.href, answer, ending, body, pseudonym, balanceBytes, droppedHeaders })
  return Response.json(envelope, { headers: [...commonHeaders(exchangeId, answer), ['cache-control', 'no-store']] })
}

/** The head had come, but not the whole body. */
function brokenBody(exchangeId: string, { attempts }: ExchangeAnswer, { outcome, detail }: { outcome: string; detail: string | null }) {
  const code = (outcome === 'customer-left' ? 'stopped' : outcome) as FailureCode
  return problemResponse({ code, detail: detail ?? 'The answer broke off before its end: ask again.', exchangeId, attempts })
}

const pseudonymOf = (secret: string, customerId: string, nodeId: string): string =>
  `n_${createHmac('sha256', secret).update(`${customerId}\n${nodeId}`).digest('hex').slice(0, 16)}`

async function readPosted(c: DoorContext): Promise<FetchRequestVerdict> {
  const text = await readText(c)
  if (text === null) {
    const detail = `must be at most ${documentBytesMax} bytes as JSON`
    return { ok: false, code: 'body-too-large', detail: `The request ${detail}.`, errors: [{ pointer: '', detail }] }
  }
  try {
    return readFetchRequest(JSON.parse(text))
  } catch {
    const detail = 'The request must be a JSON document; this one cannot be parsed.'
    return { ok: false, code: 'invalid-request', detail, errors: [{ pointer: '', detail }] }
  }
}

/** Null where the document is too large. */
async function readText(c: DoorContext): Promise<string | null> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of c.req.raw.body ?? []) {
    length += piece.length
    if (length > documentBytesMax) return null
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}
