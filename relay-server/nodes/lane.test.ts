import { describe, expect, test } from 'vitest'
import { type FrameOf, type RelayFrame, windowBytesInitial, windowBytesMax } from '#protocol'
import { type Dice, diceOf } from '../../protocol/testing/dice.ts'
import { Lane } from './lane.ts'

const KIB = 1024

function openLane({ windowBytes = windowBytesInitial, gzip = false } = {}) {
  const sent: RelayFrame[] = []
  const chunks: number[] = []
  const ended: Lane[] = []
  const socket = { isOpen: true }
  const lane = new Lane(
    7,
    { windowBytes, gzip },
    {
      send: (frame) => void sent.push(frame),
      sendChunk(_number, payload) {
        if (socket.isOpen) chunks.push(payload.length)
        return socket.isOpen
      },
      socketDrained: () => null,
      ended: (one) => void ended.push(one),
    },
  )
  return { lane, sent, chunks, ended, socket }
}

const head = (encoding: 'identity' | 'gzip' = 'identity'): FrameOf<'head'> => ({
  type: 'head',
  lane: 7,
  status: 200,
  headers: [],
  encoding,
})
const chunk = (bytes: number): FrameOf<'chunk'> => ({
  type: 'chunk',
  lane: 7,
  payload: new Uint8Array(bytes),
})
const end: FrameOf<'end'> = { type: 'end', lane: 7, truncated: false }
const failed = (code: FrameOf<'failed'>['code']): FrameOf<'failed'> => ({
  type: 'failed',
  lane: 7,
  code,
  detail: null,
})
const answer = (bytes: number): FrameOf<'answer'> => ({
  ...{ type: 'answer', lane: 7, status: 200, headers: [], encoding: 'identity', truncated: false },
  body: new Uint8Array(bytes),
})
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('the grammar of a lane', () => {
  test.each([
    ['a second head', [head(), head()], 'out-of-order'],
    ['a body before its head', [chunk(1)], 'out-of-order'],
    ['an end before its head', [end], 'out-of-order'],
    ['an answer after a head', [head(), answer(1)], 'out-of-order'],
    ['gzip that was not allowed', [head('gzip')], 'malformed-frame'],
    ['one byte more than the window', [head(), chunk(windowBytesInitial + 1)], 'window-overrun'],
    ['one byte more, in two pieces', [head(), chunk(windowBytesInitial), chunk(1)], 'window-overrun'],
    [
      'a grant beyond the largest window',
      [{ type: 'grant', lane: 7, bytes: windowBytesMax } as const],
      'window-overrun',
    ],
  ])('refuses %s', (_what, frames, code) => {
    const { lane } = openLane()
    const send = () => {
      for (const frame of frames) lane.accept(frame)
    }
    expect(send).toThrow(expect.objectContaining({ code }))
  })

  test('what is refused is not counted', () => {
    const { lane } = openLane({ windowBytes: 10 })
    expect(() => lane.accept(answer(11))).toThrow(expect.objectContaining({ code: 'window-overrun' }))
    expect(lane.carriedUp).toBe(0)
    const early = openLane().lane
    expect(() => early.accept(chunk(5))).toThrow()
    expect(early.carriedUp).toBe(0)
  })
})

describe('the ending of a lane', () => {
  test('is told once, to everyone who waits', async () => {
    const { lane, ended } = openLane()
    const piece = lane.pieceOrEnd()
    lane.close({ outcome: 'node-vanished', detail: 'gone' })
    lane.close({ outcome: 'completed', truncated: false })
    await piece
    expect(await lane.head).toBeNull()
    expect(await lane.ending).toEqual({ outcome: 'node-vanished', detail: 'gone' })
    expect(ended).toEqual([lane])
  })

  test('stands for the reason of the relay that asked for it', async () => {
    const { lane, sent } = openLane()
    lane.stop('relay-draining')
    lane.stop('node-timeout')
    expect(sent).toEqual([{ type: 'stop', lane: 7, code: 'relay-draining' }])
    expect(lane.isClosed).toBe(false)
    lane.accept(failed('stopped'))
    expect(await lane.ending).toEqual({ outcome: 'relay-draining', detail: null })
  })

  test('is a failure of the node where it stopped by itself', async () => {
    const { lane } = openLane()
    lane.accept(failed('stopped'))
    expect(await lane.ending).toMatchObject({ outcome: 'node-failed' })
  })

  test('crosses a stop: the end stands, and the bytes of a stopped lane count and are not kept', async () => {
    const { lane } = openLane()
    lane.accept(head())
    lane.accept(chunk(100))
    lane.stop()
    expect(lane.unreadBytes).toBe(0)
    lane.accept(chunk(50))
    lane.accept(end)
    expect(await lane.ending).toEqual({ outcome: 'completed', truncated: false })
    expect(lane).toMatchObject({ carriedUp: 150, unreadBytes: 0 })
    expect(lane.take()).toBeNull()
  })

  test('leaves what was received to its reader', () => {
    const { lane } = openLane()
    lane.accept(answer(100))
    expect(lane.isClosed).toBe(true)
    expect(lane.take()).toHaveLength(100)
    expect(lane.take()).toBeNull()
  })
})

describe("a request's body", () => {
  test('is sent as far as the window, and goes on with each grant', async () => {
    const { lane, sent, chunks } = openLane()
    const sending = lane.sendBody(new Uint8Array(windowBytesInitial + 100 * KIB))
    await turn()
    expect(sumOf(chunks)).toBe(windowBytesInitial)
    expect(sent).toEqual([])
    lane.accept({ type: 'grant', lane: 7, bytes: 99 * KIB })
    await turn()
    expect(sumOf(chunks)).toBe(windowBytesInitial + 99 * KIB)
    lane.accept({ type: 'grant', lane: 7, bytes: 64 * KIB })
    await sending
    expect(sumOf(chunks)).toBe(windowBytesInitial + 100 * KIB)
    expect(sent).toEqual([{ type: 'end', lane: 7, truncated: false }])
    expect(lane.carriedDown).toBe(windowBytesInitial + 100 * KIB)
  })

  test.each([
    ['the answer comes early', (lane: Lane) => lane.accept(answer(1))],
    ['the lane is stopped', (lane: Lane) => lane.stop()],
    ['the node vanishes', (lane: Lane) => lane.close({ outcome: 'node-vanished', detail: null })],
  ])('ends where it is when %s', async (_when, act) => {
    const { lane, sent, chunks } = openLane()
    const sending = lane.sendBody(new Uint8Array(1024 * KIB))
    await turn()
    act(lane)
    await sending
    expect(sumOf(chunks)).toBe(windowBytesInitial)
    expect(sent.some(({ type }) => type === 'end')).toBe(false)
  })

  test('counts nothing that a closing socket did not take', async () => {
    const { lane, socket } = openLane()
    socket.isOpen = false
    await lane.sendBody(new Uint8Array(100 * KIB))
    expect(lane.carriedDown).toBe(0)
  })
})

test('a node that sends one byte a chunk costs little more memory than its bytes', () => {
  const { lane } = openLane()
  lane.accept(head())
  const message = new Uint8Array(64 * KIB)
  for (let index = 0; index < 20_000; index += 1) {
    message[index] = index % 251
    lane.accept({ type: 'chunk', lane: 7, payload: message.subarray(index, index + 1) })
  }
  const pieces: Uint8Array[] = []
  for (let piece = lane.take(); piece; piece = lane.take()) pieces.push(piece)
  expect(Buffer.concat(pieces)).toEqual(Buffer.from(message.subarray(0, 20_000)))
  expect(pieces.length).toBeLessThan(10)
  expect(pieces.some((piece) => piece.buffer === message.buffer)).toBe(false)
})

const seeds = Array.from({ length: 200 }, (_, index) => index + 1)
test.each(seeds)(
  'a reader of any speed gets every byte in order, and never more is allowed than it read and the window (seed %i)',
  (seed) => {
    runAgainstModel(diceOf(seed))
  },
)

const patternBytes = 256 * KIB
/** Any body of the model is this pattern, repeated. */
const pattern = Buffer.from(
  Uint8Array.from({ length: 2 * patternBytes }, (_, index) => ((index % patternBytes) * 31) >> 3),
)
const bodyPart = (from: number, length: number) =>
  pattern.subarray(from % patternBytes, (from % patternBytes) + length)

/** The model: what was sent, read and granted as plain sums. The node sends whatever it may; the reader reads when it likes. */
function runAgainstModel(dice: Dice): void {
  const windowBytes = 1 + dice.upTo(windowBytesInitial)
  const { lane, sent } = openLane({ windowBytes })
  const model = { sent: 0, read: 0, granted: 0 }
  const allowed = () => windowBytes + model.granted - model.sent
  lane.accept(head())

  const nodeSends = () => {
    const size = Math.min(allowed(), 1 + dice.upTo(dice.of([3, 5_000, 70_000])))
    if (size > 0) lane.accept({ type: 'chunk', lane: 7, payload: bodyPart(model.sent, size) })
    model.sent += size
  }
  const readerReads = () => {
    const piece = lane.take()
    if (!piece) return
    if (!bodyPart(model.read, piece.length).equals(piece)) throw new Error(`other bytes after ${model.read}`)
    model.read += piece.length
    const worth = lane.consume(piece.length)
    if (worth > 0 && dice.upTo(4) > 0) lane.grant(1 + dice.upTo(worth))
    model.granted = sent.reduce((sum, frame) => sum + (frame.type === 'grant' ? frame.bytes : 0), 0)
  }

  for (let step = 0; step < 300; step += 1) {
    dice.of([nodeSends, readerReads, readerReads])()
    if (lane.unreadBytes !== model.sent - model.read)
      throw new Error(`holds ${lane.unreadBytes} after step ${step}`)
    if (model.granted > model.read)
      throw new Error(`granted ${model.granted} for ${model.read} read after step ${step}`)
    if (lane.unreadBytes > windowBytes) throw new Error(`holds more than its window after step ${step}`)
  }
  expect(lane.carriedUp).toBe(model.sent)
  expect(() => lane.accept(chunk(allowed() + 1))).toThrow(expect.objectContaining({ code: 'window-overrun' }))
  expect(lane.carriedUp).toBe(model.sent)
}

const sumOf = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0)
