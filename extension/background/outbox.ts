import { carriedBytesOf, type DataFrame, encode, type TrafficCount } from '#protocol'

/** More than this in the socket's own memory makes data wait: windows alone would let all lanes fill it at once. */
export const socketBufferedBytesMax = 1024 * 1024

/** A browser does not say when a socket has drained, so it is asked. */
export const drainPollMs = 10

export type OutboxSocket = {
  readonly bufferedAmount: number
  send(message: string | Uint8Array<ArrayBuffer>): void
}

type Waiting = { frame: DataFrame; signal: AbortSignal; sent(): void; dropped(reason: unknown): void }

/** Data frames on their way into the socket, the oldest first, each counted as it goes. */
export class Outbox {
  readonly #socket: OutboxSocket
  readonly #count: TrafficCount
  readonly #counted: (bytes: number) => void
  #waiting: Waiting[] = []
  #poll: ReturnType<typeof setTimeout> | undefined

  constructor(socket: OutboxSocket, count: TrafficCount, counted: (bytes: number) => void) {
    this.#socket = socket
    this.#count = count
    this.#counted = counted
  }

  /** Resolves when the frame was handed to the socket. Rejects with the signal's reason; then it was neither sent nor counted. */
  sendData(frame: DataFrame, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ frame, signal, sent: resolve, dropped: reject })
      this.#flush()
    })
  }

  /** The socket is gone. */
  close(reason: unknown): void {
    clearTimeout(this.#poll)
    for (const waiting of this.#waiting.splice(0)) waiting.dropped(reason)
  }

  #flush(): void {
    this.#waiting = this.#waiting.filter((waiting) => {
      if (waiting.signal.aborted) waiting.dropped(waiting.signal.reason)
      return !waiting.signal.aborted
    })
    while (this.#waiting.length > 0 && this.#socket.bufferedAmount < socketBufferedBytesMax) this.#sendFirst()
    clearTimeout(this.#poll)
    if (this.#waiting.length > 0) this.#poll = setTimeout(() => this.#flush(), drainPollMs)
  }

  #sendFirst(): void {
    const { frame, sent } = this.#waiting.shift() as Waiting
    const bytes = carriedBytesOf(frame)
    this.#socket.send(encode(frame) as Uint8Array<ArrayBuffer>)
    this.#count.countUp(bytes)
    this.#counted(bytes)
    sent()
  }
}
