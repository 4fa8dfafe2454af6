import { lanesPerHostMax } from '#protocol'

export type QueuedTarget = { url: string; host: string }

type Waiting = QueuedTarget & { enter(): void }

/**
 * Who may go to which target now: one exchange per exact URL, because browser events and header rules are tied to a fetch
 * by its URL alone, and a few per host, because the browser opens no more sockets. The others wait, the oldest first.
 */
export class TargetQueue {
  readonly #urls = new Set<string>()
  readonly #hosts = new Map<string, number>()
  #waiting: Waiting[] = []
  readonly #perHostMax: number

  constructor(perHostMax: number = lanesPerHostMax) {
    this.#perHostMax = perHostMax
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Resolves with how to leave, which may be called twice. Rejects with the signal's reason when it aborts first. */
  enter(target: QueuedTarget, signal: AbortSignal): Promise<() => void> {
    if (signal.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting)
        reject(signal.reason)
      }
      const enter = () => {
        signal.removeEventListener('abort', giveUp)
        resolve(this.#occupy(target))
      }
      const waiting: Waiting = { ...target, enter }
      signal.addEventListener('abort', giveUp, { once: true })
      this.#waiting.push(waiting)
      this.#admit()
    })
  }

  #occupy({ url, host }: QueuedTarget): () => void {
    let inside = true
    return () => {
      if (!inside) return
      inside = false
      this.#urls.delete(url)
      this.#changeHost(host, -1)
      this.#admit()
    }
  }

  /** Marks the places before `enter` is called, so that two in one turn cannot take the same one. */
  #admit(): void {
    const staying: Waiting[] = []
    const entering: Waiting[] = []
    for (const waiting of this.#waiting) {
      if (this.#hasPlace(waiting)) {
        this.#urls.add(waiting.url)
        this.#changeHost(waiting.host, 1)
        entering.push(waiting)
      } else staying.push(waiting)
    }
    this.#waiting = staying
    for (const waiting of entering) waiting.enter()
  }

  #hasPlace({ url, host }: QueuedTarget): boolean {
    return !this.#urls.has(url) && (this.#hosts.get(host) ?? 0) < this.#perHostMax
  }

  #changeHost(host: string, change: number): void {
    const count = (this.#hosts.get(host) ?? 0) + change
    if (count > 0) this.#hosts.set(host, count)
    else this.#hosts.delete(host)
  }
}
