/**
 * One side's count of a link: frames and carried bytes, from the first one on. The relay's and the node's must agree to the byte.
 *
 * A receipt speaks of the data frames that the relay had received when it cut it; the node has sent more by then. So the node
 * remembers its running total at each frame until a receipt covers it, and compares the same prefix.
 */
export class TrafficCount {
  exchanges = 0
  upFrames = 0
  carriedUp = 0
  carriedDown = 0
  #coveredFrames = 0
  #carriedUpAfterFrame: number[] = []
  readonly #remembersPrefixes: boolean

  constructor(options: { remembersPrefixes: boolean }) {
    this.#remembersPrefixes = options.remembersPrefixes
  }

  countUp(bytes: number): void {
    this.upFrames += 1
    this.carriedUp += bytes
    if (this.#remembersPrefixes) this.#carriedUpAfterFrame.push(this.carriedUp)
  }

  countDown(bytes: number): void {
    this.carriedDown += bytes
  }

  /** This side's `carriedUp` after its first `upFrames` frames, or null where it has not sent so many or has forgotten them. */
  carriedUpAfter(upFrames: number): number | null {
    if (upFrames === 0) return 0
    return this.#carriedUpAfterFrame[upFrames - this.#coveredFrames - 1] ?? null
  }

  /** Everything before the prefix may be forgotten; the prefix itself stays, because the next receipt may repeat it. */
  coverUpTo(upFrames: number): void {
    const forgotten = Math.min(upFrames, this.upFrames) - 1 - this.#coveredFrames
    if (forgotten <= 0) return
    this.#carriedUpAfterFrame.splice(0, forgotten)
    this.#coveredFrames += forgotten
  }
}
