import { type FailureCode, failures } from '#protocol'
import type { AttemptReport } from '../exchange/exchange-failure.ts'

/** The HTTP status of each failure. RFC 9110, section 15; 451 is RFC 7725, 429 is RFC 6585. */
export const problemStatuses: Record<FailureCode, number> = {
  'invalid-request': 400,
  'sensitive-header': 400,
  'unsupported-feature': 422,
  'body-too-large': 413,
  'answer-too-large': 502,
  'not-found': 404,
  'invalid-key': 401,
  'balance-exhausted': 402,
  'customer-suspended': 403,
  'purpose-not-declared': 403,
  'policy-refused': 451,
  'site-opted-out': 451,
  'robots-disallowed': 451,
  'target-pace': 429,
  'redirect-refused': 502,
  'relay-overloaded': 503,
  'relay-draining': 503,
  'relay-failed': 500,
  'no-node-available': 503,
  'node-vanished': 502,
  'node-timeout': 504,
  'node-blocked': 502,
  'node-unsafe': 502,
  'node-failed': 502,
  'owner-paused': 502,
  'owner-cap': 502,
  'owner-rule': 502,
  'target-dns': 502,
  'target-refused': 502,
  'target-tls': 502,
  'target-reset': 502,
  'target-protocol': 502,
  'target-timeout': 504,
  stopped: 499,
}

const titles: Record<FailureCode, string> = {
  'invalid-request': 'The request is not valid',
  'sensitive-header': 'A header that the node could read was refused',
  'unsupported-feature': 'This feature is not available yet',
  'body-too-large': 'The request body is too large',
  'answer-too-large': 'The answer is larger than its limit',
  'not-found': 'There is nothing at this address',
  'invalid-key': 'The API key is missing or not valid',
  'balance-exhausted': 'The prepaid traffic is used up',
  'customer-suspended': 'This customer is suspended',
  'purpose-not-declared': 'The purpose was not declared',
  'policy-refused': 'This address may not be fetched',
  'site-opted-out': 'The site does not want to be fetched through Fallow',
  'robots-disallowed': 'The site’s robots.txt forbids it',
  'target-pace': 'The site is asked too often',
  'redirect-refused': 'A redirect was not followed',
  'relay-overloaded': 'The relay has too much to do',
  'relay-draining': 'The relay is closing',
  'relay-failed': 'The relay failed',
  'no-node-available': 'No node can serve this request now',
  'node-vanished': 'The node left',
  'node-timeout': 'The node did not answer in time',
  'node-blocked': 'Something in the node’s browser blocked the request',
  'node-unsafe': 'The node stopped because an answer came from a private address',
  'node-failed': 'The node failed',
  'owner-paused': 'The owner of the node paused it',
  'owner-cap': 'A limit of the node’s owner was reached',
  'owner-rule': 'A rule of the node’s owner refuses this',
  'target-dns': 'The target’s name could not be resolved',
  'target-refused': 'The target refused the connection',
  'target-tls': 'The target could not be reached over TLS',
  'target-reset': 'The target broke the connection off',
  'target-protocol': 'The target did not answer in HTTP',
  'target-timeout': 'The target did not answer in time',
  stopped: 'The request was cancelled',
}

export type ProblemInput = {
  code: FailureCode
  detail: string
  exchangeId: string | null
  attempts?: AttemptReport[]
  retryAfterMs?: number | null | undefined
  errors?: { pointer: string; detail: string }[]
  /** True where the answer had begun and was ended by the customer's own limit or balance: what was carried until then is paid. */
  charged?: boolean
  /** Instead of the code's own status. */
  status?: number
  headers?: Record<string, string>
}

const retryAfterMsDefault = 1_000
const retryLaterStatuses = new Set([429, 503])

/** A problem document (RFC 9457) that says which side failed, whether asking again helps, and whether anything was charged. */
export function problemResponse(problem: ProblemInput): Response {
  const { code, detail, exchangeId, attempts, retryAfterMs, errors, charged } = problem
  const status = problem.status ?? problemStatuses[code]
  const { source, retryable } = failures[code]
  const waitMs = retryAfterMs ?? (retryLaterStatuses.has(status) ? retryAfterMsDefault : null)
  const document = {
    type: `urn:fallow:problem:${code}`,
    title: titles[code],
    status,
    detail,
    instance: exchangeId,
    code,
    source,
    retryable,
    retryAfterMs: waitMs,
    charged: charged ?? false,
    attempts: attempts ?? [],
    ...(errors && { errors }),
  }
  const headers = new Headers({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...problem.headers,
  })
  if (exchangeId) headers.set('fallow-exchange-id', exchangeId)
  if (waitMs !== null) headers.set('retry-after', String(Math.ceil(waitMs / 1_000)))
  if (status === 401) headers.set('www-authenticate', 'Bearer realm="fallow", Basic realm="fallow"')
  return new Response(JSON.stringify(document), { status, headers })
}

/** What a suspended customer is told at every door. */
export const suspendedSentence = 'This customer is suspended: write to the operator of this relay.'
