import { describe, expect, test } from 'vitest'
import { MIB, postRowsMax } from './limits.ts'
import type { LinkPosting } from './link-posting.ts'
import { acme } from './testing/acme.ts'
import {
  agreed,
  attemptOf,
  exchangeOf,
  furnish,
  openTestLedger,
  postingOf,
  receiptOf,
  relayId,
  type TestLedger,
  wrongChecks,
} from './testing/ledger-fixture.ts'

describe('what a customer pays', () => {
  test('a charged attempt is paid from its hold', async () => {
    const test = await openTestLedger()
    const { customerId } = await furnish(test, 100n * MIB)
    const hold = await test.ledger.takeHold({ relayId, customerId })
    const row = attemptOf('ex-1', customerId, 3n * MIB, { holdId: hold?.holdId ?? '' })
    await test.ledger.post([postingOf(receiptOf(1, 3n * MIB), { attempts: [row] })])
    expect(await test.ledger.customerBalance(customerId)).toEqual({
      freeBytes: 75n * MIB,
      heldBytes: 22n * MIB,
      balanceBytes: 97n * MIB,
    })
    expect(await wrongChecks(test)).toEqual([])
  })

  test('what a hold cannot pay comes from the free balance, and what that cannot pay from goodwill', async () => {
    const test = await openTestLedger()
    const { customerId } = await furnish(test, 5n * MIB)
    const hold = await test.ledger.takeHold({ relayId, customerId })
    expect(hold?.heldBytes).toBe((5n * MIB) / 4n)
    const row = attemptOf('ex-1', customerId, 7n * MIB, { holdId: hold?.holdId ?? '' })
    await test.ledger.post([postingOf(receiptOf(1, 7n * MIB), { attempts: [row] })])
    const totals = await test.ledger.totals()
    expect(totals).toMatchObject({ freeBytes: 0n, heldBytes: 0n, chargedBytes: 5n * MIB })
    expect(totals).toMatchObject({ goodwillUncoveredBytes: 2n * MIB, carriedBytes: 7n * MIB })
    expect(await wrongChecks(test)).toEqual([])
  })

  test('a free attempt costs the customer nothing and its node is paid all the same', async () => {
    const test = await openTestLedger()
    const { customerId, accountId } = await furnish(test, 5n * MIB)
    const row = attemptOf('ex-1', customerId, 2n * MIB, { charged: false, outcome: 'target-timeout' })
    await test.ledger.post([postingOf(receiptOf(1, 2n * MIB), { attempts: [row] })])
    expect((await test.ledger.customerBalance(customerId)).freeBytes).toBe(5n * MIB)
    expect((await test.ledger.accountEarnings(accountId)).units).toBe(2_000_000n)
    expect(await test.ledger.totals()).toMatchObject({ goodwillFreeBytes: 2n * MIB, chargedBytes: 0n })
  })

  test('two attempts of a batch do not spend the same balance', async () => {
    const test = await openTestLedger()
    const { customerId } = await furnish(test, 3n * MIB)
    const attempts = ['ex-1', 'ex-2'].map((id) => attemptOf(id, customerId, 2n * MIB))
    await test.ledger.post([postingOf(receiptOf(1, 4n * MIB), { attempts })])
    expect(await test.ledger.totals()).toMatchObject({
      chargedBytes: 3n * MIB,
      goodwillUncoveredBytes: MIB,
    })
  })

  test('an exchange is kept as the customer was told, without a second row for a replay', async () => {
    const test = await openTestLedger()
    const { customerId } = await furnish(test, 5n * MIB)
    const row = attemptOf('ex-1', customerId, MIB)
    const posting = postingOf(receiptOf(1, MIB), { attempts: [row], exchanges: [exchangeOf(row)] })
    await test.ledger.post([posting, posting])
    await test.ledger.post([posting])
    const rows = await test.query('select exchange_id, host, charged_bytes, target_status from exchanges')
    expect(rows).toEqual([
      { exchange_id: 'ex-1', host: 'target.example', charged_bytes: String(MIB), target_status: 200 },
    ])
  })
})

describe('what a node earns', () => {
  test('points are the floor of the whole sum, however small the receipts', async () => {
    const test = await openTestLedger()
    const { customerId, accountId } = await furnish(test, 5n * MIB)
    // One byte alone earns 0.95 of a unit: cut byte by byte and rounded each time, nothing would be paid.
    for (let bytes = 1n; bytes <= 20n; bytes += 1n) {
      const attempts = [attemptOf(`ex-${bytes}`, customerId, 1n)]
      await test.ledger.post([postingOf(receiptOf(Number(bytes), bytes), { attempts })])
    }
    expect((await test.ledger.accountEarnings(accountId)).units).toBe((20n * 1_000_000n) / MIB)
    expect(await wrongChecks(test)).toEqual([])
  })

  test('a node that counted less is paid for what it counted, and a large difference is a dispute', async () => {
    const test = await openTestLedger()
    const { customerId, accountId } = await furnish(test, 9n * MIB)
    const receipt = receiptOf(1, 4n * MIB)
    const counterSigned = { carriedUp: 3n * MIB, carriedDown: 0n, signature: 'n' }
    const attempts = [attemptOf('ex-1', customerId, 4n * MIB)]
    const [result] = await test.ledger.post([postingOf(receipt, { counterSigned, attempts })])
    expect(result).toMatchObject({ settled: true, accountUnits: 3_000_000n })
    expect(await test.ledger.accountEarnings(accountId)).toMatchObject({
      carriedBytes: 4n * MIB,
      creditedBytes: 3n * MIB,
    })
    expect(await test.ledger.listDisputes()).toMatchObject([{ linkId: 'link-one', differenceBytes: MIB }])
    expect(await wrongChecks(test)).toEqual([])
  })

  test('a node that counted more is paid what the relay counted', async () => {
    const test = await openTestLedger()
    const { customerId } = await furnish(test, 9n * MIB)
    const counterSigned = { carriedUp: 9n * MIB, carriedDown: MIB, signature: 'n' }
    const attempts = [attemptOf('ex-1', customerId, MIB)]
    const [result] = await test.ledger.post([postingOf(receiptOf(1, MIB), { counterSigned, attempts })])
    expect(result?.accountUnits).toBe(1_000_000n)
    expect((await test.ledger.totals()).disputes).toBe(1)
  })

  test('a difference of 256 KiB is no dispute, one byte more is one, and it stays one row', async () => {
    const test = await openTestLedger()
    await furnish(test, MIB)
    const lacking = async (sequence: number, bytes: bigint) => {
      const counterSigned = { carriedUp: MIB - bytes, carriedDown: 0n, signature: 'n' }
      await test.ledger.post([postingOf(receiptOf(sequence, MIB), { counterSigned })])
      return (await test.ledger.listDisputes()).map(({ differenceBytes }) => differenceBytes)
    }
    expect(await lacking(1, 256n * 1024n)).toEqual([])
    expect(await lacking(2, 256n * 1024n + 1n)).toEqual([256n * 1024n + 1n])
    expect(await lacking(3, 300n * 1024n)).toEqual([300n * 1024n])
  })

  test('a link without a counter-signature is posted on the count of the relay and marked', async () => {
    const test = await openTestLedger()
    const { customerId } = await furnish(test, 9n * MIB)
    const attempts = [attemptOf('ex-1', customerId, MIB)]
    const posting = postingOf(receiptOf(1, MIB), { attempts, ended: true })
    const [result] = await test.ledger.post([{ ...posting, counterSigned: null }])
    expect(result).toMatchObject({ settled: true, accountUnits: 1_000_000n })
    expect((await test.ledger.totals()).unilateralLinks).toBe(1)
    await test.ledger.post([posting])
    expect((await test.ledger.totals()).unilateralLinks).toBe(0)
  })

  test('an ended link is settled: bytes that no row explains are recovered from goodwill', async () => {
    const test = await openTestLedger()
    const { customerId } = await furnish(test, 9n * MIB)
    const attempts = [attemptOf('ex-1', customerId, MIB)]
    const open = postingOf(receiptOf(1, 3n * MIB), { attempts })
    expect((await test.ledger.post([open]))[0]).toMatchObject({ settled: false, accountUnits: 1_000_000n })
    const [ended] = await test.ledger.post([{ ...open, ended: true }])
    expect(ended).toMatchObject({ settled: true, accountUnits: 3_000_000n })
    expect(await test.ledger.totals()).toMatchObject({
      goodwillRecoveredBytes: 2n * MIB,
      chargedBytes: MIB,
    })
    expect(await wrongChecks(test)).toEqual([])
  })
})

describe('what is posted once', () => {
  test('a replay changes nothing and gets the same answer', async () => {
    const test = await openTestLedger()
    const { customerId } = await furnish(test, 9n * MIB)
    const posting = postingOf(receiptOf(4, MIB), { attempts: [attemptOf('ex-1', customerId, MIB)] })
    const first = await test.ledger.post([posting])
    const before = await test.ledger.totals()
    expect(await test.ledger.post([posting])).toEqual(first)
    expect(await test.ledger.totals()).toEqual(before)
  })

  test('rows that arrive after a newer receipt still settle', async () => {
    const test = await openTestLedger()
    const { customerId } = await furnish(test, 9n * MIB)
    const [late, early] = ['ex-1', 'ex-2'].map((id) => attemptOf(id, customerId, MIB))
    await test.ledger.post([postingOf(receiptOf(2, 2n * MIB), { attempts: early ? [early] : [] })])
    const [result] = await test.ledger.post([postingOf(receiptOf(1, MIB), { attempts: late ? [late] : [] })])
    expect(result).toMatchObject({ sequence: 1, settled: true, accountUnits: 2_000_000n })
    const [link] = await test.query('select sequence, relay_up from links')
    expect(link).toEqual({ sequence: '2', relay_up: String(2n * MIB) })
  })

  test('the same postings from many posters at once are posted once', async () => {
    const test = await openTestLedger()
    const { customerId, accountId } = await furnish(test, 99n * MIB)
    const postings = Array.from({ length: 6 }, (_, link) => {
      const attempts = [attemptOf(`ex-${link}`, customerId, MIB)]
      return postingOf(receiptOf(1, MIB), { linkId: `link-${link}`, attempts })
    })
    const shuffled = Array.from({ length: 8 }, (_, turn) => [
      ...postings.slice(turn % 6),
      ...postings.slice(0, turn % 6).reverse(),
    ])
    await Promise.all(shuffled.map((batch) => test.ledger.post(batch)))
    expect(await test.ledger.totals()).toMatchObject({ carriedBytes: 6n * MIB, chargedBytes: 6n * MIB })
    expect((await test.ledger.accountEarnings(accountId)).units).toBe(6_000_000n)
    expect(await wrongChecks(test)).toEqual([])
  })

  test('receipts of one link from many posters at once lose nothing of each other', async () => {
    const test = await openTestLedger()
    const { customerId } = await furnish(test, 99n * MIB)
    const postings = Array.from({ length: 12 }, (_, index) =>
      postingOf(receiptOf(index, BigInt(index) * MIB), {
        attempts: index === 0 ? [] : [attemptOf(`ex-${index}`, customerId, MIB)],
      }),
    )
    await test.ledger.post(postings.slice(0, 1))
    await Promise.all(postings.slice(1).map((posting) => test.ledger.post([posting])))
    expect(await test.ledger.totals()).toMatchObject({ explainedBytes: 11n * MIB, creditedBytes: 11n * MIB })
    expect(await wrongChecks(test)).toEqual([])
  })

  test('answers come in the order of the postings', async () => {
    const test = await openTestLedger()
    await furnish(test, MIB)
    const ids = ['link-c', 'link-a', 'link-b']
    const results = await test.ledger.post(ids.map((linkId) => postingOf(receiptOf(1, 0n), { linkId })))
    expect(results.map(({ linkId }) => linkId)).toEqual(ids)
  })
})

describe('what is refused as a whole', () => {
  const refusals: [code: string, spoil: (posting: LinkPosting, customerId: string) => LinkPosting][] = [
    ['unknown-customer', (p) => ({ ...p, attempts: [attemptOf('ex-2', 'cus_nobody', 1n)] })],
    ['unknown-node', (p) => ({ ...p, linkId: 'link-two', nodeId: 'nobody' })],
    ['link-of-another-node', (p) => ({ ...p, relayId: 'another-relay' })],
    ['unknown-hold', (p, id) => ({ ...p, attempts: [attemptOf('ex-2', id, 1n, { holdId: 'none' })] })],
    ['rows-exceed-receipt', (p, id) => ({ ...p, attempts: [attemptOf('ex-2', id, 5n * MIB)] })],
    ['invalid-input', (p, id) => ({ ...p, attempts: [attemptOf('ex-2', id, -1n)] })],
    ['invalid-input', (p, id) => ({ ...p, attempts: [attemptOf('ex-2', id, 2n ** 60n)] })],
    ['invalid-input', (p, id) => ({ ...p, attempts: [attemptOf('ex\0', id, 1n)] })],
    ['invalid-input', (p, id) => ({ ...p, attempts: [attemptOf('x'.repeat(999), id, 1n)] })],
    ['invalid-input', (p) => ({ ...p, receipt: { ...p.receipt, sequence: 1.5 } })],
    ['invalid-input', (p) => ({ ...p, receipt: { ...p.receipt, at: new Date(Number.NaN) } })],
    ['invalid-input', (p) => ({ ...p, receipt: { ...p.receipt, carriedUp: 7 as unknown as bigint } })],
    ['too-many-rows', (p, id) => ({ ...p, attempts: Array(postRowsMax + 1).fill(attemptOf('e', id, 1n)) })],
  ]

  test.each(refusals)('%s, and nothing of the batch is written', async (code, spoil) => {
    const test = await openTestLedger()
    const { customerId } = await furnish(test, 9n * MIB)
    const good = postingOf(receiptOf(1, MIB), { attempts: [attemptOf('ex-1', customerId, MIB)] })
    await test.ledger.post([good])
    const before = await test.ledger.totals()
    const next = postingOf(receiptOf(2, 2n * MIB), { attempts: [attemptOf('ex-3', customerId, MIB)] })
    await expect(test.ledger.post([next, spoil(next, customerId)])).rejects.toMatchObject({ code })
    expect(await test.ledger.totals()).toEqual(before)
    const [result] = await test.ledger.post([next])
    expect(result?.accountUnits).toBe(2_000_000n)
  })

  test('a hold pays for nobody but its own customer', async () => {
    const test = await openTestLedger()
    const { customerId } = await furnish(test, 9n * MIB)
    const other = await test.ledger.createCustomer({ ...acme, label: 'other', trafficBytes: MIB })
    const hold = await test.ledger.takeHold({ relayId, customerId })
    const row = attemptOf('ex-1', other.customerId, 1n, { holdId: hold?.holdId ?? '' })
    const posting = postingOf(receiptOf(1, 1n), { attempts: [row] })
    await expect(test.ledger.post([posting])).rejects.toMatchObject({ code: 'hold-of-another-customer' })
  })
})

describe('a receipt whose relay died', () => {
  const receipt = receiptOf(7, 5n * MIB, MIB)
  const recovery = {
    linkId: 'link-one',
    nodeId: 'node-one',
    relayId,
    receipt,
    counterSigned: agreed(receipt),
    presentedTo: relayId,
  }

  async function partlyPosted(): Promise<TestLedger & { customerId: string }> {
    const test = await openTestLedger()
    const { customerId } = await furnish(test, 99n * MIB)
    const attempts = [attemptOf('ex-1', customerId, 2n * MIB)]
    await test.ledger.post([postingOf(receiptOf(3, 2n * MIB), { attempts })])
    return { ...test, customerId }
  }

  test('is posted from goodwill as far as nothing explains it, once', async () => {
    const test = await partlyPosted()
    expect(await test.ledger.recover(recovery)).toMatchObject({
      recoveredBytes: 4n * MIB,
      settled: true,
      deferred: false,
      accountUnits: 6_000_000n,
    })
    expect(await test.ledger.recover(recovery)).toMatchObject({
      recoveredBytes: 0n,
      settled: true,
      accountUnits: 6_000_000n,
    })
    expect(await test.ledger.totals()).toMatchObject({
      chargedBytes: 2n * MIB,
      goodwillRecoveredBytes: 4n * MIB,
    })
    expect(await wrongChecks(test)).toEqual([])
  })

  test('of a link that the ledger never heard of is posted whole', async () => {
    const test = await openTestLedger()
    await furnish(test, MIB)
    const result = await test.ledger.recover(recovery)
    expect(result).toMatchObject({ recoveredBytes: 6n * MIB, settled: true, accountUnits: 6_000_000n })
  })

  test('is recovered by the smaller counts, and pays them in full', async () => {
    const test = await partlyPosted()
    const counterSigned = { carriedUp: 4n * MIB, carriedDown: MIB, signature: 'n' }
    const result = await test.ledger.recover({ ...recovery, counterSigned })
    expect(result).toMatchObject({ recoveredBytes: 3n * MIB, settled: true, accountUnits: 5_000_000n })
    expect(await wrongChecks(test)).toEqual([])
  })

  test('makes rows that arrive later consume it: nothing is posted or charged twice', async () => {
    const test = await partlyPosted()
    await test.ledger.recover(recovery)
    const before = await test.ledger.customerBalance(test.customerId)
    const attempts = [attemptOf('ex-2', test.customerId, 3n * MIB)]
    const [result] = await test.ledger.post([postingOf(receiptOf(6, 5n * MIB), { attempts })])
    expect(result).toMatchObject({ settled: true, accountUnits: 6_000_000n })
    expect(await test.ledger.customerBalance(test.customerId)).toEqual(before)
    expect(await test.ledger.totals()).toMatchObject({
      carriedBytes: 6n * MIB,
      explainedBytes: 5n * MIB,
      recoveredBytes: MIB,
    })
    expect(await wrongChecks(test)).toEqual([])
  })

  test('waits while its relay is alive, because that one will post it with its rows', async () => {
    const test = await partlyPosted()
    const elsewhere = { ...recovery, presentedTo: 'relay-two' }
    expect(await test.ledger.recover(elsewhere)).toMatchObject({
      deferred: true,
      settled: false,
      recoveredBytes: 0n,
    })
    await test.query("update relay_keys set last_seen_at = now() - interval '61 seconds'")
    expect(await test.ledger.recover(elsewhere)).toMatchObject({
      deferred: false,
      recoveredBytes: 4n * MIB,
    })
  })
})
