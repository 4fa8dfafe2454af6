import { homesOf } from '#addresses'
import { type FailureCode, failures, type Outcome, requestBodyBytesMax, windowBytesInitial } from '#protocol'
import type { Lane, LaneEnding, LaneHead } from '../nodes/lane.ts'
import type { AttemptMeter, ExchangeSummary } from '../nodes/link-meter.ts'
import type { NodeLink } from '../nodes/node-link.ts'
import type { NodeSlot } from '../nodes/node-roster.ts'
import { isCharged } from './charging.ts'
import { ExchangeFailure } from './exchange-failure.ts'
import type { AttemptRecord, ExchangeRequest, RobotsState, TargetCheck } from './exchange-ports.ts'
import { type Hop, nextHop } from './redirects.ts'
import { orAborted, type TimeLimit } from './time-limit.ts'
import type { WindowFunds } from './window-funds.ts'

/** The node is given a little less than the customer, so that its own word on what was slow arrives in time. */
const nodeDeadlineMarginMs = 250
/** But of a short time limit at most this part. */
const nodeDeadlineMarginPart = 0.2

/**
 * Of its request's body one exchange sends so much, over all its hops and attempts: one that is redirected with its body ends free where
 * the target fails, so that without a limit 21 hops would carry the body 21 times for nothing.
 */
export const exchangeBodyBytesMax = 2 * requestBodyBytesMax

export type Answered = { ok: true; lane: Lane; head: LaneHead; finalUrl: string }
export type Failed = {
  ok: false
  code: FailureCode | 'customer-left'
  detail: string
  /** Where it is known when asking again may help. */
  retryAfterMs?: number
}

/** What the exchange tells its attempts. */
export type AttemptContext = {
  request: ExchangeRequest
  /** Where its URL leads. */
  homes: ReadonlySet<string>
  number: number
  limit: TimeLimit
  funds: WindowFunds
  checkTarget: TargetCheck
  /** How much of `exchangeBodyBytesMax` is left. */
  bodyBytesLeft(): number
  /** Waits until this node may ask for one more hop; says why it may not. */
  untilTurn(url: URL, link: NodeLink): Promise<Failed | null>
  /** Told about the attempt once it is over, where a node was asked. */
  noteAttempt(record: AttemptRecord): void
}

/** One try on one node: a lane for each redirect hop, one after the other, all on the same node. */
export class Attempt {
  readonly startedAt = Date.now()
  readonly #slot: NodeSlot
  readonly #context: AttemptContext
  readonly #meter: AttemptMeter
  readonly #lanes: Lane[] = []
  /** Of the lanes, in order. */
  readonly #hosts: string[] = []
  #lastStatus: number | null = null
  /** What the windows of this attempt have taken from the exchange's funds. */
  #fundedBytes = 0
  #finished = false
  #robots: RobotsState = 'allowed'

  constructor(slot: NodeSlot, context: AttemptContext) {
    this.#slot = slot
    this.#context = context
    const { exchangeId, customer, budget } = context.request
    const start = { exchangeId, attempt: context.number, customerId: customer.id, holdId: budget.holdId }
    this.#meter = slot.link.meter.beginAttempt(start)
  }

  get link(): NodeLink {
    return this.#slot.link
  }
  get carriedUp(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.carriedUp, 0)
  }
  get carriedDown(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.carriedDown, 0)
  }
  /** What robots.txt says of the hops that were followed. */
  get robots(): RobotsState {
    return this.#robots
  }
  /** False where no node has seen the request. */
  get wasAsked(): boolean {
    return this.#lanes.length > 0
  }
  get isOver(): boolean {
    return this.#lanes.every((lane) => lane.isClosed)
  }

  /** Asks, and follows redirects until an answer that is to be shown. Never throws. */
  async untilHead(): Promise<Answered | Failed> {
    const result = await this.#followRedirects().catch(() => relayFailed)
    if (result.ok) return result
    for (const lane of this.#lanes) lane.stop(result.code === 'customer-left' ? null : result.code)
    this.#context.funds.giveBack(this.#fundedBytes)
    this.#fundedBytes = 0
    return result
  }

  /** What the customer pays for this attempt, should it end like this. */
  chargedBytes(outcome: Outcome, status: number | null): number {
    return isCharged(status, outcome) ? this.carriedUp + this.carriedDown : 0
  }

  /** Sums the attempt up, once all its lanes have closed. */
  async finish(
    outcome: Outcome,
    status: number | null,
    summarise: (() => ExchangeSummary) | null,
  ): Promise<void> {
    if (this.#finished) return
    this.#finished = true
    await Promise.all(this.#lanes.map((lane) => lane.ending))
    const charged = isCharged(status, outcome)
    const { carriedUp, carriedDown } = this
    this.#meter.finish({ carriedUp, carriedDown, charged, outcome, exchange: summarise?.() ?? null })
    this.#slot.release()
    if (this.wasAsked) this.#context.noteAttempt(this.#recordOf(outcome))
  }

  #recordOf(outcome: Outcome): AttemptRecord {
    const { request, number } = this.#context
    const { nodeId, address } = this.#slot.link.identity
    return {
      exchangeId: request.exchangeId,
      attempt: number,
      customerId: request.customer.id,
      ...{ nodeId, address },
      hosts: this.#hosts,
      method: request.method,
      status: this.#lastStatus,
      outcome,
      startedAt: new Date(this.startedAt),
      endedAt: new Date(),
    }
  }

  async #followRedirects(): Promise<Answered | Failed> {
    const { request } = this.#context
    let { homes } = this.#context
    let hop: Hop = {
      url: request.url.href,
      method: request.method,
      headers: request.headers,
      body: request.body,
    }
    for (let redirects = 1; ; redirects += 1) {
      const answer = await this.#ask(hop, homes)
      if (!answer.ok) return answer
      const next = request.redirect === 'manual' ? null : nextHop(hop, answer.head)
      if (next === null) return answer
      // A redirect's own body is of no use to anybody.
      answer.lane.stop()
      const checked = await this.#checkHop(next, redirects)
      if (!checked.ok) return checked
      if ((await orAborted(answer.lane.ending, this.#context.limit.signal)) === 'aborted')
        return this.#outOfTime()
      this.#giveBackUnused()
      hop = checked.hop
      homes = checked.homes
    }
  }

  async #ask(hop: Hop, homes: ReadonlySet<string>): Promise<Answered | Failed> {
    const { request, limit, number } = this.#context
    const errand = { url: new URL(hop.url), homes, customerId: request.customer.id }
    if (this.link.refuses(errand)) return refusedByRule
    const bodyBytes = hop.body?.length ?? 0
    if (bodyBytes > this.#context.bodyBytesLeft()) return bodyRedirectedTooOften
    const windowBytes = await this.#reserveWindow(bodyBytes)
    if (windowBytes <= 0)
      return failed('balance-exhausted', 'The prepaid traffic is used up: buy more, then ask again.')
    if (limit.signal.aborted) return this.#outOfTime()
    const lane = this.#slot.open({
      exchangeId: request.exchangeId,
      attempt: number,
      method: hop.method,
      url: hop.url,
      headers: hop.headers,
      body: hop.body,
      windowBytes,
      gzip: request.gzip,
      answerBytesMax: request.answerBytesMax,
      headDeadlineMs: nodeDeadlineMs(limit.deadlineAtMs - Date.now()),
      customer: request.customer,
    })
    if (lane === null) return failed('node-vanished', 'The node left before it was asked.')
    this.#lanes.push(lane)
    this.#hosts.push(new URL(hop.url).host)
    const head = await orAborted(lane.head, limit.signal)
    if (head === 'aborted') return this.#outOfTime()
    if (head === null) return endedWithoutHead(await lane.ending)
    this.#lastStatus = head.status
    return { ok: true, lane, head, finalUrl: hop.url }
  }

  /** What is left for the answer's window, once the request's body is paid for: 0 or less where the balance ends. */
  async #reserveWindow(bodyBytes: number): Promise<number> {
    const taken = await this.#context.funds.reserve(windowBytesInitial + bodyBytes)
    this.#fundedBytes += taken
    return taken - bodyBytes
  }

  #outOfTime(): Failed {
    const { signal } = this.#context.request
    if (signal.aborted) return endedBy(signal)
    return failed(
      'node-timeout',
      'No answer came from the node in time: ask again, or allow more time with timeoutMs.',
    )
  }

  #giveBackUnused(): void {
    const unusedBytes = this.#fundedBytes - this.carriedUp - this.carriedDown
    this.#fundedBytes -= unusedBytes
    this.#context.funds.giveBack(unusedBytes)
  }

  async #checkHop(
    next: NonNullable<ReturnType<typeof nextHop>>,
    count: number,
  ): Promise<{ ok: true; hop: Hop; homes: ReadonlySet<string> } | Failed> {
    const { request, checkTarget, limit, untilTurn } = this.#context
    if (request.redirect === 'error')
      return failed('redirect-refused', 'The target answered with a redirect, and redirect is "error".')
    if ('refuse' in next) return failed('redirect-refused', next.refuse)
    if (count > request.redirectsMax)
      return failed('redirect-refused', `The target redirected more than ${request.redirectsMax} times.`)
    const checked = await orAborted(checkTarget(next.follow, limit.signal), limit.signal)
    if (checked === 'aborted') return this.#outOfTime()
    if (!checked.ok) return { ...checked, detail: `A redirect leads to a refused address. ${checked.detail}` }
    if (checked.robots === 'not-checked') this.#robots = 'not-checked'
    const refusal = await untilTurn(checked.url, this.link)
    if (refusal) return refusal
    return { ok: true, hop: { ...next.follow, url: checked.url.href }, homes: homesOf(checked.addresses) }
  }
}

export const failed = (code: Failed['code'], detail: string): Failed => ({ ok: false, code, detail })
const customerLeft = failed('customer-left', 'The customer left.')
export const relayFailed = failed('relay-failed', 'The relay failed: ask again, and tell its operator.')

const bodyRedirectedTooOften = failed(
  'redirect-refused',
  `The target redirects with the request's body, of which one request sends at most ${exchangeBodyBytesMax} bytes over all redirects and attempts: ask where it leads.`,
)
const refusedByRule = failed('owner-rule', 'The owner of the node does not fetch this: ask again.')

/** Why an aborted request is over: the customer left, or was cut off. */
export const endedBy = ({ reason }: AbortSignal): Failed =>
  reason instanceof ExchangeFailure ? failed(reason.code, reason.message) : customerLeft

/** May another node do better? Targets fail alike from everywhere; the owner's side does not. */
export function isWorthAnotherNode({ code }: Failed): boolean {
  return code !== 'node-timeout' && isNodeFailure(code)
}

/** Did the node's side fail, for whatever reason? */
function isNodeFailure(outcome: Outcome): boolean {
  return outcome !== 'completed' && outcome !== 'customer-left' && failures[outcome].source === 'node'
}

/** Is this held against the node, so that the picker leaves it alone for a while? What its owner decided is not. */
export function isNodeFault(outcome: Outcome): boolean {
  return isNodeFailure(outcome) && !ownersDecisions.has(outcome)
}

const ownersDecisions: ReadonlySet<Outcome> = new Set<Outcome>(['owner-paused', 'owner-cap', 'owner-rule'])

function nodeDeadlineMs(leftMs: number): number {
  return Math.max(1, Math.floor(leftMs - Math.min(nodeDeadlineMarginMs, leftMs * nodeDeadlineMarginPart)))
}

/** A lane that was completed had a head, so only failures come here. */
function endedWithoutHead(ending: LaneEnding): Failed {
  if (ending.outcome === 'completed')
    return failed('node-failed', 'The node ended the exchange without an answer.')
  return failed(
    ending.outcome,
    ending.detail ?? sentences[ending.outcome] ?? 'The exchange failed at the node.',
  )
}

const sentences: Partial<Record<FailureCode, string>> = {
  'node-vanished': 'The node left while it was asked: ask again.',
  'owner-paused': 'The owner of the node paused it: ask again.',
  'owner-cap': 'A limit that the owner of the node has set was reached: ask again.',
  'owner-rule': 'The owner of the node does not fetch this: ask again.',
  'relay-draining': 'This relay is closing: ask again in a moment.',
  'target-dns': 'The name of the target could not be resolved: check the URL.',
  'target-refused': 'The target refused the connection.',
  'target-tls': 'The target could not be reached over TLS: its certificate or protocol was not accepted.',
  'target-reset': 'The target broke the connection off.',
  'target-protocol': 'The target answered with something that is not HTTP.',
  'target-timeout': 'The target did not answer in time: allow more with timeoutMs.',
}
