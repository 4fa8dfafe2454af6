import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Ledger } from './ledger.ts'
import type { LinkRecovery } from './link-posting.ts'
import { acme } from './testing/acme.ts'
import { openLedgerFixture, type TestLedger, wrongChecks } from './testing/ledger-fixture.ts'
import { LedgerModel } from './testing/ledger-model.ts'
import { RelayWorld } from './testing/relay-world.ts'

/** FALLOW_PROOF_SCALE=20 runs twenty times as many histories. */
const scale = Math.max(1, Number(process.env.FALLOW_PROOF_SCALE ?? 1))
const modelRuns = 20 * scale
const crowdRuns = 12 * scale
const testMs = 120_000 * scale

const relayIds = ['relay-one', 'relay-two']
const nodeIds = ['node-one', 'node-two', 'node-three']
const trafficBytes = [3_000_000n, 9_000_000n]

const place = fc.nat({ max: 3 })
const bytes = fc.bigInt({ min: 0n, max: 900_000n })
const who = fc.record({ relay: fc.nat({ max: 1 }), customer: fc.nat({ max: 1 }) })
const carry = fc.record({
  does: fc.constant('carry' as const),
  place,
  customer: fc.nat({ max: 1 }),
  up: bytes,
  down: bytes,
  lacking: fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 400_000n })),
  charged: fc.boolean(),
})
const cut = fc.record({
  does: fc.constant('cut' as const),
  place,
  signed: fc.boolean(),
  ended: fc.integer({ min: 0, max: 5 }).map((chance) => chance === 0),
})
const delivery = { from: fc.nat({ max: 30 }), count: fc.integer({ min: 1, max: 6 }) }
const event = fc.oneof(
  { weight: 5, arbitrary: carry },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('finish' as const), place }) },
  { weight: 4, arbitrary: cut },
  {
    weight: 5,
    arbitrary: fc.record({ does: fc.constant('post' as const), ...delivery, again: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('lose' as const), ...delivery }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('recover' as const), which: fc.nat({ max: 9 }) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('hold' as const), who }) },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant('unhold' as const), who, expires: fc.boolean() }),
  },
)
type Event = typeof event extends fc.Arbitrary<infer Value> ? Value : never

test(
  'any history of posts, replays, crashes, recoveries and expiring holds leaves the books that the rules say',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 5, maxLength: 60 }), async (history) => {
        await withTown(async (town) => {
          for (const happening of history) await live(town, happening)
          expect(await picture(town)).toEqual(modelPicture(town))
          expect(await wrongChecks(town.test)).toEqual([])
        })
      }),
      { numRuns: modelRuns },
    )
  },
  testMs,
)

test(
  'many posters at once, with rows lost, repeated and late: what is receipted is carried and paid, to the byte',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 20, maxLength: 90 }), fc.nat(), async (history, turn) => {
        await withTown(async (town) => {
          for (const happening of history) await prepare(town, signed(happening))
          town.world.endAll()
          await postAllAtOnce(town, turn)
          await settleUp(town)
        })
      }),
      { numRuns: crowdRuns },
    )
  },
  testMs,
)

/**
 * What a receipt without the node's word pays depends on what was known when it came, so the sums that hold in any order
 * are those of links whose receipts are all signed. The model above covers the others.
 */
function signed(happening: Event): Event {
  return happening.does === 'cut' ? { ...happening, signed: true } : happening
}

type Town = {
  test: TestLedger
  world: RelayWorld
  model: LedgerModel
  customerIds: string[]
  accountIds: string[]
  /** The living hold of each relay and customer. */
  holds: Map<string, string>
}

async function withTown(live: (town: Town) => Promise<void>): Promise<void> {
  const test = await openLedgerFixture()
  try {
    await live(await settleTown(test))
  } finally {
    await test.close()
  }
}

async function settleTown(test: TestLedger): Promise<Town> {
  const accounts = new Map<string, string>()
  for (const nodeId of nodeIds) {
    const { accountId } = await test.ledger.registerNode({ nodeId, publicKey: nodeId, kind: 'residential' })
    accounts.set(nodeId, accountId)
  }
  const model = new LedgerModel((nodeId) => accounts.get(nodeId) ?? '')
  const customerIds: string[] = []
  for (const bytes of trafficBytes) {
    const { customerId } = await test.ledger.createCustomer({ ...acme, trafficBytes: bytes })
    model.free.set(customerId, bytes)
    customerIds.push(customerId)
  }
  const accountIds = [...accounts.values()]
  return { test, world: new RelayWorld(relayIds, nodeIds), model, customerIds, accountIds, holds: new Map() }
}

/** One event, in the ledger and in the model. */
async function live(town: Town, happening: Event): Promise<void> {
  const { test, world, model } = town
  switch (happening.does) {
    case 'post': {
      const postings = world.take(happening.from, happening.count)
      await test.ledger.post(postings)
      model.post(postings)
      if (!happening.again) world.drop(postings)
      return
    }
    case 'recover': {
      const recovery = world.recovery(happening.which)
      if (!recovery) return
      await test.ledger.recover(recovery)
      model.post([{ ...recovery, attempts: [], exchanges: [], ended: true }])
      return
    }
    default:
      return prepare(town, happening)
  }
}

/** Everything that comes before posting. */
async function prepare(town: Town, happening: Event): Promise<void> {
  const { world, customerIds, holds } = town
  switch (happening.does) {
    case 'carry':
      world.carry(happening.place, { ...happening, customerId: customerIds[happening.customer] ?? '' })
      return
    case 'finish':
      world.finish(happening.place, (relayId, customerId) => holds.get(holdKey(relayId, customerId)) ?? null)
      return
    case 'cut':
      world.cut(happening.place, happening)
      return
    case 'lose':
      world.drop(world.take(happening.from, happening.count))
      return
    case 'hold':
      return takeOrTopUp(town, happening.who)
    case 'unhold':
      return giveBack(town, happening)
    default:
      return
  }
}

async function takeOrTopUp(
  { test, model, customerIds, holds }: Town,
  who: { relay: number; customer: number },
) {
  const relayId = relayIds[who.relay] ?? ''
  const customerId = customerIds[who.customer] ?? ''
  const known = holds.get(holdKey(relayId, customerId))
  const hold = known
    ? await test.ledger.topUpHold({ holdId: known })
    : await test.ledger.takeHold({ relayId, customerId })
  if (!hold) return expect(model.free.get(customerId)).toBe(0n)
  holds.set(holdKey(relayId, customerId), hold.holdId)
  model.fill(hold.holdId, customerId)
}

async function giveBack(town: Town, { who, expires }: Extract<Event, { does: 'unhold' }>): Promise<void> {
  const { test, model, holds } = town
  const key = holdKey(relayIds[who.relay] ?? '', town.customerIds[who.customer] ?? '')
  const holdId = holds.get(key)
  if (!holdId) return
  if (expires) {
    await test.query('update holds set expires_at = now() where hold_id = $1', [holdId])
    await test.ledger.expireHolds()
  } else {
    await test.ledger.returnHold({ holdId })
  }
  model.giveBack(holdId)
  holds.delete(key)
}

const holdKey = (relayId: string, customerId: string) => `${relayId} ${customerId}`

async function picture({ test, customerIds, accountIds }: Town) {
  const { carriedBytes, explainedBytes, chargedBytes, goodwillBytes } = await test.ledger.totals()
  return {
    carriedBytes,
    explainedBytes,
    chargedBytes,
    goodwillBytes,
    balances: await Promise.all(customerIds.map((customerId) => test.ledger.customerBalance(customerId))),
    earnings: await Promise.all(accountIds.map((accountId) => test.ledger.accountEarnings(accountId))),
  }
}

function modelPicture({ model, customerIds, accountIds }: Town) {
  return {
    carriedBytes: model.carried,
    explainedBytes: model.explained,
    chargedBytes: model.charged,
    goodwillBytes: model.goodwill,
    balances: customerIds.map((customerId) => modelBalance(model, customerId)),
    earnings: accountIds.map((accountId) => model.earningsOf(accountId)),
  }
}

function modelBalance(model: LedgerModel, customerId: string) {
  const freeBytes = model.free.get(customerId) ?? 0n
  const heldBytes = [...model.holds.values()]
    .filter((hold) => hold.customerId === customerId)
    .reduce((sum, { amount }) => sum + amount, 0n)
  return { freeBytes, heldBytes, balanceBytes: freeBytes + heldBytes }
}

/** Four posters with overlapping batches of one outbox, while nodes present receipts and holds come and go. */
async function postAllAtOnce({ test, world, customerIds }: Town, turn: number): Promise<void> {
  const { length } = world.outbox
  const poster = async (start: number) => {
    for (let from = 0; from < length; from += 3) await test.ledger.post(world.take(start + from, 5))
  }
  const holder = async (customerId: string) => {
    const hold = await test.ledger.takeHold({ relayId: 'relay-one', customerId })
    if (hold) await test.ledger.returnHold(hold)
  }
  await Promise.all([
    ...[0, 1, 2, 3].map((index) => poster(turn + index * 2)),
    ...world.recoveries().map((recovery) => test.ledger.recover(recovery)),
    ...customerIds.map(holder),
    test.ledger.expireHolds(),
  ])
}

/** When every node has presented its newest receipt, the smaller counts of all links are carried and paid. */
async function settleUp(town: Town): Promise<void> {
  const { test, world, accountIds } = town
  const recoveries = world.recoveries()
  const answers = await inTurn(recoveries, (recovery) => test.ledger.recover(recovery))
  expect(answers.every(({ settled }) => settled)).toBe(true)
  const receipted = recoveries.map(smallerCount)
  const owed = receipted.reduce((sum, count) => sum + (count * 1_000_000n) / 1_048_576n, 0n)
  expect(await unitsOf(test.ledger, accountIds)).toBe(owed)
  const totals = await test.ledger.totals()
  expect(totals.creditedBytes).toBe(receipted.reduce((sum, count) => sum + count, 0n))
  expect(totals.carriedBytes).toBe(totals.chargedBytes + totals.goodwillBytes)
  expect(totals.carriedBytes).toBe(totals.explainedBytes + totals.recoveredBytes)
  expect(totals.issuedBytes).toBe(totals.freeBytes + totals.heldBytes + totals.chargedBytes)
  expect(await wrongChecks(test)).toEqual([])
}

async function inTurn<Item, Result>(items: readonly Item[], run: (item: Item) => Promise<Result>) {
  const results: Result[] = []
  for (const item of items) results.push(await run(item))
  return results
}

async function unitsOf(ledger: Ledger, accountIds: readonly string[]): Promise<bigint> {
  const earnings = await inTurn(accountIds, (accountId) => ledger.accountEarnings(accountId))
  return earnings.reduce((sum, { units }) => sum + units, 0n)
}

function smallerCount({ receipt, counterSigned }: LinkRecovery): bigint {
  const node = counterSigned ?? receipt
  const smaller = (a: bigint, b: bigint) => (a < b ? a : b)
  return smaller(receipt.carriedUp, node.carriedUp) + smaller(receipt.carriedDown, node.carriedDown)
}
