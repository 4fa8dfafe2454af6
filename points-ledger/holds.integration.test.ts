import { expect, test } from 'vitest'
import { holdPortion } from './hold-portion.ts'
import { MIB } from './limits.ts'
import {
  attemptOf,
  furnish,
  openTestLedger,
  otherRelayId,
  postingOf,
  receiptOf,
  relayId,
  type TestLedger,
  wrongChecks,
} from './testing/ledger-fixture.ts'

const pass60Seconds = ({ query }: TestLedger, holdId: string) =>
  query("update holds set expires_at = expires_at - interval '60 seconds' where hold_id = $1", [holdId])

async function takeHold({ ledger }: TestLedger, customerId: string) {
  const hold = await ledger.takeHold({ relayId, customerId })
  if (!hold) throw new Error('the balance is empty')
  return hold
}

test('several relays on one balance never set aside more than it holds', async () => {
  const test = await openTestLedger()
  const { customerId } = await furnish(test, 5n * MIB + 3n)
  const holds = await Promise.all(
    Array.from({ length: 24 }, (_, turn) =>
      test.ledger.takeHold({ relayId: turn % 2 ? relayId : otherRelayId, customerId }),
    ),
  )
  const held = holds.reduce((sum, hold) => sum + (hold?.heldBytes ?? 0n), 0n)
  expect(held).toBe(5n * MIB + 3n)
  expect(holds.filter((hold) => hold === null).length).toBeGreaterThan(0)
  expect(await test.ledger.customerBalance(customerId)).toMatchObject({ freeBytes: 0n, heldBytes: held })
  expect(await wrongChecks(test)).toEqual([])
})

test('several relays that use and top up one small balance charge exactly all of it', async () => {
  const test = await openTestLedger()
  const { customerId } = await furnish(test, 10n * MIB)
  const spend = async (turn: number) => {
    const hold = await test.ledger.takeHold({ relayId, customerId })
    if (hold) await test.ledger.topUpHold(hold)
    const attempts = [attemptOf(`ex-${turn}`, customerId, MIB, { holdId: hold?.holdId ?? null })]
    await test.ledger.post([postingOf(receiptOf(1, MIB), { linkId: `link-${turn}`, attempts })])
    if (hold) await test.ledger.returnHold(hold)
  }
  await Promise.all(Array.from({ length: 16 }, (_, turn) => spend(turn)))
  const totals = await test.ledger.totals()
  expect(totals.chargedBytes + totals.goodwillUncoveredBytes).toBe(16n * MIB)
  expect(totals.chargedBytes + totals.freeBytes + totals.heldBytes).toBe(10n * MIB)
  expect(await wrongChecks(test)).toEqual([])
})

test('a hold that is topped up gets another portion of what is free', async () => {
  const test = await openTestLedger()
  const { customerId } = await furnish(test, 100n * MIB)
  const hold = await takeHold(test, customerId)
  expect(hold).toMatchObject({ addedBytes: 25n * MIB, heldBytes: 25n * MIB, freeBytes: 75n * MIB })
  const more = await test.ledger.topUpHold(hold)
  const added = holdPortion(75n * MIB)
  expect(more).toMatchObject({
    addedBytes: added,
    heldBytes: 25n * MIB + added,
    freeBytes: 75n * MIB - added,
  })
})

test('a hold of an empty balance is null, and topping one up adds nothing', async () => {
  const test = await openTestLedger()
  const { customerId } = await furnish(test, MIB)
  const hold = await takeHold(test, customerId)
  expect(await test.ledger.takeHold({ relayId, customerId })).toBeNull()
  expect(await test.ledger.topUpHold(hold)).toMatchObject({ addedBytes: 0n, heldBytes: MIB, freeBytes: 0n })
})

test('a returned hold gives back what was not used, and only once', async () => {
  const test = await openTestLedger()
  const { customerId } = await furnish(test, 8n * MIB)
  const hold = await takeHold(test, customerId)
  const attempts = [attemptOf('ex-1', customerId, MIB, { holdId: hold.holdId })]
  await test.ledger.post([postingOf(receiptOf(1, MIB), { attempts })])
  expect(await test.ledger.returnHold(hold)).toEqual({ returnedBytes: MIB })
  expect(await test.ledger.returnHold(hold)).toEqual({ returnedBytes: 0n })
  expect(await test.ledger.topUpHold(hold)).toBeNull()
  expect(await test.ledger.customerBalance(customerId)).toMatchObject({
    freeBytes: 7n * MIB,
    heldBytes: 0n,
  })
})

test('a hold lives 60 s from its last renewal, by the clock of the database', async () => {
  const test = await openTestLedger()
  const { customerId } = await furnish(test, 8n * MIB)
  const [kept, lost] = [await takeHold(test, customerId), await takeHold(test, customerId)]
  expect(kept.expiresInMs).toBeGreaterThan(0)
  expect(kept.expiresInMs).toBeLessThanOrEqual(60_000)
  await pass60Seconds(test, lost.holdId)
  const renewed = await test.ledger.renewHolds({ relayId })
  expect(renewed.map(({ holdId }) => holdId)).toEqual([kept.holdId])
  expect(await test.ledger.topUpHold(lost)).toBeNull()
  expect(await test.ledger.customerBalance(customerId)).toMatchObject({ heldBytes: kept.heldBytes })
  await pass60Seconds(test, kept.holdId)
  expect(await test.ledger.expireHolds()).toEqual({ expiredHolds: 1, returnedBytes: kept.heldBytes })
  expect(await test.ledger.expireHolds()).toEqual({ expiredHolds: 0, returnedBytes: 0n })
  expect(await wrongChecks(test)).toEqual([])
})

test('the next hold of a customer finds what expired holds kept, before anyone sweeps', async () => {
  const test = await openTestLedger()
  const { customerId } = await furnish(test, MIB)
  const hold = await takeHold(test, customerId)
  await pass60Seconds(test, hold.holdId)
  expect(await test.ledger.takeHold({ relayId, customerId })).toMatchObject({ heldBytes: MIB })
})

test('a relay that lives gives back what relays that died have held', async () => {
  const test = await openTestLedger()
  const { customerId } = await furnish(test, 8n * MIB)
  await pass60Seconds(test, (await takeHold(test, customerId)).holdId)
  expect(await test.ledger.renewHolds({ relayId: otherRelayId })).toEqual([])
  expect(await test.ledger.customerBalance(customerId)).toMatchObject({ freeBytes: 8n * MIB })
})

test('what was used from a hold that has expired is drawn from the free balance', async () => {
  const test = await openTestLedger()
  const { customerId } = await furnish(test, 8n * MIB)
  const hold = await takeHold(test, customerId)
  await pass60Seconds(test, hold.holdId)
  await test.ledger.expireHolds()
  const attempts = [attemptOf('ex-1', customerId, 3n * MIB, { holdId: hold.holdId })]
  await test.ledger.post([postingOf(receiptOf(1, 3n * MIB), { attempts })])
  expect(await test.ledger.totals()).toMatchObject({ chargedBytes: 3n * MIB, freeBytes: 5n * MIB })
})

test('many sweeps at once give each hold back once', async () => {
  const test = await openTestLedger()
  const { customerId } = await furnish(test, 64n * MIB)
  const holds = [1, 2, 3, 4, 5, 6].map(() => takeHold(test, customerId))
  for (const hold of await Promise.all(holds)) await pass60Seconds(test, hold.holdId)
  const sweeps = await Promise.all(Array.from({ length: 8 }, () => test.ledger.expireHolds()))
  expect(sweeps.reduce((sum, { expiredHolds }) => sum + expiredHolds, 0)).toBe(6)
  expect((await test.ledger.customerBalance(customerId)).freeBytes).toBe(64n * MIB)
})

test('an unknown hold or customer is a coded error', async () => {
  const test = await openTestLedger()
  await expect(test.ledger.topUpHold({ holdId: 'none' })).rejects.toMatchObject({ code: 'unknown-hold' })
  await expect(test.ledger.returnHold({ holdId: 'none' })).rejects.toMatchObject({ code: 'unknown-hold' })
  const nobody = { relayId, customerId: 'cus_nobody' }
  await expect(test.ledger.takeHold(nobody)).rejects.toMatchObject({ code: 'unknown-customer' })
})
