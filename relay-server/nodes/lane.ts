import {
  type FrameOf,
  type HeaderList,
  type NodeFailureCode,
  ProtocolError,
  ReceiveWindow,
  type RelayFrame,
  SendWindow,
  chunkBytesPreferred,
} from '#protocol'

export type LaneHead = { status: number; headers: HeaderList; encoding: 'identity' | 'gzip' }

/** How a lane ended, as the node said it; `node-vanished` and `node-timeout` are the relay's words for a node that said nothing. */
export type LaneEnding =
  | { outcome: 'completed'; truncated: boolean }
  | { outcome: NodeFailureCode | 'node-vanished' | 'node-timeout'; detail: string | null }

export type LaneRequest = Omit<FrameOf<'open'>, 'type' | 'lane' | 'bodyBytes'> & { body: Uint8Array | null }

/** What a lane needs of its link. */
type LanePort = {
  send(frame: RelayFrame): void
  sendChunk(lane: number, payload: Uint8Array): Promise<void>
  ended(lane: Lane): void
}

/**
 * The relay's end of one lane.
 *
 * ```
 *  asking ──head──▶ answering ──end | failed──▶ closed
 *     └──────answer | failed | link lost──────────▲
 * ```
 * `stop` changes no phase: the lane closes when the node confirms, so that both sides count the same bytes.
 */
export class Lane {
  readonly number: number
  /** Body bytes received from the node, and sent to it: this lane's part of the link's carried bytes. */
  carriedUp = 0
  carriedDown = 0
  stopped = false
  #phase: 'asking' | 'answering' | 'closed' = 'asking'
  #unread: Uint8Array[] = []
  #wakeReader: (() => void) | null = null
  readonly #port: LanePort
  readonly #sendWindow = new SendWindow()
  readonly #receiveWindow: ReceiveWindow
  readonly #sending = new AbortController()
  readonly #head = Promise.withResolvers<LaneHead | null>()
  readonly #ending = Promise.withResolvers<LaneEnding>()

  constructor(number: number, windowBytes: number, port: LanePort) {
    this.number = number
    this.#port = port
    this.#receiveWindow = new ReceiveWindow(windowBytes)
  }

  /** The answer's head; null where the lane ended without one. Never rejects. */
  get head(): Promise<LaneHead | null> {
    return this.#head.promise
  }

  /** Never rejects. */
  get ending(): Promise<LaneEnding> {
    return this.#ending.promise
  }

  get isClosed(): boolean {
    return this.#phase === 'closed'
  }

  /** Sends the request's body within the node's window; ends early when the lane does. */
  async sendBody(body: Uint8Array): Promise<void> {
    for (let sent = 0; sent < body.length && !this.isClosed; ) {
      if (!(await this.#hasRoom())) return
      const taken = this.#sendWindow.take(Math.min(chunkBytesPreferred, body.length - sent))
      this.carriedDown += taken
      await this.#port.sendChunk(this.number, body.subarray(sent, sent + taken))
      sent += taken
    }
    if (!this.isClosed && !this.stopped) this.#port.send({ type: 'end', lane: this.number, truncated: false })
  }

  /** The next piece of the body, or null after the last. Bytes come as they were carried: gzip stays gzip. */
  async read(): Promise<Uint8Array | null> {
    while (this.#unread.length === 0) {
      if (this.isClosed) return null
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve
      })
    }
    return this.#unread.shift() as Uint8Array
  }

  /** The reader is done with `bytes`. Returns how many bytes are worth granting now; 0 for none. */
  consume(bytes: number): number {
    const worthGranting = this.#receiveWindow.consume(bytes)
    return this.isClosed || this.stopped ? 0 : worthGranting
  }

  /** True while the node has nothing more to send and may not send more: only a grant moves it on. */
  get waitsForGrant(): boolean {
    return !this.isClosed && this.#unread.length === 0 && this.#receiveWindow.allowed === 0
  }

  grant(bytes: number): void {
    if (this.isClosed || this.stopped) return
    this.#receiveWindow.granted(bytes)
    this.#port.send({ type: 'grant', lane: this.number, bytes })
  }

  /** Asks the node to end this lane. Bytes that are under way still count; nobody reads them. */
  stop(code: FrameOf<'stop'>['code'] = null): void {
    if (this.isClosed || this.stopped) return
    this.stopped = true
    this.#unread = []
    this.#sending.abort()
    this.#port.send({ type: 'stop', lane: this.number, code })
  }

  accept(frame: FrameOf<'head' | 'chunk' | 'end' | 'failed' | 'answer' | 'grant'>): void {
    switch (frame.type) {
      case 'head':
        return this.#acceptHead(frame)
      case 'chunk':
        return this.#acceptBody(frame.payload)
      case 'answer':
        return this.#acceptAnswer(frame)
      case 'end':
        return this.#acceptEnd(frame.truncated)
      case 'failed':
        return this.close({ outcome: frame.code, detail: frame.detail })
      case 'grant':
        return this.#sendWindow.grant(frame.bytes)
    }
  }

  /** The one ending of a lane's life. Safe to call twice. */
  close(ending: LaneEnding): void {
    if (this.isClosed) return
    this.#phase = 'closed'
    this.#sending.abort()
    this.#head.resolve(null)
    this.#ending.resolve(ending)
    this.#wake()
    this.#port.ended(this)
  }

  #acceptHead({ status, headers, encoding }: LaneHead): void {
    if (this.#phase !== 'asking') throw new ProtocolError('out-of-order', 'a lane has one head')
    this.#phase = 'answering'
    this.#head.resolve({ status, headers, encoding })
  }

  #acceptAnswer(frame: FrameOf<'answer'>): void {
    this.#acceptHead(frame)
    if (frame.body.length > 0) this.#acceptBody(frame.body)
    this.close({ outcome: 'completed', truncated: frame.truncated })
  }

  #acceptBody(bytes: Uint8Array): void {
    if (this.#phase !== 'answering') throw new ProtocolError('out-of-order', 'a body comes after its head')
    this.#receiveWindow.receive(bytes.length)
    this.carriedUp += bytes.length
    if (this.stopped) return
    this.#unread.push(bytes)
    this.#wake()
  }

  #acceptEnd(truncated: boolean): void {
    if (this.#phase !== 'answering') throw new ProtocolError('out-of-order', 'an end comes after its head')
    this.close({ outcome: 'completed', truncated })
  }

  async #hasRoom(): Promise<boolean> {
    try {
      await this.#sendWindow.waitForRoom(this.#sending.signal)
      return true
    } catch {
      return false
    }
  }

  #wake(): void {
    this.#wakeReader?.()
    this.#wakeReader = null
  }
}
