import type { Lane, LaneRequest } from './lane.ts'

/** What a slot needs of its link. `openLane` gives null where the link takes no lanes any more. */
type SlotPort<Link> = { link: Link; openLane(request: LaneRequest): Lane | null; released(): void }

/** A place for one attempt on a link, taken with the choice of the node, so that nobody else gets it before the lane is open. */
export class LaneSlot<Link> {
  readonly #port: SlotPort<Link>
  readonly #book: SlotBook
  #url: URL
  #released = false

  constructor(url: URL, book: SlotBook, port: SlotPort<Link>) {
    this.#url = url
    this.#book = book
    this.#port = port
    book.take(url)
  }

  get link(): Link {
    return this.#port.link
  }

  /** Opens the next lane of the attempt; the one before it has closed. Null where the link takes no lanes any more. */
  open(request: LaneRequest): Lane | null {
    if (this.#released) return null
    const url = new URL(request.url)
    this.#book.move(this.#url, url)
    this.#url = url
    return this.#port.openLane(request)
  }

  /** The one ending of a slot. Safe to call twice. */
  release(): void {
    if (this.#released) return
    this.#released = true
    this.#book.release(this.#url)
    this.#port.released()
  }
}

/** How many slots of a link are taken: in all, for each host, and for each exact URL. */
export class SlotBook {
  #taken = 0
  readonly #byHost = new Map<string, number>()
  readonly #byUrl = new Map<string, number>()
  readonly #emptyWaiters = new Set<() => void>()

  get taken(): number {
    return this.#taken
  }

  take(url: URL): void {
    this.#taken += 1
    this.#add(url, 1)
  }

  /** The same attempt goes on at another URL. */
  move(from: URL, to: URL): void {
    this.#add(from, -1)
    this.#add(to, 1)
  }

  release(url: URL): void {
    this.#taken -= 1
    this.#add(url, -1)
    if (this.#taken === 0) for (const wake of [...this.#emptyWaiters]) wake()
  }

  /** Resolves when no attempt holds a slot any more, or `signal` aborts. */
  async untilEmpty(signal: AbortSignal): Promise<void> {
    if (this.#taken === 0 || signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const settle = () => resolve()
    this.#emptyWaiters.add(settle)
    signal.addEventListener('abort', settle, { once: true })
    await promise
    signal.removeEventListener('abort', settle)
    this.#emptyWaiters.delete(settle)
  }

  takenForHost(host: string): number {
    return this.#byHost.get(host) ?? 0
  }

  takenForUrl(href: string): number {
    return this.#byUrl.get(href) ?? 0
  }

  #add(url: URL, change: 1 | -1): void {
    addTo(this.#byHost, url.host, change)
    addTo(this.#byUrl, url.href, change)
  }
}

function addTo(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
