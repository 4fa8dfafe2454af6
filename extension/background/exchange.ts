import { type FrameOf, SendWindow, sentenceCharactersMax } from '#protocol'
import { sendAnswer } from './answer.ts'
import { within } from './deadline.ts'
import { asExchangeFailure, ExchangeFailure } from './exchange-failure.ts'
import type { HeaderRules } from './header-rules.ts'
import type { LaneLine } from './lane-line.ts'
import { TargetTraffic, type TargetTrafficPorts } from './line-bytes.ts'
import type { LaneEnding } from './link-activity.ts'
import type { OwnerQuestion } from './owner-rules.ts'
import { RequestBody } from './request-body.ts'
import { decideRequest, type PlannedRequest } from './request-policy.ts'
import type { ResponseWatch, WatchedRequest } from './response-watch.ts'
import { type FetchPorts, fetchTarget, readTarget, refuseNameInside } from './target-fetch.ts'
import type { TargetQueue } from './target-queue.ts'

/** After an exchange has ended without a word of the browser, how long its URL stays taken for that word. */
export const lateEventsMaxMs = 3_000

export type ExchangePorts = FetchPorts & {
  /** What this node speaks with targets. */
  schemes: readonly ('http' | 'https')[]
  queue: TargetQueue
  headerRules: Pick<HeaderRules, 'put'>
  watch: Pick<ResponseWatch, 'expect'>
  /** Why the owner does not fetch this for this customer, or null. */
  refusalOf(asked: OwnerQuestion): ExchangeFailure | null
  traffic: TargetTrafficPorts
}

type ExchangeLife =
  | { phase: 'receiving' }
  | { phase: 'queued' }
  | { phase: 'asking' }
  | { phase: 'answering' }
  | { phase: 'closed'; ending: LaneEnding['outcome'] }

/**
 * One lane's exchange: the one `fetch` that it may make.
 *
 * ```
 *  receiving ──body whole──▶ queued ──place free──▶ asking ──head──▶ answering ──▶ closed
 *      └──────────────┴──────────── failed | stopped ──────┴───────────────┴──────────▲
 * ```
 * It says exactly one of `answer`, `end` and `failed` on its lane, and nothing after it.
 */
export class Exchange {
  readonly #asked: FrameOf<'open'>
  readonly #ports: ExchangePorts
  readonly #line: LaneLine
  readonly #closed: (ending: LaneEnding) => void
  readonly #window: SendWindow
  readonly #body: RequestBody
  readonly #abort = new AbortController()
  readonly #traffic: TargetTraffic
  #life: ExchangeLife = { phase: 'receiving' }
  #hasAsked = false
  #status: number | null = null
  #headTimer: ReturnType<typeof setTimeout> | undefined

  constructor(
    asked: FrameOf<'open'>,
    ports: ExchangePorts,
    line: LaneLine,
    closed: (ending: LaneEnding) => void,
  ) {
    this.#asked = asked
    this.#ports = ports
    this.#line = line
    this.#closed = closed
    this.#traffic = new TargetTraffic(ports.traffic)
    this.#window = new SendWindow(asked.windowBytes)
    this.#body = new RequestBody(asked.bodyBytes)
  }

  get phase(): ExchangeLife['phase'] {
    return this.#life.phase
  }

  /** Call once. Everything that follows, good or bad, is said on the lane. */
  start(): void {
    const decision = decideRequest(this.#asked, this.#ports.rules(), this.#ports.schemes)
    if (!decision.ok) return this.fail(new ExchangeFailure('policy-refused', decision.detail))
    if (this.endIfRefused()) return
    this.#headTimer = setTimeout(() => this.fail(this.#lateHead()), this.#asked.headDeadlineMs)
    this.#run(decision.request).catch((error) => this.fail(asExchangeFailure(error)))
  }

  /** Ends the lane where the owner's rules refuse it: before anything is asked, and when they change. */
  endIfRefused(): boolean {
    const refusal = this.#ports.refusalOf(this.#asked)
    if (refusal) this.fail(refusal)
    return refusal !== null
  }

  /** Throws `ProtocolError` where the body is not as announced. */
  takeChunk(payload: Uint8Array): void {
    const bytes = this.#body.take(payload)
    if (bytes > 0) this.#line.send({ type: 'grant', lane: this.#asked.lane, bytes })
  }

  endBody(): void {
    this.#body.end()
  }

  grant(bytes: number): void {
    this.#window.grant(bytes)
  }

  /** Ends the lane with a failure, at once, unless it has ended already. The fetch is aborted and its socket closed. */
  fail(failure: ExchangeFailure): void {
    if (this.#life.phase === 'closed') return
    const { code, message } = failure
    this.#line.send({
      type: 'failed',
      lane: this.#asked.lane,
      code,
      detail: message.slice(0, sentenceCharactersMax),
    })
    this.#close(code, failure)
  }

  /** The link is gone: nobody is left to tell. */
  abandon(): void {
    this.#close('link-ended', new ExchangeFailure('stopped', 'the link to the relay ended'))
  }

  async #run(planned: PlannedRequest): Promise<void> {
    const { signal } = this.#abort
    const body = await within(this.#body.whole, { ms: this.#asked.headDeadlineMs, late: neverLate, signal })
    this.#enter({ phase: 'queued' })
    const leave = await this.#ports.queue.enter(planned, signal)
    const watched = this.#ports.watch.expect(planned.url)
    try {
      // An answer may have changed it while this one waited for its place.
      const refusal = this.#ports.refusalOf(this.#asked)
      if (refusal) throw refusal
      await this.#exchange(planned, body, watched)
    } finally {
      void letGo(watched, this.#hasAsked, leave)
      if (this.#hasAsked) void this.#traffic.over()
    }
  }

  async #exchange(
    planned: PlannedRequest,
    body: Uint8Array<ArrayBuffer>,
    watched: WatchedRequest,
  ): Promise<void> {
    const { signal } = this.#abort
    const target = await this.#ask({ planned, body, watched, signal })
    this.#enter({ phase: 'answering' })
    this.#status = target.head.status
    clearTimeout(this.#headTimer)
    const { answerBytesMax, lane, gzip } = this.#asked
    const { read } = this.#traffic
    const reading = { watched, signal, bytesMax: answerBytesMax, read }
    const reader = target.body ? readTarget(target.body, reading) : null
    await sendAnswer(target.head, reader, {
      lane,
      window: this.#window,
      line: this.#line,
      signal,
      mayGzip: gzip,
    })
    this.#close('completed', null)
  }

  /** The rule goes when the head is here, and also where the exchange ended while the rule was on its way. */
  async #ask(request: Parameters<typeof fetchTarget>[0]): Promise<Awaited<ReturnType<typeof fetchTarget>>> {
    const removeRule = await this.#ports.headerRules.put(request.planned)
    try {
      this.#enter({ phase: 'asking' })
      await refuseNameInside(request, this.#ports)
      this.#hasAsked = true
      this.#traffic.asks(request.planned, request.body.length, request.watched)
      return await fetchTarget(request, this.#ports)
    } finally {
      await removeRule()
    }
  }

  #enter(life: ExchangeLife): void {
    this.#abort.signal.throwIfAborted()
    this.#life = life
  }

  #lateHead(): ExchangeFailure {
    const ms = this.#asked.headDeadlineMs
    return this.#life.phase === 'asking'
      ? new ExchangeFailure('target-timeout', `the target sent no answer within ${ms} ms`)
      : new ExchangeFailure('node-failed', `the node was busy with this target for ${ms} ms; ask another one`)
  }

  #close(ending: LaneEnding['outcome'], reason: ExchangeFailure | null): void {
    if (this.#life.phase === 'closed') return
    this.#life = { phase: 'closed', ending }
    clearTimeout(this.#headTimer)
    if (reason) this.#abort.abort(reason)
    this.#closed({ outcome: ending, status: this.#status })
  }
}

/** The head's deadline ends the exchange through its signal, before this could. */
const neverLate = (): never => {
  throw new ExchangeFailure('node-failed', 'the request body did not come in time')
}

/** The URL is free again when no event of this fetch can be taken for the next one's. */
async function letGo(watched: WatchedRequest, hasAsked: boolean, leave: () => void): Promise<void> {
  if (hasAsked) await within(watched.heard, { ms: lateEventsMaxMs, late: () => undefined })
  watched.close()
  leave()
}
