/** `setTimeout` takes no longer time: it would fire at once. */
const timeoutMsMax = 2 ** 31 - 1

export type WakePorts = {
  /** An alarm for when the browser has stopped the worker meanwhile; null for none. */
  setAlarm(atUnixMs: number | null): void
  woken(): void
  nowUnixMs(): number
}

/** Wakes once at a moment: by a timer while the worker lives, which is exact, and by an alarm where it does not. */
export class WakeTimer {
  readonly #ports: WakePorts
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Undefined until it is known whether the last worker left one. */
  #atUnixMs: number | null | undefined

  constructor(ports: WakePorts) {
    this.#ports = ports
  }

  set(atUnixMs: number | null): void {
    clearTimeout(this.#timer)
    if (atUnixMs !== null) {
      const inMs = Math.min(Math.max(0, atUnixMs - this.#ports.nowUnixMs()), timeoutMsMax)
      this.#timer = setTimeout(this.#ports.woken, inMs)
    }
    if (atUnixMs === this.#atUnixMs) return
    this.#atUnixMs = atUnixMs
    this.#ports.setAlarm(atUnixMs)
  }
}
