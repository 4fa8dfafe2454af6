/**
 * The transport below the messages, handed in so that pages run without an extension: `platform/` gives the runtime's,
 * `fake-background.ts` one inside the page, the tests one in memory.
 */

/** A page's end. */
export type PageMessenger = {
  /** Sends one message and gives the answer. Rejects when no background answers. */
  request(message: unknown): Promise<unknown>
  /**
   * Opens a channel that the background pushes into. `closed` is called once, when the other end went away (the
   * browser stopped the worker); not after `close()`.
   */
  openChannel(name: string, on: { message(message: unknown): void; closed(): void }): { close(): void }
}

/** The background's end. Both calls must happen synchronously at start, or a waking worker misses the event. */
export type BackgroundMessenger = {
  onRequest(answer: (message: unknown) => Promise<unknown>): void
  onChannel(name: string, accept: (channel: PushChannel) => void): void
}

export type PushChannel = {
  post(message: unknown): void
  onClosed(listener: () => void): void
}
