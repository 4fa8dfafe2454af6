import type { Outcome } from '#protocol'
import type { ExchangeSummary } from '../nodes/link-meter.ts'
import type { NodeLink } from '../nodes/node-link.ts'
import type { NodeRoster, Wanted } from '../nodes/node-roster.ts'
import { createAnswerBody } from './answer-body.ts'
import { type Answered, Attempt, type AttemptContext, type Failed, failed, isWorthAnotherNode } from './attempt.ts'
import { type AttemptReport, ExchangeFailure } from './exchange-failure.ts'
import type { ExchangeAnswer, ExchangeEnding, ExchangeObserver, ExchangeRequest, TargetCheck } from './exchange-ports.ts'

/** Methods that may be sent twice (RFC 9110, section 9.2.2). */
const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
/** The first try and two more, on nodes that were not tried yet. */
const attemptsMax = 3
/** How long a request waits for a busy node. */
const queueMsMax = 2_000

export type ExchangeParts = {
  roster: NodeRoster
  checkTarget: TargetCheck
  observer: ExchangeObserver
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
  #queueMs = 0
  #status: number | null = null

  constructor(request: ExchangeRequest, parts: ExchangeParts) {
    this.#request = request
    this.#parts = parts
  }

  async perform(): Promise<ExchangeAnswer> {
    this.#parts.observer.exchangeStarted()
    const deadline = AbortSignal.timeout(this.#request.timeoutMs)
    const headSignal = AbortSignal.any([this.#request.signal, deadline])
    const refusal = await this.#refuseBeforeAsking(headSignal)
    if (refusal) throw await this.#failWith(refusal, null)
    return this.#tryNodes(headSignal)
  }

  get #elapsedMs(): number {
    return Date.now() - this.#startedAt.getTime()
  }

  /** Some node could serve ▸ the name resolves to public addresses: in this order, so that a refusal costs the least. */
  async #refuseBeforeAsking(headSignal: AbortSignal): Promise<Failed | null> {
    if (this.#parts.roster.countMatching({ countries: this.#request.countries }) === 0) return this.#noNode()
    const checked = await this.#parts.checkTarget(this.#request.url.href, headSignal)
    return checked.ok ? null : failed(checked.code, checked.detail)
  }

  async #tryNodes(headSignal: AbortSignal): Promise<ExchangeAnswer> {
    const triesMax = idempotentMethods.has(this.#request.method) ? attemptsMax : 1
    const tried = new Set<string>()
    for (let last: Failed | null = null; ; ) {
      const link = await this.#pick(tried, headSignal)
      if (!link) throw await this.#failWith(last ?? this.#noNodeInTime(headSignal), this.#attempts.at(-1) ?? null)
      if (last) void this.#attempts.at(-1)?.finish(last.code, null, null)
      const attempt = this.#begin(link, headSignal)
      tried.add(link.identity.nodeId)
      const result = await attempt.untilHead()
      this.#report(attempt, result)
      if (result.ok) return this.#answer(attempt, result)
      if (!isWorthAnotherNode(result) || tried.size >= triesMax) throw await this.#failWith(result, attempt)
      last = result
    }
  }

  async #pick(tried: Set<string>, headSignal: AbortSignal): Promise<NodeLink | null> {
    const wanted: Wanted = { countries: this.#request.countries, url: this.#request.url, except: tried }
    const immediate = this.#parts.roster.pick(wanted)
    if (immediate) return immediate
    const since = Date.now()
    const signal = AbortSignal.any([headSignal, AbortSignal.timeout(queueMsMax)])
    const link = await this.#parts.roster.pickOrWait(wanted, signal)
    this.#queueMs += Date.now() - since
    return link
  }

  #begin(link: NodeLink, headSignal: AbortSignal): Attempt {
    const context: AttemptContext = {
      request: this.#request,
      number: this.#attempts.length + 1,
      headSignal,
      headDeadlineAtMs: this.#startedAt.getTime() + this.#request.timeoutMs,
      checkTarget: this.#parts.checkTarget,
    }
    const attempt = new Attempt(link, context)
    this.#attempts.push(attempt)
    return attempt
  }

  #report(attempt: Attempt, result: Answered | Failed): void {
    this.#reports.push({ outcome: result.ok ? 'completed' : result.code, ms: Date.now() - attempt.startedAt })
    if (result.ok) this.#parts.roster.noteSuccess(attempt.link)
    else if (isWorthAnotherNode(result) || result.code === 'node-timeout') this.#parts.roster.noteFailure(attempt.link)
  }

  #answer(attempt: Attempt, { lane, head, finalUrl }: Answered): ExchangeAnswer {
    this.#status = head.status
    const { nodeId, country } = attempt.link.identity
    const body = createAnswerBody({
      lane,
      status: head.status,
      budget: this.#request.budget,
      finish: (outcome, laneEnding) => {
        if (outcome !== laneEnding.outcome || laneEnding.outcome !== 'completed') this.#correctLastReport(outcome)
        const detail = laneEnding.outcome === 'completed' ? null : laneEnding.detail
        const truncated = laneEnding.outcome === 'completed' && laneEnding.truncated
        return this.#end(outcome, { attempt, detail, truncated })
      },
    })
    return {
      status: head.status,
      headers: head.headers,
      finalUrl,
      encoding: head.encoding,
      node: { nodeId, country },
      attempts: this.#reports,
      queueMs: this.#queueMs,
      firstByteMs: this.#elapsedMs,
      body,
    }
  }

  #correctLastReport(outcome: Outcome): void {
    const report = this.#reports.at(-1)
    if (report) report.outcome = outcome
  }

  async #failWith({ code, detail }: Failed, attempt: Attempt | null): Promise<ExchangeFailure> {
    const ended = this.#end(code, { attempt, detail, truncated: false })
    // A stopped lane needs the node's confirmation before it is summed up; the customer need not wait for that.
    if (code !== 'customer-left' && code !== 'node-timeout') await ended
    const failure = new ExchangeFailure(code === 'customer-left' ? 'stopped' : code, detail)
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
    const ending = { outcome, detail, truncated, carriedBytes, charged: summary.chargedBytes > 0, totalMs: summary.tookMs }
    this.#parts.observer.exchangeEnded({
      exchangeId: this.#request.exchangeId,
      customerId: this.#request.customer.id,
      nodeId: attempt?.link.identity.nodeId ?? null,
      host: this.#request.url.host,
      method: this.#request.method,
      status: this.#status,
      outcome,
      carriedBytes,
      charged: ending.charged,
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
    const where = wanted ? `in ${wanted}` : 'anywhere'
    return failed('no-node-available', `No node is online ${where} at this moment: ask again later.`)
  }

  #noNodeInTime(headSignal: AbortSignal): Failed {
    if (this.#request.signal.aborted) return failed('customer-left', 'The customer left.')
    const online = this.#parts.roster.countMatching({ countries: this.#request.countries })
    const waited = headSignal.aborted ? this.#request.timeoutMs : queueMsMax
    if (online === 0) return this.#noNode()
    return failed('no-node-available', `All ${online} matching nodes stayed busy for ${waited} ms: ask again in a moment.`)
  }
}

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0)
