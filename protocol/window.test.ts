import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProtocolError, ReceiveWindow, SendWindow, windowBytesInitial, windowBytesMax } from './index.ts'

const never = new AbortController().signal
const overrun = expect.objectContaining({ code: 'window-overrun' })

describe('SendWindow', () => {
  test('a sender may send what was granted and not a byte more', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ grant: fc.nat(9_000), want: fc.nat(9_000) }), { maxLength: 40 }),
        (steps) => {
          const window = new SendWindow(1000)
          let granted = 1000
          let sent = 0
          for (const { grant, want } of steps) {
            window.grant(grant)
            granted += grant
            const taken = window.take(want)
            sent += taken
            expect(taken).toBe(Math.min(want, granted - (sent - taken)))
            expect(window.room).toBe(granted - sent)
          }
        },
      ),
    )
  })

  test('a grant beyond the largest window breaks the grammar', () => {
    const window = new SendWindow()
    window.grant(windowBytesMax - windowBytesInitial)
    expect(() => window.grant(1)).toThrow(overrun)
    expect(() => window.grant(1)).toThrow(ProtocolError)
  })

  test('whoever waits for room is woken by the next grant, all of them', async () => {
    const window = new SendWindow(0)
    const waiting = [window.waitForRoom(never), window.waitForRoom(never)]
    window.grant(1)
    await Promise.all(waiting)
    expect(window.room).toBe(1)
  })

  test('aborting ends the wait with the reason, also when there would have been room', async () => {
    const reason = new Error('the customer left')
    const abort = new AbortController()
    const waiting = new SendWindow(0).waitForRoom(abort.signal)
    abort.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(new SendWindow(9).waitForRoom(abort.signal)).rejects.toBe(reason)
    await expect(new SendWindow(0).waitForRoom(abort.signal)).rejects.toBe(reason)
  })

  test('no wait leaves a listener behind, however it ended', async () => {
    const { signal, listeners, abort } = countedSignal()
    const window = new SendWindow(0)
    const granted = window.waitForRoom(signal)
    expect(listeners()).toBe(1)
    window.grant(1)
    await granted
    expect(listeners()).toBe(0)
    window.take(1)
    const aborted = window.waitForRoom(signal)
    abort()
    await expect(aborted).rejects.toThrow()
    expect(listeners()).toBe(0)
  })
})

describe('ReceiveWindow', () => {
  test('a byte more than was allowed is an overrun', () => {
    const window = new ReceiveWindow(10)
    window.receive(4)
    expect(() => window.receive(7)).toThrow(overrun)
    window.receive(6)
    expect(window.unread).toBe(10)
    expect(() => window.receive(1)).toThrow(overrun)
  })

  test('permission follows reading: what waits to be read is not granted again', () => {
    const window = new ReceiveWindow(100)
    window.receive(100)
    expect(window.consume(49)).toBe(0)
    expect(window.consume(1)).toBe(50)
    window.granted(50)
    expect(window.consume(50)).toBe(50)
  })

  test('a lane of the smallest window still moves', () => {
    const window = new ReceiveWindow(1)
    window.receive(1)
    expect(window.consume(1)).toBe(1)
  })
})

/** A sender, a wire in each direction and a reader, moved by choices that fast-check makes and shrinks. */
const moves = fc.array(
  fc.record({
    move: fc.constantFrom('send', 'deliver', 'read', 'deliver-grant'),
    bytes: fc.integer({ min: 1, max: 70_000 }),
  }),
  { maxLength: 300 },
)
const sizes = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: windowBytesMax }))

describe('both ends of a lane', () => {
  test('no order of events overruns the window or holds more than the window in memory', () => {
    fc.assert(
      fc.property(sizes, moves, (size, steps) => {
        const lane = new Lane(size)
        for (const { move, bytes } of steps) {
          lane.move(move, bytes)
          expect(lane.held).toBeLessThanOrEqual(size)
        }
      }),
    )
  })

  test('while the reader reads, the sender never starves', () => {
    fc.assert(
      fc.property(sizes, moves, fc.integer({ min: 1, max: 1_000_000 }), (size, steps, more) => {
        const lane = new Lane(size)
        for (const { move, bytes } of steps) lane.move(move, bytes)
        const wanted = lane.read + Math.min(more, size * 50)
        for (let round = 0; lane.read < wanted; round += 1) {
          expect(round, 'the lane stands still').toBeLessThan(1000)
          for (const move of ['send', 'deliver', 'read', 'deliver-grant'] as const) lane.move(move, size)
        }
      }),
    )
  })
})

class Lane {
  readonly #sender: SendWindow
  readonly #receiver: ReceiveWindow
  readonly #chunks: number[] = []
  readonly #grants: number[] = []
  read = 0

  constructor(size: number) {
    this.#sender = new SendWindow(size)
    this.#receiver = new ReceiveWindow(size)
  }

  /** Bytes on the wire and in the receiver: what one lane may cost. */
  get held(): number {
    return this.#receiver.unread + this.#chunks.reduce((sum, bytes) => sum + bytes, 0)
  }

  move(move: 'send' | 'deliver' | 'read' | 'deliver-grant', bytes: number): void {
    if (move === 'send') this.#send(bytes)
    if (move === 'deliver') this.#receiver.receive(this.#chunks.shift() ?? 0)
    if (move === 'read') this.#read(Math.min(bytes, this.#receiver.unread))
    if (move === 'deliver-grant') this.#sender.grant(this.#grants.shift() ?? 0)
  }

  #send(bytes: number): void {
    const taken = this.#sender.take(bytes)
    if (taken > 0) this.#chunks.push(taken)
  }

  #read(bytes: number): void {
    this.read += bytes
    const grant = this.#receiver.consume(bytes)
    if (grant === 0) return
    this.#receiver.granted(grant)
    this.#grants.push(grant)
  }
}

function countedSignal(): { signal: AbortSignal; listeners: () => number; abort: () => void } {
  const controller = new AbortController()
  const { signal } = controller
  const known = new Set<unknown>()
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (type: string, listener: never, options?: never) => {
    known.add(listener)
    add(type, listener, options)
  }
  signal.removeEventListener = (type: string, listener: never, options?: never) => {
    known.delete(listener)
    remove(type, listener, options)
  }
  return { signal, listeners: () => known.size, abort: () => controller.abort() }
}
