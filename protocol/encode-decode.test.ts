import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AnswerFrame,
  answerBodyBytesMax,
  carriedBytesOf,
  chunkBytesMax,
  controlBytesMax,
  controlShapes,
  dataTypes,
  decode,
  encode,
  encodeChunkPrefix,
  type Frame,
  frameTypes,
  messageBytesMax,
  nodeFrames,
  PROTOCOL_VERSION,
  ProtocolError,
  relayFrames,
} from './index.ts'
import { arbitraryFrame, arbitraryFrames } from './testing/arbitrary-frames.ts'

const codeOf = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    if (error instanceof ProtocolError) return error.code
    throw error
  }
  return 'no error'
}
const ping = (fields: object): string => JSON.stringify({ type: 'ping', ...fields })

const answerOf = (bytes: number): AnswerFrame => ({
  type: 'answer',
  lane: 1,
  status: 200,
  headers: [],
  encoding: 'identity',
  truncated: false,
  body: new Uint8Array(bytes),
})

describe('encode and decode', () => {
  test.each(frameTypes)('every %s frame that may be sent is read as what it was', (type) => {
    fc.assert(
      fc.property(arbitraryFrames[type], (frame) => {
        expect(decode(encode(frame as Frame))).toEqual(frame)
      }),
    )
  })

  test('a message says the same after it was read and written again', () => {
    fc.assert(
      fc.property(arbitraryFrame, (frame) => {
        const message = encode(frame)
        expect(encode(decode(message))).toEqual(message)
      }),
    )
  })

  test('a chunk sent as prefix and payload is the same message', () => {
    fc.assert(
      fc.property(arbitraryFrames.chunk, (frame) => {
        expect(new Uint8Array([...encodeChunkPrefix(frame.lane), ...frame.payload])).toEqual(encode(frame))
      }),
    )
  })

  test('a data frame is read where it stands in a larger buffer, without copying', () => {
    fc.assert(
      fc.property(fc.oneof(arbitraryFrames.chunk, arbitraryFrames.answer), fc.nat(9), (frame, offset) => {
        const message = encode(frame) as Uint8Array
        const pool = new Uint8Array(message.length + 20).fill(0xff)
        pool.set(message, offset)
        const read = decode(pool.subarray(offset, offset + message.length))
        expect(read).toEqual(frame)
        const bytes = read.type === 'chunk' ? read.payload : (read as typeof read & { type: 'answer' }).body
        expect(bytes.buffer).toBe(pool.buffer)
      }),
    )
  })

  test('carried bytes are the body bytes and nothing else', () => {
    expect(carriedBytesOf({ type: 'chunk', lane: 1, payload: new Uint8Array(7) })).toBe(7)
    expect(carriedBytesOf(answerOf(9))).toBe(9)
  })
})

describe('sizes', () => {
  test('the largest chunk and the largest answer fit into a message, one byte more does not', () => {
    const chunk = (bytes: number): Frame => ({ type: 'chunk', lane: 1, payload: new Uint8Array(bytes) })
    for (const frame of [chunk(chunkBytesMax), answerOf(answerBodyBytesMax)]) {
      const message = encode(frame) as Uint8Array
      expect(message.length).toBeLessThanOrEqual(messageBytesMax)
      expect(decode(message)).toEqual(frame)
      const longer = new Uint8Array(message.length + 1)
      longer.set(message)
      expect(codeOf(() => decode(longer))).toBe('frame-too-large')
    }
    expect(codeOf(() => encode(chunk(chunkBytesMax + 1)))).toBe('frame-too-large')
    expect(codeOf(() => encode(answerOf(answerBodyBytesMax + 1)))).toBe('frame-too-large')
    expect(codeOf(() => encode(chunk(0)))).toBe('malformed-frame')
  })

  test('a control frame is measured in UTF-8, not in characters', () => {
    const padded = (padding: string): string => ping({ atUnixMs: 1 }) + padding
    const room = controlBytesMax - padded('').length
    expect(decode(padded(' '.repeat(room)))).toEqual({ type: 'ping', atUnixMs: 1 })
    expect(codeOf(() => decode(padded(' '.repeat(room + 1))))).toBe('frame-too-large')
    expect(codeOf(() => decode(padded('é'.repeat(room / 2 + 1))))).toBe('frame-too-large')
    expect(codeOf(() => decode(padded('é'.repeat(room / 2 - 1))))).toBe('malformed-frame')
  })

  test('the largest head still fits into a control frame', () => {
    const headers = Array.from({ length: 128 }, (): [string, string] => ['x', '"'.repeat(511)])
    const frame: Frame = { type: 'head', lane: 1, status: 200, headers, encoding: 'identity' }
    expect(decode(encode(frame))).toEqual(frame)
  })
})

describe('messages that break the grammar', () => {
  test.each([
    ['an empty text', ''],
    ['text that is not JSON', '{"type":'],
    ['a JSON list', '[]'],
    ['JSON null', 'null'],
    ['no type', '{}'],
    ['an unknown type', '{"type":"pong!"}'],
    ['a type that every object has', '{"type":"constructor"}'],
    ['a type that is not text', '{"type":1}'],
    ['a data frame as text', '{"type":"chunk","lane":1}'],
    ['a missing field', ping({})],
    ['a field too many', ping({ atUnixMs: 1, more: 1 })],
    ['a prototype as a field', '{"type":"ping","atUnixMs":1,"__proto__":{}}'],
    ['a number as text', ping({ atUnixMs: '1' })],
    ['a fraction', ping({ atUnixMs: 1.5 })],
    ['a negative number', ping({ atUnixMs: -1 })],
    ['a number past 2^53', '{"type":"ping","atUnixMs":9007199254740993}'],
    ['minus zero', '{"type":"ping","atUnixMs":-0}'],
    ['null for a number', ping({ atUnixMs: null })],
    ['lane 0', '{"type":"end","lane":0,"truncated":false}'],
    ['a lane past 32 bits', '{"type":"end","lane":4294967296,"truncated":false}'],
    ['a grant of nothing', '{"type":"grant","lane":1,"bytes":0}'],
    [
      'a failure code of the relay from a node',
      '{"type":"failed","lane":1,"code":"relay-failed","detail":null}',
    ],
    ['a line end in an id', '{"type":"posted","linkId":"a\\nb","sequence":1}'],
    ['an empty id', '{"type":"posted","linkId":"","sequence":1}'],
    ['JSON nested as deep as a frame is long', '['.repeat(controlBytesMax)],
    ['a byte order mark', `\ufeff${ping({ atUnixMs: 1 })}`],
  ])('%s is a malformed frame', (_what, message) => {
    expect(codeOf(() => decode(message))).toBe('malformed-frame')
  })

  test.each([
    ['no bytes', ''],
    ['a prefix cut short', '01000000'],
    ['a chunk without payload', '0100000001'],
    ['a chunk for lane 0', '0100000000ff'],
    ['an unknown data type', '0300000001ff'],
    ['data type 0', '0000000001ff'],
    ['an answer without head length', '0200000001000000'],
    ['an answer shorter than its head', '0200000001000000057b7d'],
    ['an answer with an empty head', '020000000100000000'],
    ['an answer whose head is not UTF-8', '020000000100000002fffe'],
    ['an answer whose head lacks everything', '0200000001000000027b7d'],
  ])('%s is a malformed frame', (_what, hex) => {
    expect(codeOf(() => decode(Buffer.from(hex, 'hex')))).toBe('malformed-frame')
  })

  test('an answer whose head is good but for a byte order mark, or for a length beyond the message, is malformed', () => {
    const head = JSON.stringify({ status: 200, headers: [], encoding: 'identity', truncated: false })
    const answer = (text: string, announced: number): Buffer =>
      Buffer.concat([Buffer.from([2, 0, 0, 0, 1, 0, 0, 0, announced]), Buffer.from(text)])
    expect(decode(answer(head, head.length)).type).toBe('answer')
    expect(codeOf(() => decode(answer(head, head.length + 1)))).toBe('malformed-frame')
    expect(codeOf(() => decode(answer(`\ufeff${head}`, head.length + 3)))).toBe('malformed-frame')
  })

  test('an answer that announces an absurd head is too large', () => {
    expect(codeOf(() => decode(Buffer.from('0200000001ffffffff', 'hex')))).toBe('frame-too-large')
  })

  test.each(['challenge', 'hello'])('a %s of another version is told so, whatever else it holds', (type) => {
    expect(codeOf(() => decode(JSON.stringify({ type, version: PROTOCOL_VERSION + 1, novelty: true })))).toBe(
      'version-mismatch',
    )
    expect(codeOf(() => decode(JSON.stringify({ type, version: 0 })))).toBe('version-mismatch')
    expect(codeOf(() => decode(JSON.stringify({ type, version: PROTOCOL_VERSION })))).toBe('malformed-frame')
    expect(codeOf(() => decode(JSON.stringify({ type, version: '3' })))).toBe('malformed-frame')
    expect(() => decode(JSON.stringify({ type, version: 7 }))).toThrow('speaks version 2, the other 7')
  })

  test('the sentence of a refusal fits into the goodbye that carries it', () => {
    const frame = { type: 'ping', ['x'.repeat(10_000)]: 1 }
    let detail = ''
    try {
      decode(JSON.stringify(frame))
    } catch (error) {
      detail = (error as Error).message
    }
    expect(detail.length).toBeGreaterThan(0)
    const goodbye: Frame = {
      type: 'goodbye',
      code: 'malformed-frame',
      detail,
      version: 1,
      redialAfterMs: null,
    }
    expect(decode(encode(goodbye))).toEqual(goodbye)
  })
})

describe('who may send what', () => {
  test('every frame has a side, and only these have both', () => {
    expect(new Set([...relayFrames, ...nodeFrames])).toEqual(new Set(frameTypes))
    const both = relayFrames.filter((type) => (nodeFrames as readonly string[]).includes(type))
    expect(both).toEqual(['chunk', 'end', 'grant', 'goodbye'])
  })

  test('the frame types are the control shapes and the data types', () => {
    expect(frameTypes).toEqual([...Object.keys(controlShapes), ...Object.keys(dataTypes)])
    expect(new Set(frameTypes).size).toBe(frameTypes.length)
  })
})
