import { ProtocolError } from './close-codes.ts'
import { windowBytesInitial, windowBytesMax } from './limits.ts'

/** What a sender may still send on one lane. `waitForRoom` resolves when a grant arrives. */
export class SendWindow {
  #room: number
  readonly #waiting = new Set<() => void>()

  constructor(initialBytes: number = windowBytesInitial) {
    this.#room = initialBytes
  }

  get room(): number {
    return this.#room
  }

  /** The other side allows `bytes` more. A grant beyond the largest window breaks the grammar. */
  grant(bytes: number): void {
    this.#room += bytes
    if (this.#room > windowBytesMax)
      throw new ProtocolError('window-overrun', 'more was granted than the largest window')
    for (const wake of [...this.#waiting]) wake()
  }

  /** Takes up to `wantedBytes`; 0 when there is no room now. */
  take(wantedBytes: number): number {
    const taken = Math.min(wantedBytes, this.#room)
    this.#room -= taken
    return taken
  }

  /** Resolves when there is room; rejects with the signal's reason when it aborts first. */
  async waitForRoom(signal: AbortSignal): Promise<void> {
    while (this.#room === 0) {
      signal.throwIfAborted()
      await this.#nextGrant(signal)
    }
    signal.throwIfAborted()
  }

  #nextGrant(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      signal.addEventListener('abort', wake, { once: true })
      this.#waiting.add(wake)
    })
  }
}

/**
 * What a receiver has allowed on one lane. Permission follows consumption, not receipt: bytes that wait to be read are
 * not granted again, so that a slow reader makes the sender wait.
 */
export class ReceiveWindow {
  readonly #sizeBytes: number
  #allowed: number
  #unread = 0

  constructor(sizeBytes: number = windowBytesInitial) {
    this.#sizeBytes = sizeBytes
    this.#allowed = sizeBytes
  }

  /** Bytes received and not yet consumed: what this lane holds in memory. */
  get unread(): number {
    return this.#unread
  }

  /** Bytes that the other side may still send. */
  get allowed(): number {
    return this.#allowed
  }

  /** Bytes arrived. More than was allowed is `window-overrun`. */
  receive(bytes: number): void {
    if (bytes > this.#allowed)
      throw new ProtocolError('window-overrun', `${bytes} bytes came where ${this.#allowed} were allowed`)
    this.#allowed -= bytes
    this.#unread += bytes
  }

  /** The reader took `bytes`. Returns what to grant now: 0 until half the window is free, so that grants stay few. */
  consume(bytes: number): number {
    this.#unread -= bytes
    const free = this.#sizeBytes - this.#allowed - this.#unread
    return free * 2 >= this.#sizeBytes ? free : 0
  }

  /** A grant of `bytes` was sent. */
  granted(bytes: number): void {
    this.#allowed += bytes
  }
}
