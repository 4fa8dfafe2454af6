import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { BodyReader } from './body-reader.ts'
import { ExchangeFailure } from './exchange-failure.ts'

afterEach(() => void vi.useRealTimers())

const explain = async () => new ExchangeFailure('target-reset', 'the target broke the connection')
const live = () => new AbortController().signal

/** A body whose pieces the test hands out. */
function body() {
  let controller!: ReadableStreamDefaultController<Uint8Array>
  let cancelled = false
  const stream = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given
    },
    cancel: () => {
      cancelled = true
    },
  })
  return { stream, controller, wasCancelled: () => cancelled }
}

describe('reading a target’s body', () => {
  it('a read that was waited for in vain loses nothing', async () => {
    const { stream, controller } = body()
    const reader = new BodyReader(stream, { bytesMax: null, explain, signal: live() })
    expect(await reader.readWithin(1)).toBeUndefined()
    controller.enqueue(Uint8Array.of(1, 2))
    controller.close()
    expect(await reader.read()).toEqual(Uint8Array.of(1, 2))
    expect(await reader.read()).toBeNull()
    expect(reader.truncated).toBe(false)
  })

  it('a target that falls silent in mid-body is target-timeout', async () => {
    vi.useFakeTimers()
    const { stream, controller } = body()
    const reader = new BodyReader(stream, { bytesMax: null, silenceMaxMs: 1_000, explain, signal: live() })
    controller.enqueue(Uint8Array.of(1))
    await reader.read()
    const silent = expect(reader.read()).rejects.toMatchObject({ code: 'target-timeout' })
    await vi.advanceTimersByTimeAsync(1_000)
    await silent
  })

  it('a broken read says what the network stack said, also when nobody was waiting', async () => {
    const { stream, controller } = body()
    const reader = new BodyReader(stream, { bytesMax: null, explain, signal: live() })
    expect(await reader.readWithin(1)).toBeUndefined()
    controller.error(new TypeError('network error'))
    await new Promise((resolve) => setImmediate(resolve))
    await expect(reader.read()).rejects.toMatchObject({ code: 'target-reset' })
  })

  it('whatever the pieces, the limit cuts exactly, and says so only when something was cut off', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 10 })
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(200), async (pieceSizes, bytesMax) => {
        const { stream, controller } = body()
        const whole = Uint8Array.from(
          { length: pieceSizes.reduce((sum, size) => sum + size, 0) },
          (_, at) => at % 251,
        )
        let at = 0
        for (const size of pieceSizes) {
          controller.enqueue(whole.subarray(at, at + size))
          at += size
        }
        controller.close()
        const reader = new BodyReader(stream, { bytesMax, explain, signal: live() })
        const read: Uint8Array[] = []
        for (let piece = await reader.read(); piece; piece = await reader.read()) read.push(piece)
        expect(Buffer.concat(read).equals(Buffer.from(whole.subarray(0, bytesMax)))).toBe(true)
        expect(reader.truncated).toBe(whole.length > bytesMax)
      }),
    )
  })

  it('a body that is cut is cancelled, so that the target’s socket closes', async () => {
    const { stream, controller, wasCancelled } = body()
    const reader = new BodyReader(stream, { bytesMax: 1, explain, signal: live() })
    controller.enqueue(Uint8Array.of(1, 2))
    expect(await reader.read()).toEqual(Uint8Array.of(1))
    expect(await reader.read()).toBeNull()
    expect(wasCancelled()).toBe(true)
  })
})
