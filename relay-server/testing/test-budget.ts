import type { TrafficBudget } from '../exchange/exchange-ports.ts'

/** Prepaid traffic as a test watches it. Draws from the free balance: there is no hold. */
export class TestBudget implements TrafficBudget {
  readonly holdId = null
  reservedBytes = 0
  /** What the exchange said it used, once it has closed; more than one entry would be a mistake. */
  readonly closedWith: number[] = []
  readonly #limitBytes: number

  constructor(limitBytes = Number.POSITIVE_INFINITY) {
    this.#limitBytes = limitBytes
  }

  reserve(bytes: number): number {
    const taken = Math.min(bytes, this.#limitBytes - this.reservedBytes)
    this.reservedBytes += taken
    return taken
  }

  close(usedBytes: number): void {
    this.closedWith.push(usedBytes)
  }
}
