import { type Context, Hono } from 'hono'
import { networkPolicy, ownerCategoriesOf } from '#network-policy'
import type { FailureCode } from '#protocol'
import type { RobotsState } from '../exchange/exchange-ports.ts'
import type { Authentication } from './authentication.ts'
import { problemResponse, suspendedSentence } from './problem.ts'
import type { CustomerStanding } from './standing.ts'

type Target = { url: string; method: string }
type Refused = { ok: false; code: FailureCode; detail: string; retryAfterMs?: number }
type TargetVerdict = { ok: true; url: URL; robots: RobotsState } | Refused

/** What the doors ask about targets. */
export type TargetRules = {
  /** URL and literal address ▸ opt-out and category. */
  checkSite(target: Target): Promise<{ ok: true; url: URL } | Refused>
  /** The same ▸ name resolution ▸ robots. */
  check(target: Target, signal: AbortSignal): Promise<TargetVerdict>
  /** Of all that only what is known without asking anybody. */
  checkKnown(target: Target): TargetVerdict
}
export type PolicyDoorParts = {
  targets: TargetRules
  authentication: Authentication
  standing: Pick<CustomerStanding, 'isSuspended'>
}

const documentSecondsMax = 3_600
const parameters = ['url', 'method']
const documentText = `${JSON.stringify(networkPolicy, null, 2)}\n`

/** `GET /v1/policy`: the published document. `?url=`: may this be fetched, and why not. */
export function createPolicyDoor(parts: PolicyDoorParts): Hono {
  const door = new Hono()
  door.get('/v1/policy', async (c) => {
    const query = new URL(c.req.raw.url).searchParams
    return query.size === 0 ? documentResponse() : answerOn(parts, c, query)
  })
  return door
}

/**
 * Asks browsers to report each request to the relay to a group that nobody names an endpoint for. Nodes want one such report waiting: see
 * extension/background/report-hold.ts.
 */
const reportForNobody = JSON.stringify({
  report_to: 'nobody',
  max_age: documentSecondsMax,
  success_fraction: 1,
  failure_fraction: 0,
})

const documentResponse = (): Response =>
  new Response(documentText, {
    headers: {
      'content-type': 'application/json',
      'cache-control': `public, max-age=${documentSecondsMax}`,
      'access-control-allow-origin': '*',
      nel: reportForNobody,
    },
  })

/** Callers without a key pay for nothing, so for them the relay asks nobody: they learn what it knows already. */
async function answerOn(parts: PolicyDoorParts, c: Context, query: URLSearchParams): Promise<Response> {
  const read = readTarget(query)
  if (!read.ok) return problem('invalid-request', read.detail, read.pointer)
  const authorization = c.req.header('authorization')
  const isCustomer = authorization !== undefined
  const refusal = isCustomer ? await refusalOf(parts, authorization) : null
  if (refusal) return refusal
  const verdict = isCustomer
    ? await parts.targets.check(read.target, c.req.raw.signal)
    : parts.targets.checkKnown(read.target)
  if (!verdict.ok && verdict.code === 'invalid-request')
    return problem('invalid-request', verdict.detail, '/url')
  return Response.json(toAnswer(read.target, verdict, isCustomer), {
    headers: { 'cache-control': 'no-store' },
  })
}

async function refusalOf(
  { authentication, standing }: PolicyDoorParts,
  authorization: string,
): Promise<Response | null> {
  const customer = await authentication.customerOf(authorization)
  if (!customer) return problem('invalid-key', 'The API key is not known here: check it, or ask without one.')
  const isSuspended = customer.suspendedAt !== null || standing.isSuspended(customer.customerId)
  return isSuspended ? problem('customer-suspended', suspendedSentence) : null
}

function readTarget(
  query: URLSearchParams,
): { ok: true; target: Target } | { ok: false; pointer: string; detail: string } {
  for (const name of new Set(query.keys())) {
    if (!parameters.includes(name))
      return { ok: false, pointer: `/${name}`, detail: `takes ${parameters.join(' and ')} alone` }
    if (query.getAll(name).length > 1)
      return { ok: false, pointer: `/${name}`, detail: 'stands more than once' }
  }
  const [url, method] = [query.get('url'), query.get('method') ?? 'GET']
  if (url === null) return { ok: false, pointer: '/url', detail: 'is missing' }
  if (!networkPolicy.methods.includes(method))
    return { ok: false, pointer: '/method', detail: `must be one of ${networkPolicy.methods.join(', ')}` }
  return { ok: true, target: { url, method } }
}

function toAnswer({ url, method }: Target, verdict: TargetVerdict, lookedUp: boolean) {
  const robots = verdict.ok
    ? verdict.robots
    : verdict.code === 'robots-disallowed'
      ? 'disallowed'
      : 'not-checked'
  return {
    url: verdict.ok ? verdict.url.href : url,
    method,
    allowed: verdict.ok,
    code: verdict.ok ? null : verdict.code,
    detail: verdict.ok ? null : verdict.detail,
    robots,
    refusableByOwners: ownerCategoriesOf(URL.parse(url)?.hostname ?? ''),
    lookedUp,
    policyVersion: networkPolicy.version,
  }
}

const problem = (code: FailureCode, detail: string, pointer?: string): Response =>
  problemResponse({
    code,
    detail: pointer === undefined ? detail : `${pointer}: ${detail}`,
    exchangeId: null,
    ...(pointer !== undefined && { errors: [{ pointer, detail }] }),
  })
