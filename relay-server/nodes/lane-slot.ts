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
    book.add(url, 1)
  }

  get link(): Link {
    return this.#port.link
  }

  /** Opens the next lane of the attempt; the one before it has closed. Null where the link takes no lanes any more. */
  open(request: LaneRequest): Lane | null {
    if (this.#released) return null
    this.#book.add(this.#url, -1)
    this.#url = new URL(request.url)
    this.#book.add(this.#url, 1)
    return this.#port.openLane(request)
  }

  /** The one ending of a slot. Safe to call twice. */
  release(): void {
    if (this.#released) return
    this.#released = true
    this.#book.add(this.#url, -1)
    this.#port.released()
  }
}

/** How many slots of a link are taken: in all, for each host, and for each exact URL. */
export class SlotBook {
  taken = 0
  readonly #byHost = new Map<string, number>()
  readonly #byUrl = new Map<string, number>()

  add(url: URL, change: 1 | -1): void {
    this.taken += change
    addTo(this.#byHost, url.host, change)
    addTo(this.#byUrl, url.href, change)
  }

  takenForHost(host: string): number {
    return this.#byHost.get(host) ?? 0
  }

  takenForUrl(href: string): number {
    return this.#byUrl.get(href) ?? 0
  }
}

function addTo(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
