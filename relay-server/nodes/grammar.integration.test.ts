import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type CloseCode,
  closes,
  messageBytesMax,
  PROTOCOL_VERSION,
  windowBytesInitial,
  windowBytesMax,
} from '#protocol'
import { type Books, openBooks } from '../testing/books.ts'
import { type NodeSide, readBody, startNodeSide } from '../testing/node-side.ts'
import {
  connectScriptedNode,
  openTerms,
  type ScriptedLane,
  type ScriptedNode,
} from '../testing/scripted-node.ts'

let side: NodeSide
let bystander: ScriptedNode
let books: Books
let chargedBytes = 0n
beforeAll(async () => {
  side = await startNodeSide({ limits: { stopDeadlineMs: 200, closeDeadlineMs: 1_000 } })
  bystander = await connectScriptedNode({
    relayUrl: side.url,
    forwardedFor: 'AT',
    onLane: (lane) => lane.answer({ body: 'unharmed' }),
  })
  books = await openBooks(side.ledger)
})
afterAll(async () => {
  // After all that, nothing is lost and nothing is made up.
  bystander.leave()
  await bystander.closed
  await side.settled()
  expect(side.openAttempts).toBe(0)
  expect((await books.since()).chargedBytes).toBe(chargedBytes + BigInt(bystander.count.carriedUp))
  await books.expectTrue()
  await side.stop()
})
const hostileNode = (onLane?: (lane: ScriptedLane, node: ScriptedNode) => void | Promise<void>) => {
  const started = connectScriptedNode({
    relayUrl: side.url,
    forwardedFor: 'DE',
    onLane: async (lane) => onLane?.(lane, await started),
  })
  return started
}

/** The customer's side of one exchange on the hostile node, whatever becomes of it. */
async function outcomeOfAsking(): Promise<string> {
  try {
    const { ending } = await readBody(await side.ask({ countries: ['DE'], method: 'POST' }))
    return ending.outcome
  } catch (error) {
    return (error as { code: string }).code
  }
}

async function expectThrownOut(node: ScriptedNode, code: CloseCode): Promise<void> {
  expect(await node.frame('goodbye')).toMatchObject({ code })
  expect(await node.closed).toBe(closes[code].number)
  await expect
    .poll(() => side.closes.filter(({ nodeId }) => nodeId === node.nodeId))
    .toMatchObject([{ code }])
}

/** Nobody else is touched: the other node still serves, on the link that it has had from the start. */
async function expectNoHarm(): Promise<void> {
  const { bytes } = await readBody(await side.ask({ countries: ['AT'] }))
  expect(bytes.toString()).toBe('unharmed')
  expect(bystander.socket.readyState).toBe(bystander.socket.OPEN)
}

const raw = (frame: object) => JSON.stringify(frame)
const chunkOn = (lane: number, bytes: number) =>
  Buffer.concat([Buffer.from([1, 0, 0, 0, lane]), Buffer.alloc(bytes, 'x')])
const headOn = (lane: number, headers: unknown = []) =>
  raw({ type: 'head', lane, status: 200, headers, encoding: 'identity' })
const answerOn = (lane: number, bytes: number, headers: unknown = []) => {
  const head = Buffer.from(raw({ status: 200, headers, encoding: 'identity', truncated: false }))
  const prefix = Buffer.alloc(9)
  prefix.writeUInt8(2, 0)
  prefix.writeUInt32BE(lane, 1)
  prefix.writeUInt32BE(head.length, 5)
  return Buffer.concat([prefix, head, Buffer.alloc(bytes, 'x')])
}
const endOn = (lane: number) => raw({ type: 'end', lane, truncated: false })

describe('on a link without exchanges', () => {
  test.each<[string, string | Buffer, CloseCode]>([
    [
      'a second hello',
      raw({
        type: 'hello',
        version: PROTOCOL_VERSION,
        nodeKey: 'A',
        signature: 'A',
        relayUrl: 'x',
        terms: openTerms,
        schemes: [],
        kind: 'other',
        softwareVersion: '',
      }),
      'out-of-order',
    ],
    [
      'a challenge',
      raw({
        type: 'challenge',
        version: PROTOCOL_VERSION,
        relayId: 'r',
        relayKey: 'A',
        publicUrl: 'x',
        nonce: 'A',
      }),
      'out-of-order',
    ],
    [
      'an open',
      raw({
        type: 'open',
        lane: 1,
        exchangeId: 'e',
        attempt: 1,
        method: 'GET',
        url: 'https://x.example/',
        headers: [],
        bodyBytes: 0,
        windowBytes: 1,
        gzip: false,
        answerBytesMax: null,
        headDeadlineMs: 1,
        customer: { id: 'c', label: '', purpose: null, contact: null },
      }),
      'out-of-order',
    ],
    ['a stop', raw({ type: 'stop', lane: 1, code: null }), 'out-of-order'],
    ['a ping', raw({ type: 'ping', atUnixMs: 1 }), 'out-of-order'],
    ['a posted', raw({ type: 'posted', linkId: 'l', sequence: 1 }), 'out-of-order'],
    ['an earned', raw({ type: 'earned', accountUnits: '9', nodeCarriedBytes: 9 }), 'out-of-order'],
    ['a head on a lane that was never opened', headOn(1), 'unknown-lane'],
    ['a chunk on a lane that was never opened', chunkOn(9, 100_000), 'unknown-lane'],
    ['an answer on a lane that was never opened', answerOn(9, 1_000), 'unknown-lane'],
    ['an end on a lane that was never opened', endOn(4), 'unknown-lane'],
    ['a grant on a lane that was never opened', raw({ type: 'grant', lane: 4, bytes: 1 }), 'unknown-lane'],
    ['a chunk without bytes', chunkOn(1, 0), 'malformed-frame'],
    ['an unknown type of data', Buffer.from([7, 0, 0, 0, 1, 1]), 'malformed-frame'],
    ['an unknown frame', raw({ type: 'bribe' }), 'malformed-frame'],
    ['a frame with a field of another type', raw({ type: 'pong', atUnixMs: 'now' }), 'malformed-frame'],
    ['a chunk that is larger than a chunk may be', chunkOn(1, 262_145), 'frame-too-large'],
    [
      'a present with too many receipts',
      raw({ type: 'present', receipts: Array.from({ length: 65 }, () => null) }),
      'malformed-frame',
    ],
  ])('%s ends it with the right word', async (_what, message, code) => {
    const node = await hostileNode()
    node.socket.send(message)
    await expectThrownOut(node, code)
    expect(side.closes.at(-1)).toEqual({ nodeId: node.nodeId, code, carriedUp: 0 })
    await expectNoHarm()
  })

  test('presenting twice ends it', async () => {
    const node = await hostileNode()
    node.send({ type: 'present', receipts: [] })
    node.send({ type: 'present', receipts: [] })
    await expectThrownOut(node, 'out-of-order')
  })

  test('a message that no socket takes ends it with 1009', async () => {
    const node = await hostileNode()
    node.socket.send(Buffer.alloc(messageBytesMax + 1))
    expect(await node.closed).toBe(1009)
    await expect
      .poll(() => side.closes.find(({ nodeId }) => nodeId === node.nodeId))
      .toMatchObject({ code: 'frame-too-large' })
  })

  test('text that is not UTF-8 ends it with 1007', async () => {
    const node = await hostileNode()
    node.socket.send(Buffer.from([0xff, 0xfe]), { binary: false })
    expect(await node.closed).toBe(1007)
    await expect
      .poll(() => side.closes.find(({ nodeId }) => nodeId === node.nodeId))
      .toMatchObject({ code: 'malformed-frame' })
  })

  test('signatures for receipts that were never cut are of no interest', async () => {
    const node = await hostileNode((lane) => lane.answer({ body: 'fine' }))
    const counterSignature = { carriedUp: 1, carriedDown: 1, signature: 'AAAA' }
    for (const sequence of [1, 2, 99])
      node.send({ type: 'receipt-signed', linkId: node.welcome?.linkId ?? '', sequence, counterSignature })
    node.send({ type: 'receipt-signed', linkId: 'lnk_other', sequence: 1, counterSignature })
    expect(await outcomeOfAsking()).toBe('completed')
    chargedBytes += 4n
    node.leave()
    await node.closed
  })
})

describe('in the middle of an exchange', () => {
  test.each<[string, (string | Buffer)[], CloseCode]>([
    ['a body before its head', [chunkOn(1, 10)], 'out-of-order'],
    ['an end before its head', [endOn(1)], 'out-of-order'],
    ['a second head', [headOn(1), headOn(1)], 'out-of-order'],
    ['an answer after a head', [headOn(1), answerOn(1, 10)], 'out-of-order'],
    [
      'a grant beyond the largest window',
      [raw({ type: 'grant', lane: 1, bytes: windowBytesMax })],
      'window-overrun',
    ],
    ['a frame on the next lane', [headOn(1), chunkOn(1, 5), headOn(2)], 'unknown-lane'],
    ['a head with CR in a value', [headOn(1, [['x-a', 'b\rset-cookie: c']])], 'header-invalid'],
    ['a head with LF in a value', [headOn(1, [['x-a', 'b\nc']])], 'header-invalid'],
    ['a head with NUL in a value', [headOn(1, [['x-a', 'b\0c']])], 'header-invalid'],
    ['a head with a name in capitals', [headOn(1, [['X-A', 'b']])], 'header-invalid'],
    ['a head with CRLF in a name', [headOn(1, [['x\r\ny', 'b']])], 'header-invalid'],
    [
      'a head with too many headers',
      [
        headOn(
          1,
          Array.from({ length: 129 }, () => ['a', 'b']),
        ),
      ],
      'header-invalid',
    ],
    ['an answer with LF in a value', [answerOn(1, 10, [['x-a', 'b\nc']])], 'header-invalid'],
    [
      'a status beyond all',
      [raw({ type: 'head', lane: 1, status: 999, headers: [], encoding: 'identity' })],
      'malformed-frame',
    ],
    [
      'gzip that was not allowed',
      [raw({ type: 'head', lane: 1, status: 200, headers: [], encoding: 'gzip' })],
      'malformed-frame',
    ],
    [
      'a failure code of the relay’s own',
      [raw({ type: 'failed', lane: 1, code: 'balance-exhausted', detail: null })],
      'malformed-frame',
    ],
  ])('%s ends the link, and the customer hears that the node vanished', async (_what, messages, code) => {
    const node = await hostileNode((_lane, self) => {
      for (const message of messages) self.socket.send(message)
    })
    expect(await outcomeOfAsking()).toBe('node-vanished')
    await expectThrownOut(node, code)
    await expectNoHarm()
  })

  test.each<[string, (string | Buffer)[]]>([
    ['a chunk', [chunkOn(1, 10)]],
    ['a second end', [endOn(1)]],
    ['a grant', [raw({ type: 'grant', lane: 1, bytes: 1 })]],
    ['a failure', [raw({ type: 'failed', lane: 1, code: 'node-failed', detail: null })]],
  ])('%s after the end ends the link; the answer before it stands', async (_what, messages) => {
    const node = await hostileNode((lane, self) => {
      lane.answer({ body: 'whole' })
      for (const message of messages) self.socket.send(message)
    })
    expect(await outcomeOfAsking()).toBe('completed')
    await expectThrownOut(node, 'unknown-lane')
    chargedBytes += 5n
    await expectNoHarm()
  })

  test('one lane that overruns its window, because its customer does not read, takes the others of its node with it, each honestly', async () => {
    const lanes: ScriptedLane[] = []
    const node = await hostileNode((lane) => {
      lanes.push(lane)
      lane.head()
    })
    const asked = await Promise.all(
      ['a', 'b', 'c'].map((name) => side.ask({ countries: ['DE'], url: `https://${name}.example/` })),
    )
    for (const lane of lanes)
      node.send({ type: 'chunk', lane: lane.open.lane, payload: new Uint8Array(1_000) })
    for (let piece = 0; piece < 2; piece += 1)
      node.send({ type: 'chunk', lane: 2, payload: new Uint8Array(windowBytesInitial) })
    await node.closed
    const bodies = await Promise.all(asked.map(readBody))
    expect(bodies.map(({ ending }) => ending.outcome)).toEqual([
      'node-vanished',
      'node-vanished',
      'node-vanished',
    ])
    expect(bodies.map(({ ending }) => ending.charged)).toEqual([false, false, false])
    await expectThrownOut(node, 'window-overrun')
    await expectNoHarm()
  })

  test('a node that goes on after a stop is thrown out', async () => {
    const node = await hostileNode((lane) => lane.head())
    const answer = await side.ask({ countries: ['DE'] })
    answer.body.cancel('customer-left')
    expect(await answer.body.ending).toMatchObject({ outcome: 'customer-left', carriedBytes: 0 })
    await expectThrownOut(node, 'stop-ignored')
    await expectNoHarm()
  })
})

test('a flood of arbitrary messages harms nobody but its sender', async () => {
  const { diceOf } = await import('../../protocol/testing/dice.ts')
  for (let seed = 1; seed <= 60; seed += 1) {
    const dice = diceOf(seed)
    const node = await hostileNode()
    const message = dice.upTo(2) ? Buffer.from(dice.bytes(1 + dice.upTo(400))) : dice.text(1 + dice.upTo(400))
    node.socket.send(message)
    const code = await node.closed
    expect(code, `seed ${seed}`).toBeGreaterThanOrEqual(4400)
  }
  await expectNoHarm()
})
