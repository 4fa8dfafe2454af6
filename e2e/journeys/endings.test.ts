import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askJson, openAnswer, readBody, readSome } from '#scripts/browser/customer.ts'
import { readPopup, waitForPhase } from '#scripts/browser/owner.ts'
import {
  expectBooksToBalance,
  expectLedgerToHoldRelayCount,
  expectNodeToBeListed,
  readLinkedNodes,
  readTotals,
  type Totals,
} from '../fixtures/books.ts'
import { stopWorkers } from '../fixtures/browser-insides.ts'
import { type House, type Node, openHouse } from '../fixtures/house.ts'
import { tellMeasured } from '../fixtures/measured.ts'
import { photograph } from '../fixtures/screenshots.ts'
import { until } from '../fixtures/until.ts'

const mib = 1024 * 1024

describe.sequential('exchanges that are cut short', () => {
  let house: House
  let node: Node
  beforeAll(async () => {
    house = await openHouse()
    node = await house.openNode()
  })
  afterAll(() => house?.close())

  test('an owner who pauses ends what is in flight within a moment, and nothing is linked any more', async () => {
    const answer = await openAnswer(house.customer, { url: `${house.site.origin}/slow-drip?gate=pause` })
    await once(answer, 'data')
    await until('the popup to show the exchange', async () => (await readPopup(node.popup)).inFlight === 1)
    const since = performance.now()
    await node.popup.getByTestId('pause').click()
    expect(await readBody(answer)).toMatchObject({ ending: 'broken' })
    tellMeasured(
      'from the click on pause to the broken answer',
      `${Math.round(performance.now() - since)} ms`,
    )
    await waitForPhase(node.popup, 'off', 'paused-by-you')
    await photograph(node.popup, 'popup-paused')
    await until('the link to be closed', async () => (await readLinkedNodes(house)) === 0)
    house.site.open('pause')
    const reply = await askJson(house.customer, { url: `${house.site.origin}/small` })
    expect(reply).toMatchObject({ ok: false, problem: { code: 'no-node-available' } })
  })

  test('an owner who resumes is linked and serves again, and the pause cost no byte of the books', async () => {
    const since = performance.now()
    await node.popup.getByTestId('resume').click()
    await waitForPhase(node.popup, 'sharing')
    tellMeasured('from the click on resume to sharing', `${Math.round(performance.now() - since)} ms`)
    expect(await askJson(house.customer, { url: `${house.site.origin}/small` })).toMatchObject({
      ok: true,
      answer: { status: 200 },
    })
    await expectBooksToBalance(house, [node.popup])
  })

  test('a worker that the browser stops breaks its answer, and comes back by itself', async () => {
    const answer = await openAnswer(house.customer, {
      url: `${house.site.origin}/large?bytes=${256 * mib}&name=worker`,
    })
    await readSome(answer, 8 * mib)
    await node.popup.close()
    await stopWorkers(node.browser)
    expect(await readBody(answer)).toMatchObject({ ending: 'broken' })
    const since = performance.now()
    await until('the node to be linked again', async () => (await readLinkedNodes(house)) === 1)
    tellMeasured(
      'from the death of the worker to the next link',
      `${Math.round(performance.now() - since)} ms`,
    )
    node.popup = await node.browser.open('popup')
    await waitForPhase(node.popup, 'sharing')
  })

  test('what a stopped worker forgot it learns again, and the books balance', async () => {
    const reply = await askJson(house.customer, { url: `${house.site.origin}/redirect` })
    expect(reply).toMatchObject({ ok: true, answer: { status: 200 } })
    await expectBooksToBalance(house, [node.popup])
  })

  test('a request that was waiting when its node paused is asked of another node', async () => {
    const other = await house.openNode()
    const asking = askJson(house.customer, { url: `${house.site.origin}/wait?gate=replaced` })
    await house.site.arrived('/wait?gate=replaced')
    const { inFlight } = await readPopup(node.popup)
    const [asked, spare] = inFlight === 1 ? [node, other] : [other, node]
    await asked.popup.getByTestId('pause').click()
    await house.site.arrived('/wait?gate=replaced', 2)
    house.site.open('replaced')
    expect(await asking).toMatchObject({
      ok: true,
      answer: { body: 'after the wait', attempts: [{ outcome: 'owner-paused' }, { outcome: 'completed' }] },
    })
    await asked.popup.getByTestId('resume').click()
    await waitForPhase(asked.popup, 'sharing')
    await expectBooksToBalance(house, [asked.popup, spare.popup])
    await other.browser.close()
  })

  let before: Totals
  test('a node that vanishes in the middle of an answer leaves a broken answer, never a short one', async () => {
    before = await readTotals(house)
    const answer = await openAnswer(house.customer, {
      url: `${house.site.origin}/large?bytes=${64 * mib}&name=vanish`,
    })
    await once(answer, 'readable')
    await node.browser.kill()
    const body = await readBody(answer)
    expect(answer.statusCode).toBe(200)
    expect(body.ending).toBe('broken')
    expect(body.bytes).toBeLessThan(64 * mib)
    expect(body.trailers).toEqual({})
  })

  test('what a vanished node had carried is free for the customer, and paid to the node', async () => {
    await until('the link to be gone', async () => (await readLinkedNodes(house)) === 0)
    const totals = await expectLedgerToHoldRelayCount(house)
    expect(totals.chargedBytes).toBe(before.chargedBytes)
    expect(totals.goodwillBytes).toBeGreaterThan(before.goodwillBytes)
    expect(totals.unilateralLinks).toBe(before.unilateralLinks + 1n)
    expect(totals.pointsUnits).toBeGreaterThan(before.pointsUnits)
  })

  test('a node that vanishes before the first byte is replaced by another one', async () => {
    const [one, two] = [await house.openNode(), await house.openNode()]
    const asking = askJson(house.customer, { url: `${house.site.origin}/wait?gate=vanish` })
    await house.site.arrived('/wait?gate=vanish')
    const [asked, spare] = (await readPopup(one.popup)).inFlight === 1 ? [one, two] : [two, one]
    await asked.browser.kill()
    await house.site.arrived('/wait?gate=vanish', 2)
    house.site.open('vanish')
    expect(await asking).toMatchObject({
      ok: true,
      answer: { body: 'after the wait', attempts: [{ outcome: 'node-vanished' }, { outcome: 'completed' }] },
    })
    await expectLedgerToHoldRelayCount(house)
    const { carriedBytes } = await expectNodeToBeListed(house, spare)
    expect(carriedBytes).toBe(BigInt(Buffer.byteLength('after the wait')))
  })
})
