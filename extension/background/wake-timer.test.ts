import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WakeTimer } from './wake-timer.ts'

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }))
afterEach(() => void vi.useRealTimers())

function timer() {
  const alarms: (number | null)[] = []
  const woken: number[] = []
  const wake = new WakeTimer({
    setAlarm: (at) => alarms.push(at),
    woken: () => woken.push(Date.now()),
    nowUnixMs: Date.now,
  })
  return { wake, alarms, woken }
}

test('wakes once at the moment, and leaves an alarm for a worker that is stopped', () => {
  const { wake, alarms, woken } = timer()
  wake.set(1_005_000)
  wake.set(1_005_000)
  vi.advanceTimersByTime(60_000)
  expect(woken).toEqual([1_005_000])
  expect(alarms).toEqual([1_005_000])
})

test('another moment replaces it, and null takes it back, also what an earlier worker has left', () => {
  const { wake, alarms, woken } = timer()
  wake.set(null)
  wake.set(1_005_000)
  wake.set(1_010_000)
  vi.advanceTimersByTime(7_000)
  wake.set(null)
  vi.advanceTimersByTime(60_000)
  expect(woken).toEqual([])
  expect(alarms).toEqual([null, 1_005_000, 1_010_000, null])
})

test('a month ahead is not now', () => {
  const { wake, woken } = timer()
  wake.set(1_000_000 + 31 * 24 * 3_600_000)
  vi.advanceTimersByTime(3_600_000)
  expect(woken).toEqual([])
})
