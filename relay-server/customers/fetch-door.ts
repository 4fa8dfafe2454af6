import { createHmac } from 'node:crypto'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { type Context, Hono } from 'hono'
import { uuidv7 } from 'uuidv7'
import type { FailureCode } from '#protocol'
import type { Exchanges } from '../exchange/exchange.ts'
import { ExchangeFailure } from '../exchange/exchange-failure.ts'
import type { ExchangeAnswer, ExchangeEnding, ExchangeRequest } from '../exchange/exchange-ports.ts'
import { acceptsGzip, wantsJson } from './accept.ts'
import type { Authentication, Customer } from './authentication.ts'
import {
  type CollectedBody,
  collectBody,
  createEnvelopeBuffers,
  type EnvelopeBuffers,
  envelopeBytesDefault,
  envelopeBytesMax,
} from './collected-body.ts'
import type { CustomerTraffic } from './customer-traffic.ts'
import { toEnvelope } from './envelope.ts'
import type { FetchRequest, FetchRequestVerdict } from './fetch-request.ts'
import { onceOver, type Wire, watchLeaving } from './leaving.ts'
import type { TargetRules } from './policy-door.ts'
import { problemResponse, suspendedSentence } from './problem.ts'
import { commonHeaders, streamRawAnswer } from './raw-answer.ts'
import { readPosted, readQuery } from './request-document.ts'
import type { CustomerStanding } from './standing.ts'

export type FetchDoorParts = {
  authentication: Authentication
  exchanges: Exchanges
  traffic: CustomerTraffic
  targets: TargetRules
  standing: CustomerStanding
  /** Makes the pseudonyms of nodes: the same node has another name for each customer. */
  pseudonymSecret: string
  isDraining(): boolean
}

type Bindings = { Bindings: Wire; Variables: { exchangeId: string } }
type DoorContext = Context<Bindings>
/** One request at the door, after its checks. */
type Admitted = {
  customer: Customer
  request: FetchRequest
  purpose: string
  url: URL
  exchangeId: string
  asJson: boolean
  gzip: boolean
}
type Serving = FetchDoorParts & { buffers: EnvelopeBuffers }

/** The customer's door: `POST /v1/fetch` and `GET /v1/fetch`. */
export function createFetchDoor(parts: FetchDoorParts): Hono<Bindings> {
  const serving = { ...parts, buffers: createEnvelopeBuffers() }
  const door = new Hono<Bindings>()
  door.post('/v1/fetch', (c) => serve(serving, c, () => readPosted(c.req.raw)))
  // Hono answers HEAD with what stands for GET. Its caller would pay for an answer that it cannot see.
  door.get('/v1/fetch', (c) =>
    c.req.method === 'HEAD' ? wrongMethod() : serve(serving, c, async () => readQuery(c.req.raw)),
  )
  door.all('/v1/fetch', wrongMethod)
  return door
}

function wrongMethod(): Response {
  const detail =
    'Use POST with a JSON document, or GET with a query; the method for the target goes into "method".'
  return problemResponse({
    code: 'invalid-request',
    status: 405,
    headers: { allow: 'GET, POST' },
    detail,
    exchangeId: null,
  })
}

async function serve(
  serving: Serving,
  c: DoorContext,
  read: () => Promise<FetchRequestVerdict>,
): Promise<Response> {
  const exchangeId = `ex_${uuidv7()}`
  c.set('exchangeId', exchangeId)
  const admitted = await admit(serving, c, exchangeId, read)
  if (admitted instanceof Response) return admitted
  try {
    return await performAndAnswer(serving, c, admitted)
  } catch (error) {
    if (!(error instanceof ExchangeFailure)) throw error
    const { code, message: detail, attempts, retryAfterMs } = error
    return problemResponse({ code, detail, exchangeId, attempts, retryAfterMs })
  }
}

/**
 * Key and standing ▸ shape ▸ purpose ▸ URL and literal address ▸ opt-out and category ▸ balance: in this order. What comes after them needs a node,
 * and is the exchange's.
 */
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
  if (!customer) return problem('invalid-key', keySentence(c.req.header('authorization')))
  if (customer.suspendedAt || parts.standing.isSuspended(customer.customerId))
    return problem('customer-suspended', suspendedSentence)
  const verdict = await read()
  if (!verdict.ok) return problem(verdict.code, verdict.detail, verdict.errors)
  const { request } = verdict
  const purpose = request.purpose ?? customer.purposes[0] ?? ''
  const asJson = c.req.query('raw') !== '1' && wantsJson(c.req.header('accept'))
  const wrong = wrongField(customer, { purpose, maxBytes: asJson ? request.maxBytes : null })
  if (wrong) return problem(wrong.code, `${wrong.error.pointer}: ${wrong.error.detail}`, [wrong.error])
  const checked = await parts.targets.checkSite(request)
  if (!checked.ok) {
    const { code, detail, retryAfterMs } = checked
    return problemResponse({ code, detail, exchangeId, retryAfterMs, errors: [{ pointer: '/url', detail }] })
  }
  if (!parts.traffic.mayGrant())
    return problem('relay-failed', 'The relay cannot reach its ledger: ask again in a moment.')
  if (!(await parts.traffic.hasBalance(customer.customerId)))
    return problem(
      'balance-exhausted',
      'The prepaid traffic of this account is used up: buy more, then ask again.',
    )
  return {
    customer,
    request,
    purpose,
    url: checked.url,
    exchangeId,
    asJson,
    gzip: asJson || acceptsGzip(c.req.header('accept-encoding')),
  }
}

type WrongField = { code: FailureCode; error: { pointer: string; detail: string } }

/** What is well-formed and yet not for this customer, or not for this kind of answer. */
function wrongField(
  { purposes }: Customer,
  { purpose, maxBytes }: { purpose: string; maxBytes: number | null },
): WrongField | null {
  if (!purposes.includes(purpose)) {
    const detail = `"${purpose}" was not declared for this customer, which has ${purposes.join(', ')}`
    return { code: 'purpose-not-declared', error: { pointer: '/purpose', detail } }
  }
  if (maxBytes === null || maxBytes <= envelopeBytesMax) return null
  const detail = `must be at most ${envelopeBytesMax} for a JSON answer; a raw one has no such limit`
  return { code: 'invalid-request', error: { pointer: '/maxBytes', detail } }
}

function keySentence(authorization: string | undefined): string {
  const how = 'send your API key as "Authorization: Bearer fk_…", or as the user name of Basic'
  return authorization === undefined
    ? `There is no API key: ${how}.`
    : `The API key is not known here: check it, and ${how}.`
}

async function performAndAnswer(serving: Serving, c: DoorContext, admitted: Admitted): Promise<Response> {
  const leaving = new AbortController()
  const stopWatching = watchLeaving(c.env, () => leaving.abort())
  const cut = () => leaving.abort(new ExchangeFailure('customer-suspended', suspendedSentence))
  const forget = serving.standing.watch(admitted.customer.customerId, cut)
  try {
    if (leaving.signal.reason instanceof ExchangeFailure) throw leaving.signal.reason
    if (leaving.signal.aborted)
      throw new ExchangeFailure('stopped', 'The customer left before a node was asked.')
    const answer = await serving.exchanges.perform(toExchangeRequest(serving, admitted, leaving.signal))
    leaving.signal.addEventListener('abort', () => endBody(answer, leaving.signal))
    if (leaving.signal.aborted) endBody(answer, leaving.signal)
    return await (admitted.asJson
      ? answerInJson(serving, admitted, answer, c.env)
      : answerRaw(serving, admitted, answer, { wire: c.env, signal: leaving.signal }))
  } finally {
    stopWatching()
    forget()
  }
}

function endBody({ body }: ExchangeAnswer, { reason }: AbortSignal): void {
  body.cancel(reason instanceof ExchangeFailure ? reason.code : 'customer-left')
}

function toExchangeRequest(parts: FetchDoorParts, admitted: Admitted, signal: AbortSignal): ExchangeRequest {
  const { customer, request, purpose, url, exchangeId, asJson, gzip } = admitted
  const { method, headers, body, countries, redirect, redirectsMax, timeoutMs } = request
  return {
    exchangeId,
    customer: { id: customer.customerId, label: customer.label, purpose, contact: customer.contact },
    budget: parts.traffic.openBudget(customer.customerId),
    url,
    ...{ method, headers, body, countries, redirect, redirectsMax, timeoutMs },
    answerBytesMax: asJson ? (request.maxBytes ?? envelopeBytesDefault) : request.maxBytes,
    gzip,
    judgesBody: asJson,
    signal,
  }
}

async function answerRaw(
  serving: Serving,
  admitted: Admitted,
  answer: ExchangeAnswer,
  { wire, signal }: { wire: Wire; signal: AbortSignal },
): Promise<Response> {
  const { exchangeId, request, customer } = admitted
  const balanceBytes = () => serving.traffic.balanceBytes(customer.customerId)
  const { droppedHeaders } = request
  await streamRawAnswer(wire, { exchangeId, answer, droppedHeaders, balanceBytes, signal })
  return RESPONSE_ALREADY_SENT
}

async function answerInJson(
  serving: Serving,
  admitted: Admitted,
  answer: ExchangeAnswer,
  wire: Wire,
): Promise<Response> {
  const lease = serving.buffers.open()
  onceOver(wire, lease.release)
  const stopWatching = watchLeaving(wire, () => answer.body.cancel('customer-left'))
  const bytesMax = admitted.request.maxBytes ?? envelopeBytesDefault
  const body = await collectBody(answer, { bytesMax, lease }).finally(stopWatching)
  const ending = await answer.body.ending
  const failure = failureOf(ending, body)
  if (failure) {
    lease.release()
    const { attempts } = answer
    return problemResponse({ ...failure, exchangeId: admitted.exchangeId, attempts, charged: ending.charged })
  }
  return envelopeResponse(serving, admitted, { answer, ending, body })
}

function envelopeResponse(
  serving: Serving,
  { exchangeId, url, customer, request }: Admitted,
  parts: { answer: ExchangeAnswer; ending: ExchangeEnding; body: CollectedBody },
): Response {
  const pseudonym = pseudonymOf(serving.pseudonymSecret, customer.customerId, parts.answer.node.nodeId)
  const balanceBytes = serving.traffic.balanceBytes(customer.customerId)
  const { droppedHeaders } = request
  const envelope = toEnvelope({
    exchangeId,
    url: url.href,
    ...parts,
    pseudonym,
    balanceBytes,
    droppedHeaders,
  })
  const headers = [
    ...commonHeaders(exchangeId, parts.answer),
    ['content-type', 'application/json'],
    ['cache-control', 'no-store'],
  ]
  return new Response(JSON.stringify(envelope), { headers: headers as [string, string][] })
}

/** The head had come, but not the whole body: null where it did, or where it was cut at a limit that the envelope tells of. */
function failureOf({ outcome, detail, carriedBytes }: ExchangeEnding, { fault }: CollectedBody) {
  if (outcome === 'node-failed' && fault)
    return {
      code: outcome,
      detail: 'The node packed the answer badly, so that it cannot be read: ask again.',
    }
  if (outcome === 'completed' || outcome === 'answer-too-large') return null
  const code: FailureCode = outcome === 'customer-left' ? 'stopped' : outcome
  return {
    code,
    detail:
      detail ?? brokenBodySentences(carriedBytes)[code] ?? 'The answer broke off before its end: ask again.',
  }
}

const brokenBodySentences = (carriedBytes: number): Partial<Record<FailureCode, string>> => ({
  'balance-exhausted': `The prepaid traffic ran out after ${carriedBytes} bytes of the answer, which are charged: buy more, then ask again.`,
  'customer-suspended': suspendedSentence,
  'relay-overloaded':
    'The relay holds too many JSON answers at once: ask again in a moment, or for a raw answer, which is not held.',
  'node-timeout': 'The node fell silent in the middle of the answer: ask again.',
  'target-timeout': 'The answer took too long for a JSON document: ask for a raw one, which may take longer.',
})

const pseudonymOf = (secret: string, customerId: string, nodeId: string): string =>
  `n_${createHmac('sha256', secret).update(`${customerId}\n${nodeId}`).digest('hex').slice(0, 16)}`
