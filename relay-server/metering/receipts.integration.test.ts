import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { counterSignatureText, disputeBytesMin, type Receipt, receiptText, sign } from '#protocol'
import { type Books, openBooks } from '../testing/books.ts'
import { type NodeSide, readBody, startNodeSide } from '../testing/node-side.ts'
import {
  connectScriptedNode,
  newNodeKey,
  type ScriptedLane,
  type ScriptedNode,
  type ScriptedNodeOptions,
} from '../testing/scripted-node.ts'
import type { PostingLedger } from './posting-ledger.ts'

const MIB = 1024 * 1024
/** What the ledger does with the next calls. */
const database = { isAway: false, calls: 0 }
let side: NodeSide
let books: Books
beforeAll(async () => {
  side = await startNodeSide({
    between: (ledger): PostingLedger => ({
      async post(postings) {
        database.calls += 1
        if (database.isAway) throw Object.assign(new Error('away'), { code: 'database-unavailable' })
        return ledger.post(postings)
      },
      recover: ledger.recover,
      findRelayKey: ledger.findRelayKey,
    }),
  })
})
afterAll(() => side.stop())
beforeEach(async () => {
  books = await openBooks(side.ledger)
})
afterEach(() => expect(side.logged.filter(({ sentence }) => sentence.includes('for good'))).toEqual([]))

const serve =
  (bytes: number) =>
  async (lane: ScriptedLane): Promise<void> => {
    await lane.body()
    lane.head()
    await lane.chunk(new Uint8Array(bytes))
    lane.end()
  }
const link = (options: Partial<ScriptedNodeOptions>) =>
  connectScriptedNode({ relayUrl: side.url, ...options })
const askFor = async (request: Parameters<NodeSide['ask']>[0] = {}) =>
  (await readBody(await side.ask(request))).ending
async function leave(node: ScriptedNode): Promise<void> {
  node.leave()
  await node.closed
  await side.settled()
}

describe('the books balance to the byte', () => {
  test('after a large answer: receipts on the way, a last one at the end, and the node hears that all is posted', async () => {
    const node = await link({ onLane: serve(5 * MIB + 123) })
    await askFor()
    await leave(node)
    const receipts = node.received.flatMap((frame) => (frame.type === 'receipt' ? [frame.receipt] : []))
    expect(receipts.length).toBeGreaterThanOrEqual(3)
    expect(receipts.map(({ sequence }) => sequence)).toEqual(receipts.map((_, index) => index + 1))
    expect(receipts.at(-1)).toMatchObject({ carriedUp: 5 * MIB + 123, exchanges: 1 })
    expect(node.received.findLast((frame) => frame.type === 'posted')).toMatchObject({
      sequence: receipts.length,
    })
    expect(node.received.findLast((frame) => frame.type === 'earned')).toMatchObject({
      nodeCarriedBytes: 5 * MIB + 123,
      accountUnits: '5000117',
    })
    expect(await books.expectBalance([node])).toMatchObject({
      chargedBytes: BigInt(5 * MIB + 123),
      goodwillBytes: 0n,
    })
  })

  test('after many exchanges of every kind on several nodes', async () => {
    const onLane = async (lane: ScriptedLane) => {
      const kind = Number(new URL(lane.open.url).pathname.slice(1)) % 6
      await lane.body()
      if (kind === 0) return lane.answer({ body: 'small' })
      if (kind === 1) return lane.answer({ status: 500, body: 'free' })
      if (kind === 2) return lane.failed('target-refused')
      if (kind === 3) return serve(300_000)(lane)
      if (kind === 4) return lane.answer({ status: 307, headers: [['location', '/3']], body: 'moved' })
      lane.head()
      await lane.chunk(new Uint8Array(1_000))
      lane.failed('target-reset')
    }
    const nodes = await Promise.all([link({ onLane }), link({ onLane }), link({ onLane })])
    const asked = Array.from({ length: 60 }, (_, index) =>
      askFor({
        url: `https://h${index}.example/${index}`,
        method: index % 2 ? 'PUT' : 'GET',
        body: index % 2 ? Buffer.alloc(index * 1_000) : null,
      }).catch(() => null),
    )
    const endings = await Promise.all(asked)
    for (const node of nodes) await leave(node)
    const sums = await books.expectBalance(nodes)
    const charged = endings.reduce((sum, ending) => sum + (ending?.charged ? ending.carriedBytes : 0), 0)
    expect(sums.chargedBytes).toBe(BigInt(charged))
    expect(sums.goodwillBytes).toBeGreaterThan(0n)
  })

  test('after a node was cut off in the middle, on what the relay has counted', async () => {
    const node = await link({
      onLane: async (lane) => {
        lane.head()
        await lane.chunk(new Uint8Array(2 * MIB))
        node.drop()
      },
    })
    expect(await askFor()).toMatchObject({ outcome: 'node-vanished', charged: false })
    await side.settled()
    const sums = await books.expectBalanceWithin([node])
    expect(sums).toMatchObject({ chargedBytes: 0n })
    expect(sums.goodwillBytes).toBeGreaterThan(BigInt(MIB))
  })

  test('after a node that never signs: posted on the relay’s count, marked unilateral', async () => {
    const before = await side.ledger.totals()
    const node = await link({ onLane: serve(100_000), signsReceipts: false })
    await askFor()
    await leave(node)
    await books.expectBalance([node])
    expect((await side.ledger.totals()).unilateralLinks).toBe(before.unilateralLinks + 1)
  })
})

/** A node that signs what the test says, in place of its own counters. */
async function linkSigning(
  countsOf: (receipt: Receipt) => { carriedUp: number; carriedDown: number },
  bytes: number,
) {
  const key = await newNodeKey()
  const node = await link({ key, onLane: serve(bytes), signsReceipts: false })
  const answer = async (receipt: Receipt) => {
    const counts = countsOf(receipt)
    const signature = await sign(key.privateKey, counterSignatureText(receipt, counts))
    const { linkId, sequence } = receipt
    if (node.socket.readyState === node.socket.OPEN)
      node.send({ type: 'receipt-signed', linkId, sequence, counterSignature: { ...counts, signature } })
  }
  void (async () => {
    for (let sequence = 1; ; sequence += 1)
      await answer((await node.frame('receipt', ({ receipt }) => receipt.sequence === sequence)).receipt)
  })()
  return node
}

describe('counts that differ', () => {
  test('are credited at the smaller one, and open no dispute while they are close', async () => {
    const before = await side.ledger.totals()
    const node = await linkSigning(
      ({ carriedUp, carriedDown }) => ({ carriedUp: carriedUp - 1_000, carriedDown }),
      100_000,
    )
    await askFor()
    await leave(node)
    expect(await books.since()).toMatchObject({
      carriedBytes: 100_000n,
      chargedBytes: 100_000n,
      creditedBytes: 99_000n,
    })
    expect((await side.ledger.totals()).disputes).toBe(before.disputes)
  })

  test('open a dispute beyond 256 KiB', async () => {
    const before = await side.ledger.totals()
    const node = await linkSigning(
      ({ carriedUp }) => ({ carriedUp: Math.max(0, carriedUp - disputeBytesMin - 1), carriedDown: 0 }),
      600_000,
    )
    await askFor()
    await leave(node)
    expect((await side.ledger.totals()).disputes).toBe(before.disputes + 1)
    expect((await side.ledger.listDisputes()).map(({ linkId }) => linkId)).toContain(node.welcome?.linkId)
    expect(await books.since()).toMatchObject({
      carriedBytes: 600_000n,
      creditedBytes: BigInt(600_000 - disputeBytesMin - 1),
    })
  })

  test('never raise what is paid', async () => {
    const node = await linkSigning(
      ({ carriedUp }) => ({ carriedUp: carriedUp * 1_000, carriedDown: 1_000_000 }),
      50_000,
    )
    await askFor()
    await leave(node)
    expect(await books.since()).toMatchObject({ carriedBytes: 50_000n, creditedBytes: 50_000n })
  })
})

test('a counter-signature that does not fit ends the link, and nothing is lost', async () => {
  const node = await link({ onLane: serve(2 * MIB), signsReceipts: false })
  const answer = await side.ask()
  void readBody(answer)
  const { receipt } = await node.frame('receipt')
  const counterSignature = {
    carriedUp: receipt.carriedUp,
    carriedDown: 0,
    signature: await sign((await newNodeKey()).privateKey, 'x'),
  }
  node.send({ type: 'receipt-signed', linkId: receipt.linkId, sequence: 1, counterSignature })
  expect(await node.frame('goodbye')).toMatchObject({ code: 'receipt-refused' })
  expect(await node.closed).toBe(4422)
  await answer.body.ending
  await side.settled()
  await books.expectBalanceWithin([node])
})

test('a database that is away for a while loses nothing: it is posted later, and the customer does not wait for it', async () => {
  database.isAway = true
  const callsBefore = database.calls
  const nodes = await Promise.all([link({ onLane: serve(1.5 * MIB) }), link({ onLane: serve(1.5 * MIB) })])
  for (let index = 0; index < 4; index += 1)
    expect(await askFor({ url: `https://h${index}.example/` })).toMatchObject({
      outcome: 'completed',
      charged: true,
    })
  await expect.poll(() => database.calls, { timeout: 10_000 }).toBeGreaterThan(callsBefore + 1)
  expect((await books.since()).carriedBytes).toBe(0n)
  database.isAway = false
  for (const node of nodes) await leave(node)
  expect(await books.expectBalance(nodes)).toMatchObject({ chargedBytes: BigInt(6 * MIB) })
})

test('an exchange’s row stands in the ledger with its receipt, not before and not without', async () => {
  const before = await side.ledger.totals()
  const node = await link({ onLane: serve(10_000) })
  await askFor()
  const open = await side.ledger.totals()
  expect([open.exchanges, open.carriedBytes]).toEqual([before.exchanges, before.carriedBytes])
  await leave(node)
  const after = await side.ledger.totals()
  expect([after.exchanges - before.exchanges, after.attempts - before.attempts]).toEqual([1, 1])
})

describe('a presented receipt', () => {
  const present = async (
    key: Awaited<ReturnType<typeof newNodeKey>>,
    kept: NonNullable<ScriptedNode['kept']>,
  ) => {
    const callsBefore = side.logged.length
    const node = await link({ key, presents: [kept] })
    return { node, callsBefore }
  }
  const refusals = (from: number) =>
    side.logged.slice(from).filter(({ sentence }) => sentence === 'a presented receipt was refused')

  test('of a link that was posted is answered, and moves nothing, however often it comes', async () => {
    const key = await newNodeKey()
    const node = await link({ key, onLane: serve(50_000) })
    await askFor()
    await leave(node)
    await books.expectBalance([node])
    for (let round = 0; round < 3; round += 1) {
      const again = await present(key, node.kept as NonNullable<ScriptedNode['kept']>)
      expect(await again.node.frame('posted')).toMatchObject({ linkId: node.welcome?.linkId })
      await leave(again.node)
    }
    await books.expectBalance([node])
  })

  test('of a link that lives is left to this relay', async () => {
    const key = await newNodeKey()
    const older = await link({ key, onLane: serve(3 * MIB) })
    await askFor()
    const kept = older.kept as NonNullable<ScriptedNode['kept']>
    database.isAway = true
    const newer = await present(key, kept)
    await older.closed
    database.isAway = false
    await side.settled()
    expect(newer.node.received.some(({ type }) => type === 'posted')).toBe(false)
    expect(await books.expectBalance([older])).toMatchObject({ goodwillBytes: 0n })
    await leave(newer.node)
  })

  test('proves nothing where it is forged, altered, or another node’s', async () => {
    const key = await newNodeKey()
    const node = await link({ key, onLane: serve(50_000) })
    await askFor()
    await leave(node)
    const kept = node.kept as NonNullable<ScriptedNode['kept']>
    const resign = async (receipt: Receipt, signer = key) => {
      const counts = { carriedUp: receipt.carriedUp, carriedDown: receipt.carriedDown }
      return {
        receipt,
        counterSignature: {
          ...counts,
          signature: await sign(signer.privateKey, counterSignatureText(receipt, counts)),
        },
      }
    }
    const other = await newNodeKey()
    const selfSigned = { ...kept.receipt, linkId: 'lnk_made_up', carriedUp: 10 ** 12 }
    const forged = [
      await resign({ ...kept.receipt, carriedUp: 10 ** 12, sequence: 99 }),
      await resign({ ...selfSigned, signature: await sign(key.privateKey, receiptText(selfSigned)) }),
      await resign({ ...kept.receipt, relayId: 'r_unknown' }),
      await resign(kept.receipt, other),
    ]
    for (const one of forged) {
      const { node: liar, callsBefore } = await present(key, one)
      await expect.poll(() => refusals(callsBefore).length).toBe(1)
      await leave(liar)
    }
    const { node: thief, callsBefore } = await present(other, kept)
    await expect.poll(() => refusals(callsBefore).length).toBe(1)
    await leave(thief)
    await books.expectBalance([node])
  })
})
