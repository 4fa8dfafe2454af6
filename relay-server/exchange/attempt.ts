import { type FailureCode, failures, type Outcome, windowBytesInitial } from '#protocol'
import type { Lane, LaneEnding, LaneHead } from '../nodes/lane.ts'
import type { AttemptMeter, ExchangeSummary } from '../nodes/link-meter.ts'
import type { NodeLink } from '../nodes/node-link.ts'
import { isCharged } from './charging.ts'
import type { ExchangeRequest, TargetCheck } from './exchange-ports.ts'
import { type Hop, nextHop } from './redirects.ts'

/** The node is given a little less than the customer, so that its own word on what was slow arrives in time. */
const nodeDeadlineMarginMs = 250

export type Answered = { ok: true; lane: Lane; head: LaneHead; finalUrl: string }
export type Failed = { ok: false; code: FailureCode | 'customer-left'; detail: string }

/** What the exchange tells its attempts. `headSignal` aborts when the customer leaves or the time limit passes. */
export type AttemptContext = {
  request: ExchangeRequest
  number: number
  headSignal: AbortSignal
  headDeadlineAtMs: number
  checkTarget: TargetCheck
}

/** One try on one node: a lane for each redirect hop, one after the other, all on the same node. */
export class Attempt {
  readonly link: NodeLink
  readonly startedAt = Date.now()
  readonly #context: AttemptContext
  readonly #meter: AttemptMeter
  readonly #lanes: Lane[] = []
  #finished = false

  constructor(link: NodeLink, context: AttemptContext) {
    this.link = link
    this.#context = context
    const { exchangeId, customer, budget } = context.request
    const start = { exchangeId, attempt: context.number, customerId: customer.id, holdId: budget.holdId }
    this.#meter = link.meter.beginAttempt(start)
  }

  get carriedUp(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.carriedUp, 0)
  }
  get carriedDown(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.carriedDown, 0)
  }

  /** Asks, and follows redirects until an answer that is to be shown. Never throws. */
  async untilHead(): Promise<Answered | Failed> {
    const { request } = this.#context
    let hop: Hop = { url: request.url.href, method: request.method, headers: request.headers, body: request.body }
    for (let redirects = 0; ; redirects += 1) {
      const answer = await this.#ask(hop)
      if (!answer.ok) return answer
      const next = request.redirect === 'manual' ? null : nextHop(hop, answer.head)
      if (next === null) return answer
      await this.#closeLane(answer.lane)
      const checked = await this.#checkHop(next, redirects + 1)
      if (!checked.ok) return checked
      hop = checked.hop
    }
  }

  /** What the customer pays for this attempt, should it end like this. */
  chargedBytes(outcome: Outcome, status: number | null): number {
    return isCharged(status, outcome) ? this.carriedUp + this.carriedDown : 0
  }

  /** Sums the attempt up, once all its lanes have closed. */
  async finish(outcome: Outcome, status: number | null, summarise: (() => ExchangeSummary) | null): Promise<void> {
    if (this.#finished) return
    this.#finished = true
    await Promise.all(this.#lanes.map((lane) => lane.ending))
    const charged = isCharged(status, outcome)
    const { carriedUp, carriedDown } = this
    this.#meter.finish({ carriedUp, carriedDown, charged, outcome, exchange: summarise?.() ?? null })
  }

  async #ask(hop: Hop): Promise<Answered | Failed> {
    const { request, headSignal, headDeadlineAtMs, number } = this.#context
    const bodyBytes = hop.body?.length ?? 0
    const reserved = await request.budget.reserve(windowBytesInitial + bodyBytes)
    const windowBytes = reserved - bodyBytes
    if (windowBytes <= 0) return failed('balance-exhausted', 'The prepaid traffic is used up: buy more, then ask again.')
    if (!this.link.hasFreeLane) return failed('node-vanished', 'The node left before it was asked.')
    const lane = this.link.open({
      exchangeId: request.exchangeId,
      attempt: number,
      method: hop.method,
      url: hop.url,
      headers: hop.headers,
      body: hop.body,
      windowBytes,
      gzip: request.gzip,
      answerBytesMax: request.answerBytesMax,
      headDeadlineMs: Math.max(1, headDeadlineAtMs - Date.now() - nodeDeadlineMarginMs),
      customer: request.customer,
    })
    this.#lanes.push(lane)
    return this.#headOf(lane, hop.url, headSignal)
  }

  async #headOf(lane: Lane, finalUrl: string, headSignal: AbortSignal): Promise<Answered | Failed> {
    const head = await orAborted(lane.head, headSignal)
    if (head === 'aborted') return this.#giveUp(lane)
    if (head === null) return endedWithoutHead(await lane.ending)
    return { ok: true, lane, head, finalUrl }
  }

  #giveUp(lane: Lane): Failed {
    const customerLeft = this.#context.request.signal.aborted
    lane.stop(customerLeft ? null : 'node-timeout')
    if (customerLeft) return failed('customer-left', 'The customer left.')
    return failed('node-timeout', 'No answer came from the node in time: ask again, or allow more time with timeoutMs.')
  }

  /** A redirect's own body is of no use to anybody. */
  async #closeLane(lane: Lane): Promise<void> {
    lane.stop()
    await lane.ending
  }

  async #checkHop(next: NonNullable<ReturnType<typeof nextHop>>, count: number): Promise<{ ok: true; hop: Hop } | Failed> {
    const { request, checkTarget, headSignal } = this.#context
    if ('refuse' in next) return failed('redirect-refused', next.refuse)
    if (request.redirect === 'error')
      return failed('redirect-refused', 'The target answered with a redirect, and redirect is "error".')
    if (count > request.redirectsMax)
      return failed('redirect-refused', `The target redirected more than ${request.redirectsMax} times.`)
    const checked = await checkTarget(next.follow.url, headSignal)
    if (!checked.ok) return failed(checked.code, `A redirect leads to a refused address. ${checked.detail}`)
    return { ok: true, hop: { ...next.follow, url: checked.url.href } }
  }
}

export const failed = (code: Failed['code'], detail: string): Failed => ({ ok: false, code, detail })

/** May another node do better? Targets fail alike from everywhere; the owner's side does not. */
export function isWorthAnotherNode({ code }: Failed): boolean {
  return code !== 'customer-left' && code !== 'node-timeout' && failures[code].source === 'node'
}

/** A lane that was completed had a head, so only failures come here. */
function endedWithoutHead(ending: LaneEnding): Failed {
  if (ending.outcome === 'completed') return failed('node-failed', 'The node ended the exchange without an answer.')
  return failed(ending.outcome, ending.detail ?? sentences[ending.outcome] ?? 'The exchange failed at the node.')
}

const sentences: Partial<Record<FailureCode, string>> = {
  'node-vanished': 'The node left while it was asked: ask again.',
  'owner-paused': 'The owner of the node paused it: ask again.',
  'target-dns': 'The name of the target could not be resolved: check the URL.',
  'target-refused': 'The target refused the connection.',
  'target-tls': 'The target could not be reached over TLS: its certificate or protocol was not accepted.',
  'target-reset': 'The target broke the connection off.',
  'target-protocol': 'The target answered with something that is not HTTP.',
  'target-timeout': 'The target did not answer in time: allow more with timeoutMs.',
}

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | 'aborted'> {
  if (signal.aborted) return 'aborted'
  const aborted = Promise.withResolvers<'aborted'>()
  const onAbort = () => aborted.resolve('aborted')
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

