import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createCustomerTraffic, grantWithoutRenewalMs, idleHoldMs, renewEveryMs } from './customer-traffic.ts'
import type { HoldLedger } from './held-traffic.ts'

/** A ledger of one customer in memory: hands out portions of a fixed size, and can be told to fail or to wait. */
class ScriptedLedger implements HoldLedger {
  freeBytes: number
  readonly portionBytes: number
  readonly holds = new Map<string, number>()
  readonly calls: string[] = []
  fails = false
  gate: Promise<void> | null = null
  #last = 0

  constructor(freeBytes: number, portionBytes: number) {
    this.freeBytes = freeBytes
    this.portionBytes = portionBytes
  }

  get heldBytes(): number {
    return [...this.holds.values()].reduce((sum, bytes) => sum + bytes, 0)
  }

  takeHold = () =>
    this.#answer('take', () => {
      if (this.freeBytes === 0) return null
      this.#last += 1
      const holdId = `hold_${this.#last}`
      this.holds.set(holdId, 0)
      return { holdId, ...this.#fill(holdId) }
    })
  topUpHold = (holdId: string) =>
    this.#answer(`top up ${holdId}`, () => (this.holds.has(holdId) ? this.#fill(holdId) : null))
  renewHolds = () => this.#answer('renew', () => [...this.holds.keys()].map((holdId) => ({ holdId })))
  returnHold = (holdId: string) => this.#answer(`return ${holdId}`, () => this.expire(holdId))

  expire(holdId: string): void {
    this.freeBytes += this.holds.get(holdId) ?? 0
    this.holds.delete(holdId)
  }

  #fill(holdId: string) {
    const added = Math.min(this.portionBytes, this.freeBytes)
    this.freeBytes -= added
    this.holds.set(holdId, (this.holds.get(holdId) ?? 0) + added)
    return { addedBytes: BigInt(added), freeBytes: BigInt(this.freeBytes) }
  }

  async #answer<T>(call: string, act: () => T): Promise<T> {
    this.calls.push(call)
    await this.gate
    if (this.fails) throw new Error('the database does not answer')
    return act()
  }
}

const warnings: string[] = []
let closing: (() => Promise<void>)[] = []
function trafficOn(ledger: HoldLedger) {
  const traffic = createCustomerTraffic({
    ledger,
    log: { warn: (_fields, sentence) => void warnings.push(sentence) },
  })
  closing.push(traffic.close)
  return traffic
}

beforeEach(() => {
  vi.useFakeTimers()
  warnings.length = 0
})
afterEach(async () => {
  for (const close of closing) await close()
  closing = []
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('held traffic', () => {
  test('is taken when it is first needed, and then spent without asking', async () => {
    const ledger = new ScriptedLedger(10_000, 1_000)
    const traffic = trafficOn(ledger)
    expect(ledger.calls).toEqual([])
    expect(await traffic.hasBalance('cus')).toBe(true)
    const budget = traffic.openBudget('cus')
    expect(budget.holdId).toBe('hold_1')
    expect(budget.reserve(300)).toBe(300)
    expect(budget.reserve(200)).toBe(200)
    expect(ledger.calls).toEqual(['take'])
    expect(traffic.balanceBytes('cus')).toBe(9_500)
    budget.close(100)
    expect(traffic.balanceBytes('cus'), 'what was not used is free again').toBe(9_900)
  })

  test('is topped up in the background once it falls below half', async () => {
    const ledger = new ScriptedLedger(10_000, 1_000)
    const traffic = trafficOn(ledger)
    await traffic.hasBalance('cus')
    const budget = traffic.openBudget('cus')
    expect(budget.reserve(500)).toBe(500)
    expect(ledger.calls).toEqual(['take'])
    expect(budget.reserve(1), 'without waiting for the ledger').toBe(1)
    expect(ledger.calls).toEqual(['take', 'top up hold_1'])
    await vi.advanceTimersByTimeAsync(0)
    expect(budget.reserve(1_400)).toBe(1_400)
  })

  test('is asked for again and again for one large wish, until the balance ends', async () => {
    const ledger = new ScriptedLedger(2_500, 1_000)
    const traffic = trafficOn(ledger)
    const budget = traffic.openBudget('cus')
    expect(await budget.reserve(2_400)).toBe(2_400)
    expect(await budget.reserve(2_400), 'the rest, to the last byte').toBe(100)
    expect(await budget.reserve(1)).toBe(0)
    expect(await traffic.hasBalance('cus')).toBe(false)
  })

  test('is never given out twice, however many ask at once', async () => {
    const ledger = new ScriptedLedger(5_000, 1_000)
    const traffic = trafficOn(ledger)
    const budgets = Array.from({ length: 64 }, () => traffic.openBudget('cus'))
    const taken = await Promise.all(budgets.map(async (budget) => budget.reserve(300)))
    expect(taken.reduce((sum: number, bytes) => sum + bytes, 0)).toBe(5_000)
    expect(ledger.heldBytes).toBe(5_000)
    expect(
      taken.slice(0, 16).every((bytes) => bytes === 300),
      'none goes short while there is balance',
    ).toBe(true)
    expect(ledger.calls.filter((call) => call === 'take')).toHaveLength(1)
    for (const budget of budgets) budget.close(0)
    expect(traffic.balanceBytes('cus')).toBe(5_000)
  })

  test('of one customer is apart from that of another', async () => {
    const ledger = new ScriptedLedger(2_000, 1_000)
    const traffic = trafficOn(ledger)
    const [one, other] = [traffic.openBudget('cus_1'), traffic.openBudget('cus_2')]
    expect(await one.reserve(1_000)).toBe(1_000)
    expect(await other.reserve(1_000)).toBe(1_000)
    expect([one.holdId, other.holdId]).toEqual(['hold_1', 'hold_2'])
  })

  test('closing a budget twice gives back once', async () => {
    const traffic = trafficOn(new ScriptedLedger(1_000, 1_000))
    const budget = traffic.openBudget('cus')
    await budget.reserve(600)
    budget.close(100)
    budget.close(0)
    expect(traffic.balanceBytes('cus')).toBe(900)
  })

  test('that was bought later is found as soon as it is needed', async () => {
    const ledger = new ScriptedLedger(100, 1_000)
    const traffic = trafficOn(ledger)
    const budget = traffic.openBudget('cus')
    expect(await budget.reserve(200)).toBe(100)
    expect(await budget.reserve(200)).toBe(0)
    ledger.freeBytes = 5_000
    expect(await budget.reserve(200)).toBe(200)
  })
})

describe('a hold that expired in the ledger', () => {
  test('is replaced, and what was set aside in it does not come back into the new one', async () => {
    const ledger = new ScriptedLedger(3_000, 1_000)
    const traffic = trafficOn(ledger)
    const budget = traffic.openBudget('cus')
    expect(await budget.reserve(900)).toBe(900)
    ledger.expire('hold_1')
    const second = traffic.openBudget('cus')
    expect(await second.reserve(500)).toBe(500)
    expect(second.holdId).toBe('hold_2')
    budget.close(0)
    const third = traffic.openBudget('cus')
    const taken = (await third.reserve(10_000)) + 500
    expect(taken).toBe(3_000)
    expect(ledger.heldBytes).toBe(3_000)
  })

  test('is noticed at the next renewal, before anybody is granted from it', async () => {
    const ledger = new ScriptedLedger(3_000, 1_000)
    const traffic = trafficOn(ledger)
    const budget = traffic.openBudget('cus')
    await budget.reserve(10)
    ledger.expire('hold_1')
    await vi.advanceTimersByTimeAsync(renewEveryMs)
    expect(budget.holdId).toBeNull()
    expect(await budget.reserve(10)).toBe(10)
    expect(budget.holdId).toBe('hold_2')
  })
})

describe('an idle hold', () => {
  test('goes back after ten seconds', async () => {
    const ledger = new ScriptedLedger(1_000, 1_000)
    const traffic = trafficOn(ledger)
    traffic.openBudget('cus').close(0)
    await traffic.hasBalance('cus')
    await vi.advanceTimersByTimeAsync(idleHoldMs * 1.5)
    expect(ledger.calls).toEqual(['take', 'return hold_1'])
    expect(ledger.freeBytes).toBe(1_000)
    expect(await traffic.hasBalance('cus')).toBe(true)
  })

  test('stays while an exchange or a posting refers to it', async () => {
    const ledger = new ScriptedLedger(1_000, 1_000)
    const traffic = trafficOn(ledger)
    await traffic.hasBalance('cus')
    const budget = traffic.openBudget('cus')
    traffic.postingOpened('cus')
    await vi.advanceTimersByTimeAsync(idleHoldMs * 2)
    budget.close(0)
    await vi.advanceTimersByTimeAsync(idleHoldMs * 2)
    expect(ledger.holds.size).toBe(1)
    traffic.postingDone('cus')
    await vi.advanceTimersByTimeAsync(idleHoldMs * 2)
    expect(ledger.holds.size).toBe(0)
  })

  test('is not lost where the ledger answers late: what comes is used, and goes back', async () => {
    const ledger = new ScriptedLedger(1_000, 1_000)
    const traffic = trafficOn(ledger)
    const gate = Promise.withResolvers<void>()
    ledger.gate = gate.promise
    const asked = traffic.hasBalance('cus')
    await vi.advanceTimersByTimeAsync(idleHoldMs * 2)
    ledger.gate = null
    gate.resolve()
    expect(await asked).toBe(true)
    expect(traffic.openBudget('cus').holdId).toBe('hold_1')
  })

  test('that could not be returned is returned later', async () => {
    const ledger = new ScriptedLedger(1_000, 1_000)
    const traffic = trafficOn(ledger)
    await traffic.hasBalance('cus')
    ledger.fails = true
    await vi.advanceTimersByTimeAsync(idleHoldMs * 1.5)
    expect(ledger.holds.size).toBe(1)
    ledger.fails = false
    await vi.advanceTimersByTimeAsync(idleHoldMs)
    expect(ledger.holds.size).toBe(0)
  })
})

describe('a ledger that does not answer', () => {
  test('leaves what is held to be spent, and is told as a warning, not as a crash', async () => {
    const ledger = new ScriptedLedger(10_000, 1_000)
    const traffic = trafficOn(ledger)
    await traffic.hasBalance('cus')
    ledger.fails = true
    const budget = traffic.openBudget('cus')
    expect(budget.reserve(800)).toBe(800)
    await vi.advanceTimersByTimeAsync(0)
    expect(warnings).toHaveLength(1)
    expect(await budget.reserve(800)).toBe(200)
    await expect(budget.reserve(800), 'which is not the same as a balance that has ended').rejects.toThrow(
      'does not answer',
    )
    ledger.fails = false
    expect(await budget.reserve(800)).toBe(800)
  })

  test('makes the question for a balance fail, because nobody knows the answer', async () => {
    const ledger = new ScriptedLedger(10_000, 1_000)
    ledger.fails = true
    await expect(trafficOn(ledger).hasBalance('cus')).rejects.toThrow('does not answer')
  })

  test('stops all granting ten seconds before the holds expire, and lets it go on once it answers', async () => {
    const ledger = new ScriptedLedger(10_000, 1_000)
    const traffic = trafficOn(ledger)
    await traffic.hasBalance('cus')
    const budget = traffic.openBudget('cus')
    ledger.fails = true
    await vi.advanceTimersByTimeAsync(grantWithoutRenewalMs - 1)
    expect(traffic.mayGrant()).toBe(true)
    expect(budget.reserve(100)).toBe(100)
    await vi.advanceTimersByTimeAsync(1)
    expect(traffic.mayGrant()).toBe(false)
    await expect(budget.reserve(100)).rejects.toThrow('renewed')
    ledger.fails = false
    await vi.advanceTimersByTimeAsync(renewEveryMs)
    expect(traffic.mayGrant()).toBe(true)
    expect(budget.reserve(100)).toBe(100)
  })
})

test('holds that a killed run of this relay left behind are returned before the first customer asks', async () => {
  const ledger = new ScriptedLedger(1_000, 400)
  await ledger.takeHold()
  await ledger.takeHold()
  const traffic = trafficOn(ledger)
  await traffic.begin()
  expect(ledger.freeBytes).toBe(1_000)
  expect(ledger.holds.size).toBe(0)
})

test('a relay that closes returns every hold, in use or not', async () => {
  const ledger = new ScriptedLedger(10_000, 1_000)
  const traffic = trafficOn(ledger)
  await traffic.hasBalance('cus_1')
  await traffic.openBudget('cus_2').reserve(10)
  await traffic.close()
  expect(ledger.holds.size).toBe(0)
})
