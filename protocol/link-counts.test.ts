import { expect, test } from 'vitest'
import { windowBytesMax } from './index.ts'
import { type Dice, diceOf } from './testing/dice.ts'
import { createLinkPair, type LinkPair } from './testing/link-pair.ts'
import { createLinkKeys, type LinkKeys, NodePlayer, RelayPlayer } from './testing/link-players.ts'

const scale = Math.max(1, Number(process.env.FALLOW_PROOF_SCALE ?? 1))
const seed = Number(process.env.FALLOW_SEED ?? Date.now() % 2 ** 31)
const historiesPerScale = 100
const movesMax = 500
const lanesMax = 8
const bodyBytesMax = 600_000
const drainRoundsMax = 2_000
const testMs = 60_000 * scale

/** What all histories together went through: a property that never met these cases would prove little. */
type Seen = { receipts: number; outrun: number; waits: number; dropped: number; cuts: number; ends: number }
type Play = { dice: Dice; pair: LinkPair; relay: RelayPlayer; node: NodePlayer }

test('in whatever order frames arrive, relay and node count the same, and each receipt says what the node counted too', {
  timeout: testMs,
}, async () => {
  console.log(`link-counts seed ${seed} (FALLOW_SEED repeats it)`)
  const keys = await createLinkKeys()
  const seen: Seen = { receipts: 0, outrun: 0, waits: 0, dropped: 0, cuts: 0, ends: 0 }
  for (let history = 0; history < historiesPerScale * scale; history += 1)
    await liveThrough(seed + history, keys, seen)
  for (const [what, times] of Object.entries(seen))
    expect(times, `histories met no ${what}`).toBeGreaterThan(0)
})

async function liveThrough(historySeed: number, keys: LinkKeys, seen: Seen): Promise<void> {
  const dice = diceOf(historySeed)
  const pair = createLinkPair()
  const play = {
    dice,
    pair,
    relay: new RelayPlayer(pair.relay, keys),
    node: new NodePlayer(pair.node, keys, dice),
  }
  const isCutAtLast = historySeed % 3 === 0
  try {
    for (let moves = dice.upTo(movesMax); moves > 0; moves -= 1) await move(play)
    if (isCutAtLast) await cutAndCompare(play)
    else await drainAndCompare(play)
  } catch (error) {
    throw new Error(`FALLOW_SEED=${historySeed}: ${String(error)}`, { cause: error })
  }
  seen.receipts += play.node.comparisons.length
  seen.outrun += play.node.outrun
  seen.waits += play.relay.waits + play.node.waits
  seen.dropped += play.node.dropped
  seen[isCutAtLast ? 'cuts' : 'ends'] += 1
}

/** One thing happens: at the relay, at the node, or on the wire. */
async function move(play: Play): Promise<void> {
  const { dice, pair, relay, node } = play
  const bytes = 1 + dice.upTo(100_000)
  const relayLane = dice.of([...relay.lanes.values()])
  const nodeLane = dice.of([...node.lanes.values()])
  switch (dice.upTo(12)) {
    case 0:
      return openLane(play)
    case 1:
    case 2:
      return relayLane && relay.sendBody(relayLane, bytes)
    case 3:
      return relayLane && relay.read(relayLane, bytes)
    case 4:
      return nodeLane && node.readBody(nodeLane, bytes)
    case 5:
    case 6:
      return nodeLane && node.answerSome(nodeLane, bytes)
    case 7:
      return endLaneEarly(play)
    case 8:
      return relay.cutReceipt()
    case 9:
      // Signatures are made and checked meanwhile, at no other moment: so a seed repeats its history.
      await Promise.all([node.thought, relay.thought])
      return expectEqualCounts(node)
    default:
      for (let frames = dice.upTo(4); frames > 0; frames -= 1)
        pair.flushOne(dice.of(['relay', 'node'] as const))
  }
}

function openLane({ dice, relay }: Play): void {
  if (relay.lanes.size === lanesMax) return
  const bodyBytes = dice.upTo(2) === 0 ? 0 : dice.upTo(bodyBytesMax)
  relay.open(bodyBytes, 1 + dice.upTo(dice.upTo(4) === 0 ? 20 : windowBytesMax))
}

/** Now and then: a customer leaves, or a target breaks off, while the request's body is still on its way. */
function endLaneEarly({ dice, relay, node }: Play): void {
  if (dice.upTo(4) > 0) return
  const relayLane = dice.of([...relay.lanes.values()])
  const nodeLane = dice.of([...node.lanes.values()])
  if (dice.upTo(2) === 0 && relayLane) relay.stop(relayLane)
  else if (nodeLane) node.fail(nodeLane)
}

function expectEqualCounts(node: NodePlayer): void {
  for (const { receipt, ...own } of node.comparisons) {
    const { exchanges, carriedUp, carriedDown } = receipt
    expect(own, `the node's own counts at receipt ${receipt.sequence}`).toEqual({
      exchanges,
      carriedUp,
      carriedDown,
    })
  }
}

/** While both sides read, every lane ends; then both have counted everything, and the last receipt says so. */
async function drainAndCompare(play: Play): Promise<void> {
  const { pair, relay, node } = play
  pair.flush()
  for (let round = 0; relay.lanes.size > 0; round += 1) {
    expect(round, 'the lanes stand still').toBeLessThan(drainRoundsMax)
    for (const lane of relay.lanes.values()) {
      relay.sendBody(lane, windowBytesMax)
      relay.read(lane, windowBytesMax)
    }
    for (const lane of node.lanes.values()) {
      node.readBody(lane, windowBytesMax)
      node.answerSome(lane, windowBytesMax)
    }
    pair.flush()
  }
  await settleReceipt(play)
  relay.cutReceipt()
  await settleReceipt(play)
  expectEqualCounts(node)
  const { exchanges, upFrames, carriedUp, carriedDown } = relay.count
  const totals = { exchanges, upFrames, carriedUp, carriedDown }
  expect(node.count).toMatchObject(totals)
  expect(relay.settled.at(-1)).toMatchObject({
    receipt: totals,
    counterSignature: { carriedUp, carriedDown },
  })
  expect(carriedUp).toBe(pair.node.sent.carriedBytes)
  expect(carriedDown).toBe(pair.relay.sent.carriedBytes)
}

async function settleReceipt({ pair, relay, node }: Play): Promise<void> {
  pair.flush()
  await node.thought
  pair.flush()
  await relay.thought
  expect(relay.awaiting, 'a receipt was never counter-signed').toBeNull()
}

/** What a cut loses is only what was on the wire: up to the last frame that arrived, both sides count the same. */
async function cutAndCompare({ pair, relay, node }: Play): Promise<void> {
  pair.cut()
  await Promise.all([node.thought, relay.thought])
  expectEqualCounts(node)
  expect(node.count.carriedUpAfter(relay.count.upFrames)).toBe(relay.count.carriedUp)
  expect(node.count.carriedDown).toBeLessThanOrEqual(relay.count.carriedDown)
  expect(relay.settled.length).toBeLessThanOrEqual(node.comparisons.length)
  for (const { receipt, counterSignature } of relay.settled)
    expect(counterSignature).toMatchObject({ carriedUp: receipt.carriedUp, carriedDown: receipt.carriedDown })
}
