import { deflateRawSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { AnswerBody } from '../exchange/exchange-ports.ts'
import { collectBody, createEnvelopeBuffers } from './collected-body.ts'

const MIB = 1024 * 1024

/** A body in memory that notes how it was cancelled. */
function bodyOf(
  pieces: Iterable<Uint8Array>,
): AnswerBody & { cancelledWith: string | null; read: () => Promise<Uint8Array | null> } {
  const iterator = pieces[Symbol.iterator]()
  return {
    judge: () => {},
    cancelledWith: null,
    ending: new Promise(() => {}),
    cancel(outcome) {
      this.cancelledWith ??= outcome
    },
    async read() {
      return this.cancelledWith ? null : (iterator.next().value ?? null)
    },
  }
}
const pieced = (bytes: Uint8Array, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )

function collect(
  encoding: 'identity' | 'gzip',
  pieces: Iterable<Uint8Array>,
  bytesMax = MIB,
  buffers = createEnvelopeBuffers(),
) {
  const body = bodyOf(pieces)
  const lease = buffers.open()
  return collectBody({ body, encoding }, { bytesMax, lease }).then((collected) => ({
    ...collected,
    body,
    lease,
  }))
}

test('a body is collected as it came', async () => {
  const { bytes, cut, fault, body } = await collect('identity', [Buffer.from('hel'), Buffer.from('lo')])
  expect({ text: bytes.toString(), cut, fault, cancelled: body.cancelledWith }).toEqual({
    text: 'hello',
    cut: false,
    fault: null,
    cancelled: null,
  })
})

test('gzip is undone, however it was cut into pieces', async () => {
  const text = Buffer.from('all work and no play '.repeat(5_000))
  for (const size of [1, 7, 64 * 1024]) {
    const { bytes, cut, fault } = await collect('gzip', pieced(gzipSync(text), size))
    expect(bytes.equals(text)).toBe(true)
    expect({ cut, fault }).toEqual({ cut: false, fault: null })
  }
})

test('a body of exactly the limit is whole, one byte more is cut and the node is stopped', async () => {
  for (const encoding of ['identity', 'gzip'] as const) {
    const packed = (bytes: Buffer) => pieced(encoding === 'gzip' ? gzipSync(bytes) : bytes, 100)
    const whole = await collect(encoding, packed(Buffer.alloc(1_000, 'x')), 1_000)
    expect(whole).toMatchObject({ cut: false, fault: null })
    expect(whole.bytes).toHaveLength(1_000)
    const cut = await collect(encoding, packed(Buffer.alloc(1_001, 'x')), 1_000)
    expect(cut.cut).toBe(true)
    expect(cut.bytes).toHaveLength(1_000)
  }
})

test('a gzip bomb is cut without ever being held', async () => {
  const bomb = gzipSync(Buffer.alloc(256 * MIB), { level: 9 })
  const before = process.memoryUsage().rss
  let peak = 0
  const { bytes, cut, body } = await collect(
    'gzip',
    (function* () {
      for (const piece of pieced(bomb, 64)) {
        peak = Math.max(peak, process.memoryUsage().rss - before)
        yield piece
      }
    })(),
    MIB,
  )
  expect(cut).toBe(true)
  expect(bytes).toHaveLength(MIB)
  expect(body.cancelledWith).toBe('answer-too-large')
  expect(peak).toBeLessThan(64 * MIB)
})

test('a bomb in one piece stops in the middle of it', async () => {
  const { bytes, cut } = await collect('gzip', [gzipSync(Buffer.alloc(64 * MIB), { level: 9 })], 1_000)
  expect(cut).toBe(true)
  expect(bytes).toHaveLength(1_000)
})

test('bytes that are no gzip are a fault, and stop the node', async () => {
  const pages = [
    Buffer.from('<h1>hello</h1>'),
    deflateRawSync(Buffer.from('hello')),
    Buffer.from([0x1f, 0x8b, 0xff, 0, 0, 0, 0, 0, 0, 0]),
  ]
  for (const page of pages) {
    const { fault, body } = await collect('gzip', [page, Buffer.from('more')])
    expect(fault).toBe('broken')
    expect(body.cancelledWith).toBe('node-failed')
  }
})

test('gzip with a wrong checksum is a fault', async () => {
  const page = gzipSync(Buffer.from('hello'))
  page[page.length - 5] = (page[page.length - 5] as number) ^ 0xff
  expect((await collect('gzip', [page])).fault).toBe('broken')
})

test('gzip that ends early gives what it has, and says so', async () => {
  const text = Buffer.from(Array.from({ length: 20_000 }, (_, index) => String(index)).join(' '))
  const packed = gzipSync(text)
  const { bytes, fault } = await collect('gzip', [packed.subarray(0, packed.length / 2)])
  expect(fault).toBe('unfinished')
  expect(bytes.length).toBeGreaterThan(1_000)
  expect(text.subarray(0, bytes.length).equals(bytes)).toBe(true)
})

test('a body of no bytes is no broken gzip', async () => {
  expect(await collect('gzip', [])).toMatchObject({ fault: null, cut: false })
})

test('all answers together take no more than the relay has room for', async () => {
  const buffers = createEnvelopeBuffers(1_000)
  const first = await collect('identity', [Buffer.alloc(700)], MIB, buffers)
  const second = await collect('identity', [Buffer.alloc(300), Buffer.alloc(300)], MIB, buffers)
  expect(first.body.cancelledWith).toBeNull()
  expect(second.body.cancelledWith).toBe('relay-overloaded')
  const third = await collect('gzip', [gzipSync(Buffer.alloc(500))], MIB, buffers)
  expect(third.body.cancelledWith, 'counted as it is held: inflated').toBe('relay-overloaded')
  expect(
    (await collect('identity', [Buffer.alloc(300)], MIB, buffers)).body.cancelledWith,
    'who is refused leaves its room',
  ).toBeNull()
  for (const { lease } of [first, second, third]) lease.release()
  first.lease.release()
  expect((await collect('identity', [Buffer.alloc(700)], MIB, buffers)).body.cancelledWith).toBeNull()
})

test('a body that cannot be read is stopped, and the failure goes on to who asked', async () => {
  const body = bodyOf([])
  body.read = () => Promise.reject(new Error('no ledger'))
  const lease = createEnvelopeBuffers().open()
  await expect(collectBody({ body, encoding: 'identity' }, { bytesMax: MIB, lease })).rejects.toThrow(
    'no ledger',
  )
  expect(body.cancelledWith).toBe('relay-failed')
})
