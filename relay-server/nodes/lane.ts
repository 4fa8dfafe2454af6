import {
  chunkBytesPreferred,
  type FailureCode,
  type FrameOf,
  type HeaderList,
  ProtocolError,
  ReceiveWindow,
  type RelayFrame,
  SendWindow,
} from '#protocol'
import { PieceQueue } from './piece-queue.ts'

export type LaneHead = { status: number; headers: HeaderList; encoding: 'identity' | 'gzip' }

/**
 * How a lane ended: in the node's words, in the relay's for a node that said nothing (`node-vanished`), and with the code of
 * the relay's own `stop` where that is what ended it.
 */
export type LaneEnding =
  | { outcome: 'completed'; truncated: boolean }
  | { outcome: FailureCode; detail: string | null }

export type LaneRequest = Omit<FrameOf<'open'>, 'type' | 'lane' | 'bodyBytes'> & { body: Uint8Array | null }

/** What a lane needs of its link. */
export type LanePort = {
  send(frame: RelayFrame): void
  /** Sends a piece of the request's body and counts it. False where the socket takes nothing any more. */
  sendChunk(lane: number, payload: Uint8Array): boolean
  /** Null where the socket takes more at once; otherwise resolves when it does, or is gone. */
  socketDrained(): Promise<void> | null
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
  #phase: 'asking' | 'answering' | 'closed' = 'asking'
  #stop: { code: FrameOf<'stop'>['code'] } | null = null
  #wakeReader: (() => void) | null = null
  readonly #mayGzip: boolean
  readonly #port: LanePort
  readonly #unread = new PieceQueue()
  readonly #sendWindow = new SendWindow()
  readonly #receiveWindow: ReceiveWindow
  readonly #sending = new AbortController()
  readonly #head = Promise.withResolvers<LaneHead | null>()
  readonly #ending = Promise.withResolvers<LaneEnding>()

  constructor(
    number: number,
    { windowBytes, gzip }: Pick<LaneRequest, 'windowBytes' | 'gzip'>,
    port: LanePort,
  ) {
    this.number = number
    this.#mayGzip = gzip
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

  get isStopped(): boolean {
    return this.#stop !== null
  }

  /** Body bytes that wait for the reader: what this lane holds in memory. */
  get unreadBytes(): number {
    return this.#unread.bytes
  }

  /** Sends the request's body within the node's window; ends early when the lane does. */
  async sendBody(body: Uint8Array): Promise<void> {
    for (let sent = 0; sent < body.length; ) {
      if (this.#sendWindow.room === 0) await this.#roomOrEnd()
      if (this.isClosed || this.isStopped) return
      const taken = this.#sendWindow.take(Math.min(chunkBytesPreferred, body.length - sent))
      if (!this.#port.sendChunk(this.number, body.subarray(sent, sent + taken))) return
      this.carriedDown += taken
      sent += taken
      const drained = this.#port.socketDrained()
      if (drained) await drained
    }
    if (!this.isClosed && !this.isStopped)
      this.#port.send({ type: 'end', lane: this.number, truncated: false })
  }

  /** The next piece of the body where one waits; gzip stays gzip. */
  take(): Uint8Array | null {
    return this.#unread.take()
  }

  /** Resolves when `take` has a piece, or the lane is closed, or `stop` has taken the pieces away. One reader at a time. */
  pieceOrEnd(): Promise<void> {
    if (this.#unread.bytes > 0 || this.isClosed || this.isStopped) return Promise.resolve()
    return new Promise((resolve) => {
      this.#wakeReader = resolve
    })
  }

  /** The reader is done with `bytes`. Returns how many bytes are worth granting now; 0 for none. */
  consume(bytes: number): number {
    const worthGranting = this.#receiveWindow.consume(bytes)
    return this.isClosed || this.isStopped ? 0 : worthGranting
  }

  /** True while the node has nothing more to send and may not send more: only a grant moves it on. */
  get waitsForGrant(): boolean {
    return !this.isClosed && this.#unread.bytes === 0 && this.#receiveWindow.allowed === 0
  }

  grant(bytes: number): void {
    if (this.isClosed || this.isStopped) return
    this.#receiveWindow.granted(bytes)
    this.#port.send({ type: 'grant', lane: this.number, bytes })
  }

  /** Asks the node to end this lane. Bytes that are under way still count; nobody reads them. */
  stop(code: FrameOf<'stop'>['code'] = null): void {
    if (this.isClosed || this.isStopped) return
    this.#stop = { code }
    this.#unread.clear()
    this.#sending.abort()
    this.#wake()
    this.#port.send({ type: 'stop', lane: this.number, code })
  }

  /** Takes a frame of the node. Throws `ProtocolError` where it breaks the grammar; then nothing was counted. */
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
        return this.close(this.#failureOf(frame))
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
    if (encoding === 'gzip' && !this.#mayGzip)
      throw new ProtocolError(
        'malformed-frame',
        'the answer is packed with gzip, which this lane does not allow',
      )
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
    if (this.isStopped) return
    this.#unread.put(bytes)
    this.#wake()
  }

  #acceptEnd(truncated: boolean): void {
    if (this.#phase !== 'answering') throw new ProtocolError('out-of-order', 'an end comes after its head')
    this.close({ outcome: 'completed', truncated })
  }

  /** `stopped` is the node's confirmation, so it stands for the relay's own reason; unasked for, it is a failure of the node. */
  #failureOf({ code, detail }: FrameOf<'failed'>): LaneEnding {
    if (code !== 'stopped') return { outcome: code, detail }
    if (this.#stop === null) return { outcome: 'node-failed', detail: 'The node stopped by itself.' }
    return { outcome: this.#stop.code ?? 'stopped', detail: null }
  }

  async #roomOrEnd(): Promise<void> {
    await this.#sendWindow.waitForRoom(this.#sending.signal).catch(() => {})
  }

  #wake(): void {
    this.#wakeReader?.()
    this.#wakeReader = null
  }
}
