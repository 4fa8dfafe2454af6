import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  carriedBytesOf,
  chunkBytesPreferred,
  type DataFrame,
  decode,
  SendWindow,
  TrafficCount,
  windowBytesMax,
} from '#protocol'
import { sendBody } from './body-sender.ts'
import { CarriedPace, paceBurstMs, paceFrameMs } from './carried-pace.ts'
import { Outbox } from './outbox.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** An outbox over a socket that takes everything, and what left through it. */
function pacedOutbox(rate: number | null) {
  const limit = { rate }
  const left: { atMs: number; lane: number; bytes: number }[] = []
  const pace = new CarriedPace(
    () => limit.rate,
    () => performance.now(),
  )
  const outbox = new Outbox({
    socket: {
      bufferedAmount: () => 0,
      send(message) {
        const frame = decode(message as Uint8Array) as DataFrame
        left.push({ atMs: performance.now(), lane: frame.lane, bytes: carriedBytesOf(frame) })
      },
    },
    count: new TrafficCount({ remembersPrefixes: false }),
    pace,
    halted: () => false,
    counted: () => {},
  })
  const line = {
    sendData: outbox.sendData.bind(outbox),
    frameBytesMax: () => pace.frameBytesMax(),
  }
  /** A lane whose target and customer are endlessly fast. */
  const stream = (lane: number, signal: AbortSignal) => {
    const window = new SendWindow(windowBytesMax)
    const source = {
      async read() {
        const bytes = windowBytesMax - window.room
        if (bytes > 0) window.grant(bytes)
        return new Uint8Array(100_000)
      },
    }
    return sendBody(source, { lane, window, line, signal }).catch(() => {})
  }
  return { limit, left, outbox, line, stream }
}

const sum = (left: { bytes: number }[]) => left.reduce((total, { bytes }) => total + bytes, 0)

describe('the rate of carried bytes', () => {
  it('holds within 5 % in every ten seconds, over all lanes together, whatever the rate', async () => {
    const rates = fc.oneof(
      fc.integer({ min: 1_000, max: 20_000 }),
      fc.integer({ min: 20_000, max: 3_000_000 }),
    )
    await fc.assert(
      fc.asyncProperty(rates, fc.integer({ min: 1, max: 8 }), async (rate, lanes) => {
        const { left, stream } = pacedOutbox(rate)
        const stop = new AbortController()
        const streams = Array.from({ length: lanes }, (_, index) => stream(index + 1, stop.signal))
        await vi.advanceTimersByTimeAsync(25_000)
        stop.abort(new Error('enough'))
        await Promise.all(streams)
        const begin = left[0]?.atMs ?? 0
        for (let from = 0; from < left.length; from += Math.ceil(left.length / 40)) {
          const startMs = left[from]?.atMs ?? 0
          if (startMs > begin + 14_000) break
          const inTenSeconds = sum(left.filter(({ atMs }) => atMs >= startMs && atMs < startMs + 10_000))
          expect(inTenSeconds).toBeLessThanOrEqual(rate * 10 * 1.05)
          expect(inTenSeconds).toBeGreaterThanOrEqual(rate * 10 * 0.95)
        }
      }),
      { numRuns: 25 },
    )
  })

  it('no lane starves: each of many gets the same share', async () => {
    const { left, stream } = pacedOutbox(200_000)
    const stop = new AbortController()
    const streams = [1, 2, 3, 4, 5].map((lane) => stream(lane, stop.signal))
    await vi.advanceTimersByTimeAsync(20_000)
    stop.abort(new Error('enough'))
    await Promise.all(streams)
    const shares = [1, 2, 3, 4, 5].map((lane) => sum(left.filter((one) => one.lane === lane)) / sum(left))
    for (const share of shares) expect(share).toBeCloseTo(0.2, 1)
  })

  it('a small answer beside a large stream waits for one frame of each lane, not for the stream', async () => {
    const { left, stream, line } = pacedOutbox(100_000)
    const stop = new AbortController()
    const streaming = stream(1, stop.signal)
    await vi.advanceTimersByTimeAsync(5_000)
    const since = performance.now()
    const answer = line.sendData({ type: 'chunk', lane: 2, payload: new Uint8Array(500) }, stop.signal)
    await vi.advanceTimersByTimeAsync(1_000)
    await answer
    expect(
      (left.find(({ lane }) => lane === 2)?.atMs ?? Number.POSITIVE_INFINITY) - since,
    ).toBeLessThanOrEqual(2 * paceFrameMs)
    stop.abort(new Error('enough'))
    await streaming
  })

  it('a stop while a frame waits for its turn ends it at once, and its bytes do not leave', async () => {
    const { left, line } = pacedOutbox(1_000)
    const stop = new AbortController()
    const never = new AbortController().signal
    for (let frame = 0; frame < 5; frame += 1)
      void line.sendData({ type: 'chunk', lane: 1, payload: new Uint8Array(100) }, never)
    const waiting = line.sendData({ type: 'chunk', lane: 2, payload: new Uint8Array(100) }, stop.signal)
    stop.abort(new Error('stopped'))
    await expect(waiting).rejects.toThrow('stopped')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(left.map(({ lane }) => lane)).toEqual([1, 1, 1, 1, 1])
  })

  it('after a rest no more leaves at once than the burst and one frame', async () => {
    const rate = 100_000
    const { left, stream } = pacedOutbox(rate)
    await vi.advanceTimersByTimeAsync(60_000)
    const since = performance.now()
    const stop = new AbortController()
    const streaming = stream(1, stop.signal)
    await vi.advanceTimersByTimeAsync(10)
    stop.abort(new Error('enough'))
    await streaming
    expect(sum(left.filter(({ atMs }) => atMs < since + 10))).toBeLessThanOrEqual(
      (rate * (paceBurstMs + paceFrameMs + 10)) / 1_000,
    )
  })

  it('a rate that is raised or lifted goes on at once, and without one frames are the preferred ones', async () => {
    const { limit, left, line, stream } = pacedOutbox(1_000)
    const stop = new AbortController()
    const streaming = stream(1, stop.signal)
    await vi.advanceTimersByTimeAsync(10_000)
    const slow = sum(left)
    expect(slow).toBeLessThan(11_000)
    limit.rate = 1_000_000
    await vi.advanceTimersByTimeAsync(1_000)
    expect(sum(left) - slow).toBeGreaterThan(800_000)
    stop.abort(new Error('enough'))
    await streaming
    limit.rate = null
    expect(line.frameBytesMax()).toBe(chunkBytesPreferred)
  })
})
