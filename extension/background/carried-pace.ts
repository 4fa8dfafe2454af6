import { chunkBytesPreferred } from '#protocol'

/** So much of the rate may leave at once after a rest, or when a timer came late. */
export const paceBurstMs = 250
/** A frame takes at most this long of the rate, so that lanes take turns often. */
export const paceFrameMs = 100

/**
 * When the next data frame may leave, so that all lanes together stay at the owner's rate. In any stretch of time at most the rate, the burst
 * and one frame leave: of ten seconds 3.5 % more than the rate. Who falls behind by more than the burst does not catch up.
 */
export class CarriedPace {
  readonly #bytesPerSecondMax: () => number | null
  readonly #nowMs: () => number
  /** What was sent so far takes until then, at the rate. */
  #paidUntilMs = 0

  constructor(bytesPerSecondMax: () => number | null, nowMs: () => number) {
    this.#bytesPerSecondMax = bytesPerSecondMax
    this.#nowMs = nowMs
  }

  /** What a sender cuts bodies to. */
  frameBytesMax(): number {
    const rate = this.#bytesPerSecondMax()
    if (rate === null) return chunkBytesPreferred
    return Math.min(chunkBytesPreferred, Math.max(1, Math.floor((rate * paceFrameMs) / 1_000)))
  }

  /** 0 where a frame may leave now. */
  waitMs(): number {
    if (this.#bytesPerSecondMax() === null) return 0
    return Math.max(0, this.#paidUntilMs - this.#nowMs())
  }

  sent(bytes: number): void {
    const rate = this.#bytesPerSecondMax()
    if (rate === null) return
    const now = this.#nowMs()
    this.#paidUntilMs = Math.max(this.#paidUntilMs, now - paceBurstMs) + (bytes * 1_000) / rate
  }
}
