import type { TrafficBudget } from './exchange-ports.ts'

/**
 * What windows may be granted against. Bytes that one lane was allowed and did not use pay for the next lane, so that a chain of
 * redirects sets aside no more than it needs.
 */
export class WindowFunds {
  readonly #budget: TrafficBudget
  #reservedBytes = 0
  #usedBytes = 0

  constructor(budget: TrafficBudget) {
    this.#budget = budget
  }

  /** Sets aside what `wantedBytes` need beyond what is left over. Gives fewer where the balance ends; rejects where it cannot be asked. */
  reserve(wantedBytes: number): number | Promise<number> {
    const spareBytes = this.#reservedBytes - this.#usedBytes
    const missingBytes = wantedBytes - spareBytes
    if (missingBytes <= 0) return this.#use(wantedBytes)
    const reserved = this.#budget.reserve(missingBytes)
    if (typeof reserved === 'number') return this.#add(spareBytes, reserved)
    return reserved.then((late) => this.#add(spareBytes, late))
  }

  /** A lane has closed without these bytes. */
  giveBack(bytes: number): void {
    this.#usedBytes -= bytes
  }

  #add(spareBytes: number, reserved: number): number {
    this.#reservedBytes += reserved
    return this.#use(spareBytes + reserved)
  }

  #use(bytes: number): number {
    this.#usedBytes += bytes
    return bytes
  }
}
