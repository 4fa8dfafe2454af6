import { type FrameOf, laneMax, lanesMax, ProtocolError, type TrafficCount } from '#protocol'
import { Exchange, type ExchangePorts } from './exchange.ts'
import type { ExchangeFailure } from './exchange-failure.ts'
import type { LaneLine } from './lane-line.ts'
import type { LaneEnding, LinkActivity } from './link-activity.ts'

export type RunnerParts = {
  ports: ExchangePorts
  line: LaneLine
  count: TrafficCount
  /** How many lanes the owner allows at once, now. */
  lanesMax(): number
  /** Hears of every lane, also of those that are not taken. */
  activity: Pick<LinkActivity, 'opened' | 'ended' | 'received'>
  /** The number of running exchanges has changed. */
  changed(running: number): void
}

/** All lanes of one link: one exchange each, many at once. Throws `ProtocolError` where the relay breaks the grammar. */
export class ExchangeRunner {
  readonly #parts: RunnerParts
  readonly #exchanges = new Map<number, Exchange>()
  #lastLane = 0
  /** Null while new lanes are taken, else what becomes of them. */
  #untaken: LaneEnding['outcome'] | null = null

  constructor(parts: RunnerParts) {
    this.#parts = parts
  }

  get running(): number {
    return this.#exchanges.size
  }

  open(frame: FrameOf<'open'>): void {
    const { lane } = frame
    if (lane <= this.#lastLane || lane > laneMax)
      throw new ProtocolError(
        'out-of-order',
        `lane ${lane} was opened after lane ${this.#lastLane}: numbers only grow`,
      )
    if (this.#exchanges.size >= lanesMax)
      throw new ProtocolError('out-of-order', `more than ${lanesMax} lanes were opened at once`)
    this.#lastLane = lane
    this.#parts.count.exchanges += 1
    this.#parts.activity.opened(frame)
    if (this.#untaken !== null) this.#parts.activity.ended(lane, { outcome: this.#untaken, status: null })
    else if (this.#exchanges.size >= this.#parts.lanesMax()) this.#turnAway(frame)
    else this.#start(frame)
  }

  /** What crossed our ending of the lane on the wire was carried all the same. */
  takeChunk({ lane, payload }: FrameOf<'chunk'>): void {
    this.#parts.count.countDown(payload.length)
    this.#parts.activity.received(lane, payload.length)
    this.#exchangeOn(lane)?.takeChunk(payload)
  }

  endBody({ lane }: FrameOf<'end'>): void {
    this.#exchangeOn(lane)?.endBody()
  }

  grant({ lane, bytes }: FrameOf<'grant'>): void {
    this.#exchangeOn(lane)?.grant(bytes)
  }

  /** Ends one lane on the relay's word. */
  stop(lane: number, failure: ExchangeFailure): void {
    this.#exchangeOn(lane)?.fail(failure)
  }

  /** Ends all lanes now, each with its `failed`, and takes no new one. */
  failAll(failure: ExchangeFailure): void {
    this.#untaken = failure.code
    for (const exchange of this.#exchanges.values()) exchange.fail(failure)
  }

  /** The owner's rules have changed: what runs against them ends. */
  endRefused(): void {
    for (const exchange of this.#exchanges.values()) exchange.endIfRefused()
  }

  /** The link is gone. */
  abandonAll(): void {
    this.#untaken = 'link-ended'
    for (const exchange of this.#exchanges.values()) exchange.abandon()
  }

  /** The relay did not know yet that the owner allows fewer. */
  #turnAway({ lane }: FrameOf<'open'>): void {
    const detail = 'the owner of this node allows fewer exchanges at once; ask another one'
    this.#parts.line.send({ type: 'failed', lane, code: 'owner-cap', detail })
    this.#parts.activity.ended(lane, { outcome: 'owner-cap', status: null })
  }

  #start(frame: FrameOf<'open'>): void {
    const { ports, line, activity, changed } = this.#parts
    const exchange = new Exchange(frame, ports, line, (ending) => {
      this.#exchanges.delete(frame.lane)
      activity.ended(frame.lane, ending)
      changed(this.#exchanges.size)
    })
    this.#exchanges.set(frame.lane, exchange)
    changed(this.#exchanges.size)
    exchange.start()
  }

  /** Undefined for a lane that is closed: its frames crossed our ending. A lane that never was breaks the grammar. */
  #exchangeOn(lane: number): Exchange | undefined {
    if (lane > this.#lastLane) throw new ProtocolError('unknown-lane', `lane ${lane} was never opened`)
    return this.#exchanges.get(lane)
  }
}
