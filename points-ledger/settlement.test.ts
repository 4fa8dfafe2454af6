import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MIB } from './limits.ts'
import type { LinkMark } from './link-mark.ts'
import type { AttemptRow, LinkPosting } from './link-posting.ts'
import { carriedTraffic, customerBalance, netOf, pointsBalance, pointsIssuance } from './posting.ts'
import { Purse } from './purse.ts'
import { cardInForce, type RateCard, unitsFor } from './rate-card.ts'
import { type Books, resultOf, settle } from './settlement.ts'

const card: RateCard = { version: 1, inForceFrom: new Date(0), unitsPerMib: 1_000_000n }
const linkId = 'link-one'
const accountId = 'acc-one'
const customerId = 'cus-one'
const balance = 40_000n

type Piece = { up: bigint; down: bigint; lacking: bigint; cutHere: boolean; charged: boolean }

const pieces = fc.array(
  fc.record<Piece>({
    up: fc.bigInt({ min: 0n, max: 5_000n }),
    down: fc.bigInt({ min: 0n, max: 5_000n }),
    lacking: fc.bigInt({ min: 0n, max: 40n }),
    cutHere: fc.boolean(),
    charged: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
)

describe('how receipts were cut changes nothing', () => {
  test('to the points, the charge and the carried bytes of what was carried', () => {
    fc.assert(
      fc.property(pieces, (carried) => {
        const once = settleAll(carried.map((piece) => ({ ...piece, cutHere: false })))
        expect(settleAll(carried)).toEqual(once)
        expect(settleAll(carried.map((piece) => ({ ...piece, cutHere: true })))).toEqual(once)
      }),
    )
  })

  test('whatever order they arrive in, as often as they like', () => {
    fc.assert(
      fc.property(pieces, fc.infiniteStream(fc.nat()), (carried, choices) => {
        const postings = cut(carried.map((piece) => ({ ...piece, cutHere: true })))
        const shuffled = [...postings, ...postings].sort(() => ((choices.next().value ?? 0) % 3) - 1)
        const [straight, mixed] = [books(), books()]
        settle(postings, straight)
        for (const posting of shuffled) settle([posting], mixed)
        expect(sumsOf(mixed)).toEqual(sumsOf(straight))
        expect(shuffled.every((posting) => resultOf(posting, mixed).settled)).toBe(true)
      }),
    )
  })
})

test('points are the floor of the sum: never more, and less than one unit less', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 60n }), (bytes) => {
      const units = unitsFor(bytes, card)
      expect(units * MIB <= bytes * card.unitsPerMib).toBe(true)
      expect((units + 1n) * MIB > bytes * card.unitsPerMib).toBe(true)
    }),
  )
  expect(unitsFor(MIB, card)).toBe(1_000_000n)
})

describe('a new rate card', () => {
  const dearer: RateCard = { version: 2, inForceFrom: new Date(1_000), unitsPerMib: 3_000_000n }

  test('is in force from its moment on', () => {
    expect(cardInForce([dearer, card], new Date(999)).version).toBe(1)
    expect(cardInForce([dearer, card], new Date(1_000)).version).toBe(2)
    expect(cardInForce([dearer], new Date(0)).version).toBe(2)
  })

  test('pays what is credited from then on, and leaves what was earned before', () => {
    const both = { ...books(), rateCards: [card, dearer] }
    settle([{ ...postingOf(1, MIB), ended: true }], both)
    settle([{ ...postingOf(2_000, 2n * MIB), ended: true }], both)
    expect(both.purse.balanceOf(pointsBalance(accountId))).toBe(4_000_000n)
    expect([...both.linkPoints.values()].map(({ postedUnits }) => postedUnits)).toEqual([
      1_000_000n,
      3_000_000n,
    ])
  })
})

function postingOf(sequence: number, carriedUp: bigint): LinkPosting {
  const receipt = {
    sequence,
    exchanges: 0,
    upFrames: 0,
    carriedUp,
    carriedDown: 0n,
    at: new Date(sequence),
    text: 't',
    relaySignature: 'r',
  }
  return {
    linkId,
    nodeId: 'node-one',
    relayId: 'relay-one',
    receipt,
    counterSigned: null,
    attempts: [],
    exchanges: [],
    ended: false,
  }
}

/** Cuts a run of pieces into postings: one after each piece that says so, and one at the end. */
function cut(carried: readonly Piece[]): LinkPosting[] {
  const postings: LinkPosting[] = []
  const counted = { up: 0n, down: 0n, lacking: 0n }
  let attempts: AttemptRow[] = []
  for (const [index, { up, down, lacking, cutHere, charged }] of carried.entries()) {
    counted.up += up
    counted.down += down
    counted.lacking += lacking < up ? lacking : up
    attempts.push(attemptOf(index, up, down, charged))
    if (!cutHere && index < carried.length - 1) continue
    const posting = postingOf(index, counted.up)
    const receipt = { ...posting.receipt, carriedDown: counted.down }
    const node = { carriedUp: counted.up - counted.lacking, carriedDown: counted.down, signature: 'n' }
    postings.push({ ...posting, receipt, counterSigned: node, attempts })
    attempts = []
  }
  return postings
}

function attemptOf(index: number, carriedUp: bigint, carriedDown: bigint, charged: boolean): AttemptRow {
  const exchangeId = `ex-${index}`
  return {
    exchangeId,
    attempt: 1,
    customerId,
    holdId: null,
    carriedUp,
    carriedDown,
    charged,
    outcome: 'completed',
  }
}

function settleAll(carried: readonly Piece[]) {
  const all = books()
  settle(cut(carried), all)
  return sumsOf(all)
}

function sumsOf({ purse, accounts }: Books) {
  for (const sum of [...netOf(purse.postings).values()]) expect(typeof sum).toBe('bigint')
  expect([...netOf(purse.postings).values()].reduce((sum, net) => sum + net, 0n)).toBe(0n)
  return {
    account: accounts.get(accountId),
    units: purse.balanceOf(pointsBalance(accountId)),
    issued: purse.balanceOf(pointsIssuance),
    carried: purse.balanceOf(carriedTraffic),
    free: purse.balanceOf(customerBalance(customerId)),
  }
}

function books(): Books {
  return {
    marks: new Map([[linkId, freshMark()]]),
    linkPoints: new Map(),
    accounts: new Map([[accountId, { accountId, carriedBytes: 0n, creditedBytes: 0n }]]),
    nodes: new Map([['node-one', 0n]]),
    postedAttempts: new Set(),
    rateCards: [card],
    purse: new Purse(new Map([[customerBalance(customerId), balance]])),
  }
}

function freshMark(): LinkMark {
  const none = { up: 0n, down: 0n }
  return {
    linkId,
    nodeId: 'node-one',
    relayId: 'relay-one',
    accountId,
    sequence: -1n,
    exchanges: 0n,
    upFrames: 0n,
    counted: none,
    shortfall: none,
    receiptAt: null,
    receiptText: null,
    relaySignature: null,
    nodeSignature: null,
    unilateral: false,
    explained: none,
    recovered: none,
    creditedBytes: 0n,
    ended: false,
  }
}
