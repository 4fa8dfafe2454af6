import { targetSilenceMaxMs } from '#protocol'
import { within } from './deadline.ts'
import { ExchangeFailure } from './exchange-failure.ts'

export type BodyReaderOptions = {
  /** Decoded bytes after which the body is cut; null for no limit. */
  bytesMax: number | null
  silenceMaxMs?: number
  /** So many bytes were read from the target, whether they are sent on or not. */
  read?(bytes: number): void
  /** What a broken read means: the network stack's word may come after the read has failed. */
  explain(error: unknown): Promise<ExchangeFailure>
  signal: AbortSignal
}

/** `null` is the end. */
type Piece = Uint8Array | null

/**
 * Reads a target's body piece by piece and cuts it at its limit. A read that was waited for in vain is kept for the next
 * time, so that looking for more costs no byte.
 */
export class BodyReader {
  /** The body went on after its limit. Known only at the end. */
  truncated = false
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #options: BodyReaderOptions
  #pending: Promise<Piece> | null = null
  #room: number

  constructor(body: ReadableStream<Uint8Array>, options: BodyReaderOptions) {
    this.#reader = body.getReader()
    this.#options = options
    this.#room = options.bytesMax ?? Number.POSITIVE_INFINITY
  }

  /** The next piece, or null after the last. Throws `target-timeout` after a long silence, else what `explain` says. */
  async read(): Promise<Piece> {
    const { signal, silenceMaxMs = targetSilenceMaxMs } = this.#options
    const late = () => {
      throw new ExchangeFailure('target-timeout', `the target was silent for ${silenceMaxMs} ms in mid-body`)
    }
    return this.#take(await within(this.#next(), { ms: silenceMaxMs, late, signal }))
  }

  /** The next piece if it comes within `waitMs`; undefined if not, and it is not lost. */
  async readWithin(waitMs: number): Promise<Piece | undefined> {
    const { signal } = this.#options
    const piece = await within<Piece | undefined>(this.#next(), { ms: waitMs, late: () => undefined, signal })
    return piece === undefined ? undefined : this.#take(piece)
  }

  /** Closes the target's socket. */
  cancel(): void {
    void this.#reader.cancel().catch(() => {})
  }

  #next(): Promise<Piece> {
    this.#pending ??= this.#readOne()
    // A read that fails while nobody waits for it is reported by the next wait.
    this.#pending.catch(() => {})
    return this.#pending
  }

  async #readOne(): Promise<Piece> {
    try {
      const { done, value } = await this.#reader.read()
      if (done) return null
      this.#options.read?.(value.length)
      return value
    } catch (error) {
      throw await this.#options.explain(error)
    }
  }

  #take(piece: Piece): Piece {
    this.#pending = null
    if (piece === null) return null
    const kept = piece.subarray(0, this.#room)
    this.#room -= kept.length
    if (kept.length === piece.length) return kept
    this.truncated = true
    this.cancel()
    this.#pending = Promise.resolve(null)
    return kept.length > 0 ? kept : null
  }
}
