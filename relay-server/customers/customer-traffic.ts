import type { TrafficBudget } from '../exchange/exchange-ports.ts'

/** What holding traffic needs of the ledger. Byte counts are `bigint` there and plain numbers in memory here. */
export type HoldLedger = {
  /** Null where nothing is left to hold. `freeBytes` is the balance beside all holds. */
  takeHold(customerId: string): Promise<{ holdId: string; addedBytes: bigint; freeBytes: bigint } | null>
  /** Null where the hold has expired: a new one must be taken. */
  topUpHold(holdId: string): Promise<{ addedBytes: bigint; freeBytes: bigint } | null>
  /** All holds of this relay. */
  renewHolds(): Promise<unknown>
  returnHold(holdId: string): Promise<unknown>
}

/** Held traffic below this part of the hold's size is topped up in the background. */
const topUpBelowPart = 0.5
/** A hold that nobody draws from goes back after this time. */
const idleHoldMs = 10_000
const renewEveryMs = 20_000
/** A relay that could not renew its holds stops granting this long before they expire (after 60 s). */
const grantWithoutRenewalMs = 50_000

type Held = { holdId: string; sizeBytes: number; spareBytes: number }

/** The prepaid traffic of one customer, as this relay holds it. */
class HeldTraffic {
  /** Exchanges and postings that still refer to the hold: it may not go back before they are done. */
  users = 0
  usedAt = Date.now()
  #held: Held | null = null
  #freeBytes = 0
  #asking: Promise<void> | null = null
  readonly #customerId: string
  readonly #ledger: HoldLedger
  readonly #mayGrant: () => boolean

  constructor(customerId: string, ledger: HoldLedger, mayGrant: () => boolean) {
    this.#customerId = customerId
    this.#ledger = ledger
    this.#mayGrant = mayGrant
  }

  get holdId(): string | null {
    return this.#held?.holdId ?? null
  }

  /** What the customer has left, as far as this relay knows: its free balance and what is spare in the hold. */
  get balanceBytes(): number {
    return this.#freeBytes + (this.#held?.spareBytes ?? 0)
  }

  /** Takes up to `bytes`: at once where the hold has them, else after asking the ledger. */
  reserve(bytes: number): number | Promise<number> {
    this.usedAt = Date.now()
    if (!this.#mayGrant()) return 0
    const held = this.#held
    if (!held || held.spareBytes < bytes) return this.#askThenTake(bytes)
    if (held.spareBytes - bytes < held.sizeBytes * topUpBelowPart) void this.#ask()
    return this.#take(bytes)
  }

  giveBack(bytes: number): void {
    if (this.#held) this.#held.spareBytes += bytes
  }

  async ready(): Promise<boolean> {
    if (this.#held && this.#held.spareBytes > 0) return true
    await this.#ask()
    return (this.#held?.spareBytes ?? 0) > 0
  }

  async returnHold(): Promise<void> {
    const held = this.#held
    this.#held = null
    if (held) await this.#ledger.returnHold(held.holdId)
  }

  async #askThenTake(bytes: number): Promise<number> {
    await this.#ask()
    return this.#take(bytes)
  }

  #take(bytes: number): number {
    if (!this.#held) return 0
    const taken = Math.min(bytes, this.#held.spareBytes)
    this.#held.spareBytes -= taken
    return taken
  }

  #ask(): Promise<void> {
    this.#asking ??= this.#takeOrTopUp().finally(() => {
      this.#asking = null
    })
    return this.#asking
  }

  async #takeOrTopUp(): Promise<void> {
    if (this.#held && (await this.#topUp(this.#held))) return
    this.#held = null
    const taken = await this.#ledger.takeHold(this.#customerId)
    if (!taken) return
    const bytes = Number(taken.addedBytes)
    this.#held = { holdId: taken.holdId, sizeBytes: bytes, spareBytes: bytes }
    this.#freeBytes = Number(taken.freeBytes)
  }

  /** False where the hold is gone. */
  async #topUp(held: Held): Promise<boolean> {
    const topped = await this.#ledger.topUpHold(held.holdId)
    if (!topped) return false
    held.spareBytes += Number(topped.addedBytes)
    this.#freeBytes = Number(topped.freeBytes)
    return true
  }
}

export type CustomerTraffic = ReturnType<typeof createCustomerTraffic>

/** Holds of all customers that ask through this relay: taken when first needed, topped up, renewed, returned when idle. */
export function createCustomerTraffic(parts: {
  ledger: HoldLedger
  log: { warn(fields: object, sentence: string): void }
}) {
  const byCustomer = new Map<string, HeldTraffic>()
  let renewedAt = Date.now()

  const trafficOf = (customerId: string) => {
    const mayGrant = () => Date.now() - renewedAt < grantWithoutRenewalMs
    const traffic = byCustomer.get(customerId) ?? new HeldTraffic(customerId, parts.ledger, mayGrant)
    byCustomer.set(customerId, traffic)
    return traffic
  }

  const renew = async () => {
    await parts.ledger.renewHolds()
    renewedAt = Date.now()
  }

  const returnIdle = async () => {
    for (const [customerId, traffic] of byCustomer) {
      if (traffic.users > 0 || Date.now() - traffic.usedAt < idleHoldMs) continue
      byCustomer.delete(customerId)
      await traffic.returnHold()
    }
  }

  const warn = (error: unknown) => parts.log.warn({ error: String(error) }, 'holds could not be renewed or returned; tried again')
  const timers = [setInterval(() => renew().catch(warn), renewEveryMs), setInterval(() => returnIdle().catch(warn), idleHoldMs / 2)]

  return {
    /** True where something is left to spend. Asks the ledger only when nothing is held. */
    hasBalance: (customerId: string): Promise<boolean> => trafficOf(customerId).ready(),

    balanceBytes: (customerId: string): number => trafficOf(customerId).balanceBytes,

    /** One exchange's part of the held traffic. */
    openBudget(customerId: string): TrafficBudget {
      const traffic = trafficOf(customerId)
      traffic.users += 1
      let reservedBytes = 0
      let closed = false
      return {
        get holdId() {
          return traffic.holdId
        },
        reserve(bytes) {
          const taken = traffic.reserve(bytes)
          if (typeof taken === 'number') {
            reservedBytes += taken
            return taken
          }
          return taken.then((late) => {
            reservedBytes += late
            return late
          })
        },
        close(usedBytes) {
          if (closed) return
          closed = true
          traffic.giveBack(Math.max(0, reservedBytes - usedBytes))
          traffic.users -= 1
        },
      }
    },

    /** Metering still has something to post against the customer's hold. */
    postingOpened: (customerId: string): void => {
      trafficOf(customerId).users += 1
    },
    postingDone: (customerId: string): void => {
      trafficOf(customerId).users -= 1
    },

    async close(): Promise<void> {
      for (const timer of timers) clearInterval(timer)
      for (const traffic of byCustomer.values()) await traffic.returnHold().catch(warn)
    },
  }
}
