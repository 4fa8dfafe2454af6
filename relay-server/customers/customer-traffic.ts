import type { TrafficBudget } from '../exchange/exchange-ports.ts'
import { HeldTraffic, type HoldLedger } from './held-traffic.ts'

export type { HoldLedger }

/** A hold that nobody draws from goes back after this time. */
export const idleHoldMs = 10_000
export const renewEveryMs = 20_000
/** A relay that could not renew its holds stops granting this long after it last could: 10 s before they expire. */
export const grantWithoutRenewalMs = 50_000

export type CustomerTraffic = ReturnType<typeof createCustomerTraffic>

/** Holds of all customers that ask through this relay: taken when first needed, topped up, renewed, returned when idle. */
export function createCustomerTraffic(parts: {
  ledger: HoldLedger
  log: { warn(fields: object, sentence: string): void }
}) {
  const byCustomer = new Map<string, HeldTraffic>()
  /** Holds that are to go back and that the ledger has not taken yet. */
  const returning = new Set<string>()
  let renewedAt = Date.now()

  const mayGrant = () => Date.now() - renewedAt < grantWithoutRenewalMs
  const trafficOf = (customerId: string) => {
    const traffic = byCustomer.get(customerId) ?? new HeldTraffic(customerId, { ...parts, mayGrant })
    byCustomer.set(customerId, traffic)
    return traffic
  }

  const renew = async () => {
    const heldBefore = [...byCustomer.values()].filter((traffic) => traffic.holdId !== null)
    const holdIds = new Map(heldBefore.map((traffic) => [traffic, traffic.holdId]))
    const askedAt = Date.now()
    const renewed = new Set((await parts.ledger.renewHolds()).map(({ holdId }) => holdId))
    renewedAt = askedAt
    for (const [traffic, holdId] of holdIds)
      if (traffic.holdId === holdId && !renewed.has(holdId ?? '')) traffic.forgetHold()
  }

  const returnHolds = async () => {
    for (const holdId of [...returning]) {
      await parts.ledger.returnHold(holdId)
      returning.delete(holdId)
    }
  }

  const releaseAll = (isDue: (traffic: HeldTraffic) => boolean) => {
    for (const [customerId, traffic] of byCustomer) {
      if (!isDue(traffic)) continue
      byCustomer.delete(customerId)
      const holdId = traffic.release()
      if (holdId !== null) returning.add(holdId)
    }
  }

  const returnIdle = async () => {
    releaseAll((traffic) => traffic.isIdle && Date.now() - traffic.usedAt >= idleHoldMs)
    await returnHolds()
  }

  const warn = (error: unknown) =>
    parts.log.warn({ error: String(error) }, 'holds could not be renewed or returned; it is tried again')
  const timers = [
    setInterval(() => renew().catch(warn), renewEveryMs),
    setInterval(() => returnIdle().catch(warn), idleHoldMs / 2),
  ]

  return {
    /** Gives back what an earlier run of this relay left held when it was killed: nobody else would, while this one renews. */
    async begin(): Promise<void> {
      for (const { holdId } of await parts.ledger.renewHolds()) returning.add(holdId)
      await returnHolds()
      renewedAt = Date.now()
    },

    /** False while the ledger was silent for so long that the holds may be about to expire. */
    mayGrant,

    /** True where something is left to spend. Asks the ledger only when nothing is held; rejects where it cannot be asked. */
    hasBalance: (customerId: string): Promise<boolean> => trafficOf(customerId).ready(),

    balanceBytes: (customerId: string): number => trafficOf(customerId).balanceBytes,

    /** One exchange's part of the held traffic. */
    openBudget: (customerId: string): TrafficBudget => trafficOf(customerId).openBudget(),

    /** Metering still has something to post against the customer's hold. */
    postingOpened: (customerId: string): void => {
      trafficOf(customerId).users += 1
    },
    postingDone: (customerId: string): void => {
      trafficOf(customerId).users -= 1
    },

    async close(): Promise<void> {
      for (const timer of timers) clearInterval(timer)
      releaseAll(() => true)
      await returnHolds().catch(warn)
    },
  }
}
