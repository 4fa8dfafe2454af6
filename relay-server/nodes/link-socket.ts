import type { WebSocket } from 'ws'
import {
  type CloseCode,
  closes,
  encode,
  encodeChunkPrefix,
  PROTOCOL_VERSION,
  type RelayFrame,
  sentenceCharactersMax,
} from '#protocol'

/** While more than this waits in the socket, no further piece of a request body is sent. */
const bufferedBytesMax = 1024 * 1024

export type Goodbye = { code: CloseCode; detail: string; redialAfterMs: number | null }

/** The sending half of a node's WebSocket. What is sent after its end goes nowhere, and says so. */
export class LinkSocket {
  readonly #socket: WebSocket
  readonly #closeDeadlineMs: number
  #drained: PromiseWithResolvers<void> | null = null

  constructor(socket: WebSocket, closeDeadlineMs: number) {
    this.#socket = socket
    this.#closeDeadlineMs = closeDeadlineMs
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  send(frame: RelayFrame): void {
    if (this.isOpen) this.#socket.send(encode(frame))
  }

  /** Prefix and payload go as two pieces of one message, so that the payload is not copied. False where nothing was sent. */
  sendChunk(lane: number, payload: Uint8Array): boolean {
    if (!this.isOpen) return false
    this.#socket.send(encodeChunkPrefix(lane), { binary: true, fin: false })
    this.#socket.send(payload, { binary: true, fin: true }, this.#onSent)
    return true
  }

  /** Null where the socket takes more at once; otherwise resolves when it does, or `wake` was called. */
  drained(): Promise<void> | null {
    if (!this.isOpen || this.#socket.bufferedAmount <= bufferedBytesMax) return null
    this.#drained ??= Promise.withResolvers<void>()
    return this.#drained.promise
  }

  wake(): void {
    this.#drained?.resolve()
    this.#drained = null
  }

  sayGoodbye({ code, detail, redialAfterMs }: Goodbye): void {
    const shown = detail.slice(0, sentenceCharactersMax)
    this.send({ type: 'goodbye', code, detail: shown, version: PROTOCOL_VERSION, redialAfterMs })
    this.close(code)
  }

  close(code: CloseCode): void {
    this.#socket.close(closes[code].number, code)
    cutLater(this.#socket, this.#closeDeadlineMs)
  }

  #onSent = (): void => {
    if (!this.isOpen || this.#socket.bufferedAmount <= bufferedBytesMax) this.wake()
  }
}

/** What `ws` refuses by itself it answers with a close code of its own: 1009 for a message that is too large, 1007, 1002. */
export function brokenRuleOf(wsCode: string | undefined): CloseCode | 'connection-lost' {
  if (wsCode === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' || wsCode === 'WS_ERR_TOO_MANY_BUFFERED_PARTS')
    return 'frame-too-large'
  return wsCode?.startsWith('WS_ERR_') ? 'malformed-frame' : 'connection-lost'
}

/** A socket whose other side does not close is cut, so that nobody can keep it half open. */
export function cutLater(socket: WebSocket, afterMs: number): void {
  const timer = setTimeout(() => socket.terminate(), afterMs)
  timer.unref()
  socket.once('close', () => clearTimeout(timer))
}
