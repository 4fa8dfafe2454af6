import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DataFrame, type FrameOf, ReceiveWindow, SendWindow } from '#protocol'
import { sendBody } from './body-sender.ts'

const lane = 3
const neverAborts = () => new AbortController().signal

function piecesOf(sizes: number[]): Uint8Array[] {
  let next = 0
  return sizes.map((size) => Uint8Array.from({ length: size }, () => next++ % 251))
}

const sourceOf = (pieces: Uint8Array[]) => {
  const left = [...pieces]
  return { reads: 0, read: async () => left.shift() ?? null }
}

describe('a body on its way to the relay', () => {
  it('never sends more than was granted, and arrives whole and in order whatever the grants', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 90_000 }), { maxLength: 12 })
    const windowBytes = fc.integer({ min: 2_000, max: 120_000 })
    await fc.assert(
      fc.asyncProperty(sizes, windowBytes, fc.scheduler(), async (pieceSizes, sizeBytes, scheduler) => {
        const pieces = piecesOf(pieceSizes)
        const sending = new SendWindow(sizeBytes)
        const receiving = new ReceiveWindow(sizeBytes)
        const arrived: Uint8Array[] = []
        const line = {
          frameBytesMax: () => 64 * 1024,
          async sendData(frame: DataFrame) {
            const { payload } = frame as FrameOf<'chunk'>
            receiving.receive(payload.length)
            arrived.push(payload.slice())
            await scheduler.schedule(Promise.resolve())
            void scheduler.schedule(Promise.resolve()).then(() => {
              const grant = receiving.consume(payload.length)
              if (grant === 0) return
              receiving.granted(grant)
              sending.grant(grant)
            })
          },
        }
        await scheduler.waitFor(
          sendBody(sourceOf(pieces), { lane, window: sending, line, signal: neverAborts() }),
        )
        expect(Buffer.concat(arrived).equals(Buffer.concat(pieces))).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('does not read from the target while nothing is granted', async () => {
    let reads = 0
    const source = {
      read: async () => {
        reads += 1
        return new Uint8Array(10)
      },
    }
    const stop = new AbortController()
    const line = { sendData: async () => {}, frameBytesMax: () => 64 * 1024 }
    const sent = sendBody(source, { lane, window: new SendWindow(10), line, signal: stop.signal })
    await new Promise((resolve) => setImmediate(resolve))
    expect(reads).toBe(1)
    stop.abort(new Error('enough'))
    await expect(sent).rejects.toThrow('enough')
  })

  it('a stop while it waits for a grant ends it with the stop’s reason', async () => {
    const stop = new AbortController()
    const line = { sendData: async () => {}, frameBytesMax: () => 64 * 1024 }
    const sent = sendBody(sourceOf(piecesOf([5])), {
      lane,
      window: new SendWindow(0),
      line,
      signal: stop.signal,
    })
    stop.abort(new Error('stopped'))
    await expect(sent).rejects.toThrow('stopped')
  })
})
