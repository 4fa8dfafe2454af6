/** What has been opened, so that it is closed again in the opposite order, whatever way the demo ends. */
export type Stage = {
  /** Opens something; where the stage has closed meanwhile, closes it at once and never returns. */
  open<T>(opening: Promise<T>, close: (thing: T) => Promise<unknown>): Promise<T>
  /** Closes everything, once. A thing that does not close cleanly does not keep the others open. */
  close(): Promise<void>
}

export function createStage(): Stage {
  const closers: (() => Promise<unknown>)[] = []
  let closing: Promise<void> | null = null
  const opening = new Set<Promise<unknown>>()

  const closeAll = async () => {
    // What is just starting is waited for: a process that is cut down in its first second leaves its own children behind.
    await Promise.allSettled(opening)
    for (const close of closers.toReversed()) await close().catch(() => {})
  }

  return {
    async open(starting, close) {
      const opened = starting.then((thing) => {
        closers.push(() => close(thing))
        return thing
      })
      opening.add(opened)
      const thing = await opened.finally(() => opening.delete(opened))
      return closing ? new Promise<never>(() => {}) : thing
    },
    close() {
      closing ??= closeAll()
      return closing
    },
  }
}
