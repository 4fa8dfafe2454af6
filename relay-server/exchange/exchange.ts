import { homesOf } from '#addresses'
import { networkPolicy } from '#network-policy'
import type { Outcome } from '#protocol'
import type { LaneEnding } from '../nodes/lane.ts'
import type { ExchangeSummary } from '../nodes/link-meter.ts'
import type { NodeLink } from '../nodes/node-link.ts'
import type { NodeRoster, NodeSlot, Wanted } from '../nodes/node-roster.ts'
import { createAnswerBody, type SilenceLimits, silenceLimitsDefault } from './answer-body.ts'
import {
  type Answered,
  Attempt,
  endedBy,
  exchangeBodyBytesMax,
  type Failed,
  failed,
  isNodeFault,
  isWorthAnotherNode,
  relayFailed,
} from './attempt.ts'
import { type AttemptReport, ExchangeFailure } from './exchange-failure.ts'
import type {
  AttemptRecord,
  ExchangeAnswer,
  ExchangeEnding,
  ExchangeObserver,
  ExchangeRequest,
  RobotsState,
  TargetCheck,
  TargetPacing,
  TurnVerdict,
} from './exchange-ports.ts'
import { orAborted, startTimeLimit, type TimeLimit } from './time-limit.ts'
import { WindowFunds } from './window-funds.ts'

/** Methods that may be sent twice (RFC 9110, section 9.2.2). */
const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
/** The first try and two more, on nodes that were not tried yet. */
const attemptsMax = 3
/** How long a request waits for a busy node. */
const queueMsMax = 2_000
/** And for its turn at a site that many ask. */
const paceWaitMsMax = networkPolicy.pace.waitSecondsMax * 1_000

export type ExchangeParts = {
  roster: NodeRoster
  checkTarget: TargetCheck
  pace: TargetPacing
  observer: ExchangeObserver
  /** Told about each attempt that a node was asked, once it is over. */
  noteAttempt(record: AttemptRecord): void
  /** Other limits than the usual ones, for tests. */
  limits?: { queueMsMax?: number; silence?: SilenceLimits }
}

export type Exchanges = ReturnType<typeof createExchanges>

export function createExchanges(parts: ExchangeParts) {
  return {
    /** Resolves with the head of the answer; its body is still to be read. Throws `ExchangeFailure`, and nothing else. */
    perform: (request: ExchangeRequest): Promise<ExchangeAnswer> => new Exchange(request, parts).perform(),
  }
}

/**
 * One customer request and its response.
 *
 * ```
 *  asking ──no head, worth another node──▶ asking        (a new attempt, at most three)
 *     ├─────head──▶ answering ──body over | cancelled──▶ ended
 *     └─────failed──────────────────────────────────────▶ ended
 * ```
 */
class Exchange {
  readonly #request: ExchangeRequest
  readonly #parts: ExchangeParts
  readonly #startedAt = new Date()
  readonly #reports: AttemptReport[] = []
  readonly #attempts: Attempt[] = []
  readonly #funds: WindowFunds
  readonly #queueMsMax: number
  readonly #limit: TimeLimit
  #queueMs = 0
  #pacedMs = 0
  #robots: RobotsState = 'allowed'
  /** Where the target leads, once that is known. */
  #homes: ReadonlySet<string> = new Set()
  #status: number | null = null

  constructor(request: ExchangeRequest, parts: ExchangeParts) {
    this.#request = request
    this.#parts = parts
    this.#funds = new WindowFunds(request.budget)
    this.#queueMsMax = parts.limits?.queueMsMax ?? queueMsMax
    this.#limit = startTimeLimit(request.signal, request.timeoutMs)
  }

  async perform(): Promise<ExchangeAnswer> {
    this.#parts.observer.exchangeStarted()
    try {
      const refusal = await this.#refuseBeforeAsking()
      if (refusal) throw await this.#failWith(refusal, null)
      return await this.#tryNodes()
    } finally {
      this.#limit.clear()
    }
  }

  get #elapsedMs(): number {
    return Date.now() - this.#startedAt.getTime()
  }

  get #errand(): Omit<Wanted, 'except'> {
    const { countries, url, customer } = this.#request
    const pacedSite = this.#parts.pace.siteOf(url)
    return { countries, url, homes: this.#homes, pacedSite, customerId: customer.id }
  }

  /** Some node could serve ▸ the target may be fetched ▸ its site has a turn: in this order, so that a refusal costs the least. */
  async #refuseBeforeAsking(): Promise<Failed | null> {
    if (this.#parts.roster.countMatching({ countries: this.#request.countries }) === 0) return this.#noNode()
    if (this.#parts.roster.countAllowing(this.#errand) === 0) return this.#refusedByOwners()
    const { signal } = this.#limit
    const target = { url: this.#request.url.href, method: this.#request.method }
    const checking = this.#parts.checkTarget(target, signal).catch(() => relayFailed)
    const checked = await orAborted(checking, signal)
    if (checked === 'aborted') return this.#outOfTimeForTarget()
    if (!checked.ok) return checked
    this.#robots = checked.robots
    this.#homes = homesOf(checked.addresses)
    return this.#untilTurn(this.#request.url, null)
  }

  /** Waits for the site's turn and, for a further hop, for this node's turn at the site. */
  async #untilTurn(url: URL, link: NodeLink | null): Promise<Failed | null> {
    const { pace, roster } = this.#parts
    const { signal, deadlineAtMs } = this.#limit
    let leftMs = Math.min(paceWaitMsMax, deadlineAtMs - Date.now())
    const turns = [
      () => pace.untilTurn(url, { waitMsMax: leftMs, signal }),
      ...(link ? [() => roster.untilTurn(link, pace.siteOf(url), { waitMsMax: leftMs, signal })] : []),
    ]
    for (const untilTurn of turns) {
      const turn: TurnVerdict = await untilTurn()
      if (signal.aborted) return this.#outOfTimeForTarget()
      if (!turn.ok) return { ...failed(turn.code, turn.detail), retryAfterMs: turn.retryAfterMs }
      leftMs -= turn.waitedMs
      this.#pacedMs += turn.waitedMs
    }
    return null
  }

  async #tryNodes(): Promise<ExchangeAnswer> {
    const tried = new Set<string>()
    for (let last: Failed | null = null; ; ) {
      const slot = await this.#pick(tried)
      if (!slot) throw await this.#failWith(last ?? this.#noNodeInTime(tried), this.#attempts.at(-1) ?? null)
      if (last) void this.#attempts.at(-1)?.finish(last.code, null, null)
      const attempt = this.#begin(slot)
      tried.add(slot.link.identity.nodeId)
      const result = await attempt.untilHead()
      this.#report(attempt, result)
      if (result.ok) return this.#answer(attempt, result)
      if (!(await this.#mayTryAnother(attempt, result))) throw await this.#failWith(result, attempt)
      last = result
    }
  }

  /** What a node has seen is asked again only where asking twice does no harm, and where the site has one more turn for it. */
  async #mayTryAnother(attempt: Attempt, result: Failed): Promise<boolean> {
    if ((this.#request.body?.length ?? 0) > this.#bodyBytesLeft) return false
    const mayRepeat = idempotentMethods.has(this.#request.method) || !attempt.wasAsked
    if (!mayRepeat || !isWorthAnotherNode(result) || this.#attempts.length >= attemptsMax) return false
    return !attempt.wasAsked || (await this.#untilTurn(this.#request.url, null)) === null
  }

  /** The request's body is all that goes down to a node. */
  get #bodyBytesLeft(): number {
    return exchangeBodyBytesMax - sum(this.#attempts.map((attempt) => attempt.carriedDown))
  }

  async #pick(tried: Set<string>): Promise<NodeSlot | null> {
    const since = Date.now()
    const slot = await this.#parts.roster.pickOrWait(this.#wanted(tried), {
      waitMs: this.#queueMsMax,
      paceWaitMs: Math.max(0, paceWaitMsMax - this.#pacedMs),
      signal: this.#limit.signal,
    })
    this.#queueMs += Date.now() - since
    return slot
  }

  #wanted(except: ReadonlySet<string>): Wanted {
    return { ...this.#errand, except }
  }

  #begin(slot: NodeSlot): Attempt {
    const attempt = new Attempt(slot, {
      request: this.#request,
      homes: this.#homes,
      number: this.#attempts.length + 1,
      limit: this.#limit,
      funds: this.#funds,
      checkTarget: this.#parts.checkTarget,
      bodyBytesLeft: () => this.#bodyBytesLeft,
      untilTurn: (url, link) => this.#untilTurn(url, link),
      noteAttempt: this.#parts.noteAttempt,
    })
    this.#attempts.push(attempt)
    return attempt
  }

  #report(attempt: Attempt, result: Answered | Failed): void {
    this.#reports.push({ outcome: result.ok ? 'completed' : result.code, ms: Date.now() - attempt.startedAt })
    if (result.ok) this.#parts.roster.noteSuccess(attempt.link, Date.now() - attempt.startedAt)
    else if (isNodeFault(result.code)) this.#parts.roster.noteFailure(attempt.link)
  }

  #answer(attempt: Attempt, { lane, head, finalUrl }: Answered): ExchangeAnswer {
    this.#status = head.status
    const { nodeId, country } = attempt.link.identity
    const body = createAnswerBody({
      lane,
      head,
      funds: this.#funds,
      answerBytesMax: this.#request.answerBytesMax,
      silence: this.#parts.limits?.silence ?? silenceLimitsDefault,
      judgesBody: this.#request.judgesBody,
      finish: (outcome, laneEnding) => this.#endBody(attempt, outcome, laneEnding),
    })
    return {
      status: head.status,
      headers: head.headers,
      finalUrl,
      robots: attempt.robots === 'allowed' ? this.#robots : 'not-checked',
      encoding: head.encoding,
      node: { nodeId, country },
      attempts: this.#reports,
      queueMs: this.#queueMs,
      firstByteMs: this.#elapsedMs,
      body,
    }
  }

  #endBody(attempt: Attempt, outcome: Outcome, lane: LaneEnding): Promise<ExchangeEnding> {
    if (outcome !== 'completed') this.#correctLastReport(outcome)
    if (isNodeFault(outcome)) this.#parts.roster.noteFailure(attempt.link)
    const detail = lane.outcome === 'completed' ? null : lane.detail
    return this.#end(outcome, { attempt, detail, truncated: lane.outcome === 'completed' && lane.truncated })
  }

  #correctLastReport(outcome: Outcome): void {
    const report = this.#reports.at(-1)
    if (report) report.outcome = outcome
  }

  async #failWith(failedWith: Failed, attempt: Attempt | null): Promise<ExchangeFailure> {
    const { signal } = this.#request
    // A customer that is cut off between two attempts hears that, and not of the attempt before.
    const isCutOff = signal.reason instanceof ExchangeFailure
    const { code, detail, retryAfterMs } = isCutOff ? endedBy(signal) : failedWith
    const ended = this.#end(code, { attempt, detail, truncated: false })
    // A stopped lane needs the node's confirmation before it is summed up; the customer need not wait for that.
    if (!attempt || attempt.isOver) await ended
    const failure = new ExchangeFailure(code === 'customer-left' ? 'stopped' : code, detail, {
      retryAfterMs,
    })
    failure.attempts = this.#reports
    return failure
  }

  /** The one ending: closes the last attempt with the exchange's row, gives back what was set aside, tells the observer. */
  async #end(
    outcome: Outcome,
    { attempt, detail, truncated }: { attempt: Attempt | null; detail: string | null; truncated: boolean },
  ): Promise<ExchangeEnding> {
    let summary = this.#summarise(outcome)
    await attempt?.finish(outcome, this.#status, () => {
      summary = this.#summarise(outcome)
      return summary
    })
    this.#request.budget.close(summary.chargedBytes)
    const carriedBytes = summary.carriedUp + summary.carriedDown
    const charged = summary.chargedBytes > 0
    const ending = {
      outcome,
      detail,
      truncated,
      // What is paid for is the last attempt alone; failed ones before it are free.
      carriedBytes: charged ? summary.chargedBytes : carriedBytes,
      charged,
      totalMs: summary.tookMs,
    }
    this.#parts.observer.exchangeEnded({
      exchangeId: this.#request.exchangeId,
      customerId: this.#request.customer.id,
      nodeId: attempt?.link.identity.nodeId ?? null,
      host: this.#request.url.host,
      method: this.#request.method,
      status: this.#status,
      outcome,
      carriedBytes,
      chargedBytes: summary.chargedBytes,
      attempts: this.#attempts.length,
      totalMs: ending.totalMs,
    })
    return ending
  }

  #summarise(outcome: Outcome): ExchangeSummary {
    const last = this.#attempts.at(-1)
    return {
      method: this.#request.method,
      host: this.#request.url.host,
      targetStatus: this.#status,
      outcome,
      purpose: this.#request.customer.purpose,
      attempts: this.#attempts.length,
      carriedUp: sum(this.#attempts.map((attempt) => attempt.carriedUp)),
      carriedDown: sum(this.#attempts.map((attempt) => attempt.carriedDown)),
      chargedBytes: last?.chargedBytes(outcome, this.#status) ?? 0,
      startedAt: this.#startedAt,
      tookMs: this.#elapsedMs,
    }
  }

  #noNode(): Failed {
    const wanted = this.#request.countries?.join(', ')
    if (!wanted) return failed('no-node-available', 'No node is online at this moment: ask again later.')
    const all = this.#parts.roster.countMatching({ countries: null })
    const sentence = `No node is online in ${wanted}, of ${all} in all: ask again later, or for another country.`
    return failed('no-node-available', sentence)
  }

  #refusedByOwners(): Failed {
    const online = this.#parts.roster.countMatching(this.#errand)
    const sentence = `The rules of their owners keep all ${online} matching nodes that are online from fetching this: ask again later.`
    return failed('no-node-available', sentence)
  }

  #noNodeInTime(tried: ReadonlySet<string>): Failed {
    if (this.#request.signal.aborted) return endedBy(this.#request.signal)
    const pace = this.#parts.roster.pacedOut(this.#wanted(tried))
    if (pace) return { ...failed(pace.code, pace.detail), retryAfterMs: pace.retryAfterMs }
    const { countMatching, countAllowing } = this.#parts.roster
    if (countMatching(this.#errand) === 0) return this.#noNode()
    const allowing = countAllowing(this.#errand)
    if (allowing === 0) return this.#refusedByOwners()
    const busy = `All ${allowing} matching nodes stayed busy for ${this.#queueMs} ms: ask again in a moment.`
    return failed('no-node-available', busy)
  }

  #outOfTimeForTarget(): Failed {
    if (this.#request.signal.aborted) return endedBy(this.#request.signal)
    return failed('target-timeout', 'The target could not be looked up in time: allow more with timeoutMs.')
  }
}

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0)
