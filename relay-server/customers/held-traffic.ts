import type { TrafficBudget } from '../exchange/exchange-ports.ts'

/** What holding traffic needs of the ledger. Byte counts are `bigint` there and plain numbers in memory here. */
export type HoldLedger = {
  /** Null where nothing is left to hold. `freeBytes` is the balance beside all holds. */
  takeHold(customerId: string): Promise<{ holdId: string; addedBytes: bigint; freeBytes: bigint } | null>
  /** Null where the hold has expired: a new one must be taken. */
  topUpHold(holdId: string): Promise<{ addedBytes: bigint; freeBytes: bigint } | null>
  /** Renews all holds of this relay and names them: a hold that is not among them is gone. */
  renewHolds(): Promise<readonly { holdId: string }[]>
  returnHold(holdId: string): Promise<unknown>
}

/** Held traffic below this part of the hold's size is topped up in the background. */
const topUpBelowPart = 0.5

/** One hold in the ledger. `spareBytes` is what no exchange has set aside. */
type Hold = { holdId: string; sizeBytes: number; spareBytes: number }

export type HeldTrafficParts = {
  ledger: HoldLedger
  /** False while the holds of this relay may be about to expire. */
  mayGrant(): boolean
  log: { warn(fields: object, sentence: string): void }
}

/**
 * The prepaid traffic of one customer, as this relay holds it.
 *
 * ```
 *  nothing held ──ask──▶ held ──below half: ask in the background──▶ held
 *        ▲                 └──returned when idle | expired──▶ nothing held
 * ```
 * Never gives out more than the ledger put into the hold; of many callers one asks the ledger and the others wait for it.
 */
export class HeldTraffic {
  /** Exchanges and postings that still refer to the hold: it may not go back before they are done. */
  users = 0
  usedAt = Date.now()
  #hold: Hold | null = null
  #freeBytes = 0
  #asking: Promise<number> | null = null
  readonly #customerId: string
  readonly #parts: HeldTrafficParts

  constructor(customerId: string, parts: HeldTrafficParts) {
    this.#customerId = customerId
    this.#parts = parts
  }

  get holdId(): string | null {
    return this.#hold?.holdId ?? null
  }

  /** What the customer has left, as far as this relay knows: its free balance and what is spare in the hold. */
  get balanceBytes(): number {
    return this.#freeBytes + (this.#hold?.spareBytes ?? 0)
  }

  /** Nobody draws from it, and no answer of the ledger is on its way. */
  get isIdle(): boolean {
    return this.users === 0 && this.#asking === null
  }

  /** True where something is left to spend. Rejects where the ledger cannot be asked. */
  async ready(): Promise<boolean> {
    this.usedAt = Date.now()
    if (this.#spareBytes === 0) await this.#ask()
    return this.#spareBytes > 0
  }

  openBudget(): TrafficBudget {
    this.users += 1
    this.usedAt = Date.now()
    const reservations = new Map<Hold, number>()
    const holdId = () => this.holdId
    let closed = false
    return {
      get holdId() {
        return holdId()
      },
      reserve: (bytes) => this.#reserve(bytes, reservations),
      close: (usedBytes) => {
        if (closed) return
        closed = true
        this.#giveBack(reservations, usedBytes)
        this.usedAt = Date.now()
        this.users -= 1
      },
    }
  }

  /** The ledger no longer lists the hold: what was spare in it is the customer's free balance again. */
  forgetHold(): void {
    this.#hold = null
  }

  /** Hands out the hold's id, so that it can be returned; from now on nothing is held. */
  release(): string | null {
    const holdId = this.holdId
    this.#hold = null
    return holdId
  }

  get #spareBytes(): number {
    return this.#hold?.spareBytes ?? 0
  }

  /** Takes up to `bytes`: at once where the hold has them, else after asking the ledger. */
  #reserve(bytes: number, reservations: Map<Hold, number>): number | Promise<number> {
    this.usedAt = Date.now()
    if (!this.#parts.mayGrant())
      return Promise.reject(new Error('the ledger has not renewed the holds of this relay'))
    if (this.#spareBytes < bytes) return this.#askThenTake(bytes, reservations)
    const taken = this.#take(bytes, reservations)
    this.#topUpInBackground()
    return taken
  }

  #take(bytes: number, reservations: Map<Hold, number>): number {
    const hold = this.#hold
    if (!hold) return 0
    const taken = Math.min(bytes, hold.spareBytes)
    hold.spareBytes -= taken
    reservations.set(hold, (reservations.get(hold) ?? 0) + taken)
    return taken
  }

  /** A small balance comes in small portions, so it is asked for more until there is enough or nothing more comes. */
  async #askThenTake(bytes: number, reservations: Map<Hold, number>): Promise<number> {
    try {
      while (this.#spareBytes < bytes && (await this.#ask()) > 0);
    } catch (error) {
      // What is held may still be spent; with nothing held, nobody knows whether the balance has ended.
      if (this.#spareBytes === 0) throw error
      this.#warn(error)
    }
    return this.#take(bytes, reservations)
  }

  /** With nothing free there is nothing to ask for; an exchange that needs more than is spare asks anyway. */
  #topUpInBackground(): void {
    const hold = this.#hold
    if (!hold || this.#asking || this.#freeBytes === 0) return
    if (hold.spareBytes < hold.sizeBytes * topUpBelowPart) this.#ask().catch((error) => this.#warn(error))
  }

  /** Only what was set aside in the hold that still stands comes back; the rest went with its hold. */
  #giveBack(reservations: Map<Hold, number>, usedBytes: number): void {
    let unpaidBytes = usedBytes
    for (const [hold, bytes] of reservations) {
      const usedHere = Math.min(bytes, unpaidBytes)
      unpaidBytes -= usedHere
      hold.spareBytes += bytes - usedHere
    }
  }

  /** How many bytes came. Asked once at a time, for all who wait. */
  #ask(): Promise<number> {
    this.#asking ??= this.#takeOrTopUp().finally(() => {
      this.#asking = null
    })
    return this.#asking
  }

  async #takeOrTopUp(): Promise<number> {
    const hold = this.#hold
    const topped = hold && (await this.#parts.ledger.topUpHold(hold.holdId))
    if (hold && topped) {
      hold.spareBytes += Number(topped.addedBytes)
      this.#freeBytes = Number(topped.freeBytes)
      return Number(topped.addedBytes)
    }
    this.#hold = null
    return this.#takeNew()
  }

  async #takeNew(): Promise<number> {
    const taken = await this.#parts.ledger.takeHold(this.#customerId)
    this.#freeBytes = Number(taken?.freeBytes ?? 0)
    if (!taken) return 0
    const bytes = Number(taken.addedBytes)
    this.#hold = { holdId: taken.holdId, sizeBytes: bytes, spareBytes: bytes }
    return bytes
  }

  #warn(error: unknown): void {
    const fields = { customerId: this.#customerId, error: String(error) }
    this.#parts.log.warn(fields, 'the ledger could not be asked for more traffic of a customer')
  }
}
