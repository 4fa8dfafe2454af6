import { carriedBytesOf, type DataFrame, encode, type TrafficCount } from '#protocol'
import type { CarriedPace } from './carried-pace.ts'

/** More than this in the socket's own memory makes data wait: windows alone would let all lanes fill it at once. */
export const socketBufferedBytesMax = 1024 * 1024

/** A browser does not say when a socket has drained, so it is asked. */
export const drainPollMs = 10

export type OutboxSocket = {
  bufferedAmount(): number
  send(message: string | Uint8Array<ArrayBuffer>): void
}

type Waiting = { frame: DataFrame; sent(): void; dropped(reason: unknown): void }

export type OutboxPorts = {
  socket: OutboxSocket
  count: TrafficCount
  pace: CarriedPace
  /** The owner's cap is reached: no data leaves any more. */
  halted(): boolean
  /** Carried bytes have left, on this lane. */
  counted(bytes: number, lane: number): void
}

/** Data frames on their way into the socket, the oldest first, at the owner's pace, each counted as it goes. */
export class Outbox {
  readonly #ports: OutboxPorts
  readonly #waiting = new Set<Waiting>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(ports: OutboxPorts) {
    this.#ports = ports
  }

  /**
   * Resolves when the frame was handed to the socket. Rejects with the signal's reason, as soon as it aborts; then it was neither sent nor
   * counted.
   */
  sendData(frame: DataFrame, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.#waiting.delete(waiting)
        signal.removeEventListener('abort', giveUp)
      }
      const waiting: Waiting = {
        frame,
        sent() {
          settle()
          resolve()
        },
        dropped(reason) {
          settle()
          reject(reason)
        },
      }
      const giveUp = () => waiting.dropped(signal.reason)
      signal.addEventListener('abort', giveUp, { once: true })
      this.#waiting.add(waiting)
      this.#flush()
    })
  }

  /** The socket is gone. */
  close(reason: unknown): void {
    clearTimeout(this.#timer)
    for (const waiting of [...this.#waiting]) waiting.dropped(reason)
  }

  #flush(): void {
    clearTimeout(this.#timer)
    for (const waiting of this.#waiting) {
      if (this.#waitMs() > 0) break
      this.#send(waiting)
    }
    if (this.#waiting.size > 0) this.#timer = setTimeout(() => this.#flush(), this.#waitMs())
  }

  /** How long until it is worth to look again; 0 where a frame may leave now. */
  #waitMs(): number {
    const { socket, pace, halted } = this.#ports
    if (halted() || socket.bufferedAmount() >= socketBufferedBytesMax) return drainPollMs
    return pace.waitMs()
  }

  #send({ frame, sent }: Waiting): void {
    const { socket, count, pace, counted } = this.#ports
    const bytes = carriedBytesOf(frame)
    socket.send(encode(frame) as Uint8Array<ArrayBuffer>)
    count.countUp(bytes)
    pace.sent(bytes)
    counted(bytes, frame.lane)
    sent()
  }
}
