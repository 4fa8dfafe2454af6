import { ProtocolError, ReceiveWindow } from '#protocol'

/**
 * The body of a customer's request as it comes in chunks. It is kept whole, because a browser streams request bodies over
 * HTTP/2 alone; what it may hold is bounded by the frame that announced it.
 */
export class RequestBody {
  readonly #bytes: Uint8Array<ArrayBuffer>
  readonly #window = new ReceiveWindow()
  readonly #whole = Promise.withResolvers<Uint8Array<ArrayBuffer>>()
  #received = 0
  #ended: boolean

  constructor(announcedBytes: number) {
    this.#bytes = new Uint8Array(announcedBytes)
    this.#ended = announcedBytes === 0
    if (this.#ended) this.#whole.resolve(this.#bytes)
  }

  /** Resolves with all of it. Never rejects. */
  get whole(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#whole.promise
  }

  /** Takes a chunk and returns how many bytes to grant now, 0 for none. Throws `ProtocolError`. */
  take(payload: Uint8Array): number {
    if (this.#ended) throw new ProtocolError('out-of-order', 'a chunk came after the end of the request body')
    this.#window.receive(payload.length)
    if (this.#received + payload.length > this.#bytes.length)
      throw new ProtocolError('malformed-frame', 'the request body is longer than it was announced')
    this.#bytes.set(payload, this.#received)
    this.#received += payload.length
    const grantBytes = this.#window.consume(payload.length)
    if (grantBytes > 0) this.#window.granted(grantBytes)
    return grantBytes
  }

  end(): void {
    if (this.#ended) throw new ProtocolError('out-of-order', 'a request body ends once')
    if (this.#received !== this.#bytes.length)
      throw new ProtocolError('malformed-frame', 'the request body is shorter than it was announced')
    this.#ended = true
    this.#whole.resolve(this.#bytes)
  }
}
