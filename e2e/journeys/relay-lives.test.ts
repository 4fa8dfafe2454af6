import { once } from 'node:events'
import type { Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askJson, openAnswer, readBody, readSome } from '#scripts/browser/customer.ts'
import { readPopup, waitForPhase } from '#scripts/browser/owner.ts'
import { expectLedgerToVerify, readTotals } from '../fixtures/books.ts'
import { type House, type Node, openHouse } from '../fixtures/house.ts'
import { mebibytes, tellMeasured } from '../fixtures/measured.ts'
import { until } from '../fixtures/until.ts'

const mib = 1024 * 1024

type KeptReceipt = { linkId: string; receipt: { sequence: number; carriedUp: number; carriedDown: number } }

/** The receipts that the node keeps until a relay says that they are posted, from its own database. */
function readKeptReceipts(popup: Page): Promise<KeptReceipt[]> {
  return popup.evaluate(
    () =>
      new Promise<KeptReceipt[]>((resolve, reject) => {
        const opening = indexedDB.open('fallow')
        opening.onerror = () => reject(opening.error)
        opening.onsuccess = () => {
          const reading = opening.result.transaction('receipts').objectStore('receipts').getAll()
          reading.onsuccess = () => resolve(reading.result as KeptReceipt[])
          reading.onerror = () => reject(reading.error)
          opening.result.close()
        }
      }),
  )
}

/** A relay that closes says so, and then does not listen any more. */
async function isTurnedAway({ customer, site }: House): Promise<boolean> {
  const reply = await askJson(customer, { url: `${site.origin}/small` }).catch(() => null)
  return reply === null || (!reply.ok && reply.problem.code === 'relay-draining')
}

describe.sequential('a relay that comes and goes', () => {
  let house: House
  let node: Node
  beforeAll(async () => {
    house = await openHouse()
    node = await house.openNode()
  })
  afterAll(() => house?.close())

  test('a relay that is asked to close lets an answer finish, and the node finds the next one by itself', async () => {
    const answer = await openAnswer(house.customer, { url: `${house.site.origin}/slow-drip?gate=closing` })
    await once(answer, 'data')
    const closed = house.relay.stop()
    await until('the relay to take no more requests', () => isTurnedAway(house))
    house.site.open('closing')
    expect(await readBody(answer)).toMatchObject({ ending: 'complete' })
    await closed
    expect(await house.relay.exited).toBe(0)
    await house.startRelayAgain()
    await waitForPhase(node.popup, 'sharing')
    expect(await readKeptReceipts(node.popup)).toEqual([])
  })

  test('after it everything that was carried stands in the ledger', async () => {
    const totals = await readTotals(house)
    const { carriedTotalBytes, pointsUnits } = await readPopup(node.popup)
    expect(totals.carriedBytes).toBe(BigInt(carriedTotalBytes))
    expect(totals.chargedBytes).toBe(totals.carriedBytes)
    expect(totals.pointsUnits).toBe(pointsUnits)
    await expectLedgerToVerify(house)
  })

  test('a relay that is killed in mid-transfer loses nothing that was receipted', async () => {
    const before = await readTotals(house)
    const answer = await openAnswer(house.customer, {
      url: `${house.site.origin}/large?bytes=${256 * mib}&name=killed`,
    })
    await readSome(answer, 6 * mib)
    const broken = readBody(answer)
    await house.relay.kill()
    expect(await broken).toMatchObject({ ending: 'broken' })
    await waitForPhase(node.popup, 'off', 'relay-unreachable')
    const kept = await readKeptReceipts(node.popup)
    expect(kept).toHaveLength(1)
    const receipted = BigInt((kept[0]?.receipt.carriedUp ?? 0) + (kept[0]?.receipt.carriedDown ?? 0))
    expect(receipted).toBeGreaterThanOrEqual(BigInt(mib))

    const since = performance.now()
    await house.startRelayAgain()
    await waitForPhase(node.popup, 'sharing')
    tellMeasured(
      'from the start of the killed relay to sharing',
      `${Math.round(performance.now() - since)} ms`,
    )
    await until(
      'the kept receipt to be posted',
      async () => (await readKeptReceipts(node.popup)).length === 0,
    )
    const after = await readTotals(house)
    tellMeasured('receipted when the relay was killed', mebibytes(Number(receipted)))
    expect(after.carriedBytes - before.carriedBytes).toBe(receipted)
    expect(after.recoveredBytes).toBe(receipted)
    expect(after.goodwillRecoveredBytes).toBe(receipted)
    expect(after.creditedBytes).toBe(after.carriedBytes)
    expect(after.chargedBytes).toBe(before.chargedBytes)
    await expectLedgerToVerify(house)
    await expectPopupToFollow(after)
  })

  test('and serves again', async () => {
    const reply = await askJson(house.customer, { url: `${house.site.origin}/text` })
    expect(reply).toMatchObject({ ok: true, answer: { status: 200, usage: { charged: true } } })
    await expectLedgerToVerify(house)
  })

  /** The popup's points are the ledger's; the node's own count also knows what the dead relay had not receipted yet. */
  async function expectPopupToFollow({
    carriedBytes,
    pointsUnits,
  }: {
    carriedBytes: bigint
    pointsUnits: bigint
  }): Promise<void> {
    await until(
      'the points to reach the popup',
      async () => (await readPopup(node.popup)).pointsUnits === pointsUnits,
    )
    const lost = BigInt((await readPopup(node.popup)).carriedTotalBytes) - carriedBytes
    tellMeasured('carried by the node and never receipted', mebibytes(Number(lost)))
    expect(lost).toBeGreaterThanOrEqual(0n)
  }
})
