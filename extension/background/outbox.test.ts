import { describe, expect, it, vi } from 'vitest'
import { TrafficCount } from '#protocol'
import { CarriedPace } from './carried-pace.ts'
import { drainPollMs, Outbox, socketBufferedBytesMax } from './outbox.ts'

const chunk = (bytes: number) => ({ type: 'chunk' as const, lane: 1, payload: new Uint8Array(bytes) })
const never = () => new AbortController().signal

/** A socket that takes everything and sends nothing on until it is told to. */
function fullSocket() {
  return {
    bufferedAmount: 0,
    sent: [] as number[],
    send(message: string | Uint8Array) {
      this.sent.push(message.length)
      this.bufferedAmount += message.length
    },
  }
}

function outboxOver(
  socket: ReturnType<typeof fullSocket>,
  count = new TrafficCount({ remembersPrefixes: true }),
): Outbox {
  const pace = new CarriedPace(
    () => null,
    () => performance.now(),
  )
  const { send } = socket
  return new Outbox({
    socket: { bufferedAmount: () => socket.bufferedAmount, send: send.bind(socket) },
    count,
    pace,
    halted: () => false,
    counted: () => {},
  })
}

describe('the outbox', () => {
  it('waits while the socket is full, and goes on in order when it has drained', async () => {
    vi.useFakeTimers()
    const socket = fullSocket()
    const outbox = outboxOver(socket)
    socket.bufferedAmount = socketBufferedBytesMax
    const sent: number[] = []
    void outbox.sendData(chunk(1), never()).then(() => sent.push(1))
    void outbox.sendData(chunk(2), never()).then(() => sent.push(2))
    await vi.advanceTimersByTimeAsync(drainPollMs * 3)
    expect(sent).toEqual([])
    socket.bufferedAmount = 0
    await vi.advanceTimersByTimeAsync(drainPollMs)
    expect(sent).toEqual([1, 2])
    vi.useRealTimers()
  })

  it('a frame whose lane was stopped while it waited is neither sent nor counted', async () => {
    vi.useFakeTimers()
    const socket = fullSocket()
    const count = new TrafficCount({ remembersPrefixes: true })
    const outbox = outboxOver(socket, count)
    socket.bufferedAmount = socketBufferedBytesMax
    const stop = new AbortController()
    const stopped = outbox.sendData(chunk(7), stop.signal)
    const other = outbox.sendData(chunk(9), never())
    stop.abort(new Error('stopped'))
    socket.bufferedAmount = 0
    await Promise.all([
      expect(stopped).rejects.toThrow('stopped'),
      vi.advanceTimersByTimeAsync(drainPollMs),
      other,
    ])
    expect(count).toMatchObject({ upFrames: 1, carriedUp: 9 })
    vi.useRealTimers()
  })

  it('what waits when the socket is lost is dropped with the reason', async () => {
    const socket = fullSocket()
    const outbox = outboxOver(socket)
    socket.bufferedAmount = socketBufferedBytesMax
    const waiting = outbox.sendData(chunk(1), never())
    outbox.close(new Error('link lost'))
    await expect(waiting).rejects.toThrow('link lost')
  })
})
