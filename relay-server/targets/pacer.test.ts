import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Rate } from '#network-policy'
import { createPacer } from './pacer.ts'

/** A pacer whose clock a test moves. */
function pacerAt(startMs = 0, keysMax = 100) {
  const clock = { nowMs: startMs }
  const pacer = createPacer({ keysMax, nowMs: () => clock.nowMs })
  return { clock, pacer }
}
const rate: Rate = { perSecond: 5, burst: 20 }
const forever = Number.POSITIVE_INFINITY

describe('turns', () => {
  test('are given at once up to the burst, then one every interval', () => {
    const { pacer } = pacerAt(1_000_000)
    const waits = Array.from({ length: 24 }, () => pacer.take('a', rate, forever)).map(
      (turn) => turn.ok && Math.round(turn.waitMs),
    )
    expect(waits).toEqual([...Array.from({ length: 20 }, () => 0), 200, 400, 600, 800])
  })

  test('that would come too late are refused, take nothing, and say when to come again', () => {
    const { clock, pacer } = pacerAt()
    for (let count = 0; count < 20; count += 1) pacer.take('a', rate, 0)
    expect(pacer.take('a', rate, 100)).toEqual({ ok: false, retryAfterMs: 100 })
    clock.nowMs += 100
    expect(pacer.take('a', rate, 100)).toMatchObject({ ok: true })
  })

  test('of one key cost another nothing', () => {
    const { pacer } = pacerAt()
    for (let count = 0; count < 20; count += 1) pacer.take('a', rate, 0)
    expect(pacer.waitMs('a', rate)).toBe(200)
    expect(pacer.waitMs('b', rate)).toBe(0)
  })

  test('are forgotten for the key that was asked for longest ago, so that memory is bounded', () => {
    const { pacer } = pacerAt(0, 10)
    for (let key = 0; key < 1_000; key += 1)
      for (let count = 0; count < 20; count += 1) pacer.take(`${key}`, rate, 0)
    expect(pacer.waitMs('0', rate)).toBe(0)
    expect(pacer.waitMs('999', rate)).toBe(200)
  })

  test('with a burst of one are never nearer to each other than the interval, whoever gave a turn back', () => {
    const slow: Rate = { perSecond: 0.1, burst: 1 }
    const { pacer } = pacerAt()
    const turns = Array.from({ length: 4 }, () => pacer.take('a', slow, forever))
    const [, second, , fourth] = turns
    if (second?.ok) second.giveBack()
    if (fourth?.ok) fourth.giveBack()
    if (fourth?.ok) fourth.giveBack()
    expect(pacer.take('a', slow, forever)).toMatchObject({ ok: true, waitMs: 30_000 })
  })
})

/** What a test does next: let time pass, ask for a turn, or leave the queue with the n-th turn that still waits. */
const step = fc.oneof(
  fc.record({ type: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 3_000 }) }),
  fc.record({ type: fc.constant('take' as const), waitMsMax: fc.constantFrom(0, 500, 5_000) }),
  fc.record({ type: fc.constant('leave' as const), index: fc.nat(20) }),
)
const anyRate = fc.record({
  perSecond: fc.constantFrom(0.1, 0.5, 1, 5, 50),
  burst: fc.integer({ min: 1, max: 20 }),
})

test('in no stretch of time are more turns used than the burst and the rate allow, and none is refused that could have been', () => {
  fc.assert(
    fc.property(anyRate, fc.array(step, { maxLength: 150 }), (given, steps) => {
      const { clock, pacer } = pacerAt(10_000)
      const intervalMs = 1_000 / given.perSecond
      const turns: { atMs: number; giveBack(): void }[] = []
      for (const one of steps) {
        if (one.type === 'pass') clock.nowMs += one.ms
        if (one.type === 'take') {
          const turn = pacer.take('a', given, one.waitMsMax)
          if (turn.ok) {
            expect(turn.waitMs).toBeLessThanOrEqual(one.waitMsMax)
            turns.push({ atMs: clock.nowMs + turn.waitMs, giveBack: turn.giveBack })
          } else expect(turns.length).toBeGreaterThanOrEqual(given.burst)
        }
        if (one.type === 'leave') {
          const waiting = turns.filter(({ atMs }) => atMs > clock.nowMs)
          const leaver = waiting[one.index]
          leaver?.giveBack()
          if (leaver) turns.splice(turns.indexOf(leaver), 1)
        }
      }
      const times = turns.map(({ atMs }) => atMs).sort((a, b) => a - b)
      for (let from = 0; from < times.length; from += 1)
        for (let to = from + given.burst; to < times.length; to += 1) {
          const stretchMs = (times[to] as number) - (times[from] as number)
          expect(stretchMs + 1e-6).toBeGreaterThanOrEqual((to - from - given.burst + 1) * intervalMs)
        }
    }),
  )
})
