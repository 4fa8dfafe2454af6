import { type AddressRules, literalAddressOf, portOf } from '#addresses'
import type { HeaderList } from '#protocol'
import type { NameLookup } from '../platform/index.ts'
import type { TargetHead } from './answer.ts'
import { BodyReader, type BodyReaderOptions } from './body-reader.ts'
import { within } from './deadline.ts'
import { ExchangeFailure } from './exchange-failure.ts'
import { failureOfNetError } from './net-errors.ts'
import { isAllowedAnswer } from './protections.ts'
import type { PlannedRequest } from './request-policy.ts'
import { headersForRelay } from './response-headers.ts'
import type { WatchedAnswer, WatchedRequest } from './response-watch.ts'

/** After `fetch` has resolved, how long the browser may take to say which address answered. Seen: up to 3 ms. */
export const addressDeadlineMs = 2_000

/** After a fetch or a read has failed, how long the browser may take to say why. */
export const netErrorDeadlineMs = 1_000

export type FetchPorts = {
  fetch: typeof globalThis.fetch
  /** What makes the network stack refuse every address that is not public, spread into the fetch's options. */
  addressLock: object
  /** Where the browser has no lock: how it resolves a name, which is asked right before the fetch. */
  lookUp: NameLookup | null
  rules(): AddressRules
}

export type TargetRequest = {
  planned: PlannedRequest
  body: Uint8Array<ArrayBuffer>
  watched: WatchedRequest
  signal: AbortSignal
}

/**
 * Asks the target and gives its head and whatever body it has, once the browser has named the address that answered and
 * that address is allowed. Throws `ExchangeFailure`, or the signal's reason.
 */
export async function fetchTarget(
  request: TargetRequest,
  ports: FetchPorts,
): Promise<{ head: TargetHead; body: Response['body'] }> {
  const response = await ask(request, ports)
  try {
    const answer = await answerOf(request)
    refuseAddress(request.planned.url, answer, ports.rules())
    refuseStatus(answer.status)
    const head = { status: answer.status, headers: headersForRelay(answer.headers) }
    return { head, body: hasBody(request.planned.method, answer) ? response.body : null }
  } catch (error) {
    void response.body?.cancel().catch(() => {})
    throw error
  }
}

/** Reads the body of an answer; a read that breaks is explained by the network stack's own word. */
export function readTarget(
  body: ReadableStream<Uint8Array>,
  {
    watched,
    ...options
  }: Pick<BodyReaderOptions, 'signal' | 'bytesMax' | 'read'> & { watched: WatchedRequest },
): BodyReader {
  return new BodyReader(body, { ...options, explain: () => explain(watched) })
}

/**
 * Call right before the fetch. Every address of the name must be allowed, where the browser has no lock to see to it. The browser remembers what it was told, so that the fetch that follows goes to one of
 * these; a name that changes in the moment between meets the tripwire.
 */
export async function refuseNameInside(
  { planned, signal }: Pick<TargetRequest, 'planned' | 'signal'>,
  { lookUp, rules }: Pick<FetchPorts, 'lookUp' | 'rules'>,
): Promise<void> {
  const url = new URL(planned.url)
  if (lookUp === null || literalAddressOf(url.hostname) !== null) return
  const addresses = await lookUp(url.hostname).catch(() => [])
  signal.throwIfAborted()
  if (addresses.length === 0)
    throw new ExchangeFailure('target-dns', 'the name of the target could not be resolved')
  if (addresses.some((address) => !isAllowedAnswer(address, portOf(url), rules())))
    throw new ExchangeFailure('policy-refused', 'the name leads to an address that may not be fetched')
}

async function ask({ planned, body, watched, signal }: TargetRequest, ports: FetchPorts): Promise<Response> {
  try {
    return await ports.fetch(planned.url, {
      method: planned.method,
      headers: planned.fetchHeaders as HeaderList,
      body: body.length > 0 ? body : null,
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'manual',
      referrerPolicy: 'no-referrer',
      signal,
      ...ports.addressLock,
    })
  } catch {
    signal.throwIfAborted()
    throw await explain(watched)
  }
}

async function explain(watched: WatchedRequest): Promise<ExchangeFailure> {
  const netError = await within<string | null>(watched.error, { ms: netErrorDeadlineMs, late: () => null })
  return failureOfNetError(netError)
}

function answerOf({ watched, signal }: TargetRequest): Promise<WatchedAnswer> {
  const late = () => {
    throw new ExchangeFailure(
      'node-unsafe',
      'the browser did not say which address answered; ask another node',
    )
  }
  return within(watched.answer, { ms: addressDeadlineMs, late, signal })
}

/** What the browser made by itself came from no network, so it has no address and no body. */
function refuseAddress(url: string, { address, madeByBrowser }: WatchedAnswer, rules: AddressRules): void {
  if (madeByBrowser || (address !== null && isAllowedAnswer(address, portOf(new URL(url)), rules))) return
  throw new ExchangeFailure(
    'node-unsafe',
    'an address answered that may not be fetched; the answer was dropped',
  )
}

/** RFC 9110, section 15: three digits, of which the first is 1 to 5. Browsers take others; the link's grammar does not. */
function refuseStatus(status: number): void {
  if (status < 100 || status > 599)
    throw new ExchangeFailure(
      'target-protocol',
      `the target answered with the status ${status}, which HTTP does not know`,
    )
}

/** RFC 9110, sections 9.3.2, 15.3.5 and 15.4.5. The relay follows redirects itself and needs no page for them. */
const hasBody = (method: string, { status, redirectUrl }: WatchedAnswer): boolean =>
  method !== 'HEAD' && status !== 204 && status !== 304 && redirectUrl === null
