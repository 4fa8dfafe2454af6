import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TrafficCount } from './index.ts'

const commands = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('up' as const), bytes: fc.nat(262_144) }),
    fc.record({ do: fc.constant('down' as const), bytes: fc.nat(262_144) }),
    fc.record({ do: fc.constant('cover' as const), share: fc.double({ min: 0, max: 1.2, noNaN: true }) }),
  ),
  { maxLength: 120 },
)

test('a node knows its own total at every prefix that a receipt may still name', () => {
  fc.assert(
    fc.property(commands, (steps) => {
      const count = new TrafficCount({ remembersPrefixes: true })
      const totals = [0]
      let covered = 0
      for (const step of steps) {
        if (step.do === 'up') {
          count.countUp(step.bytes)
          totals.push((totals.at(-1) ?? 0) + step.bytes)
        }
        if (step.do === 'down') count.countDown(step.bytes)
        if (step.do === 'cover') {
          const upFrames = Math.floor(step.share * totals.length)
          count.coverUpTo(upFrames)
          covered = Math.max(covered, Math.min(upFrames, totals.length - 1))
        }
        for (let frames = covered; frames < totals.length; frames += 1)
          expect(count.carriedUpAfter(frames)).toBe(totals[frames])
        expect(count.carriedUpAfter(totals.length)).toBeNull()
        for (let frames = 1; frames < covered; frames += 1) expect(count.carriedUpAfter(frames)).toBeNull()
      }
      const sum = (kind: string) =>
        steps.reduce((all, step) => all + (step.do === kind ? (step as { bytes: number }).bytes : 0), 0)
      expect(count).toMatchObject({
        upFrames: totals.length - 1,
        carriedUp: sum('up'),
        carriedDown: sum('down'),
      })
    }),
  )
})

test('a receipt that names frames which were never sent spoils nothing', () => {
  const count = new TrafficCount({ remembersPrefixes: true })
  count.countUp(5)
  expect(count.carriedUpAfter(9)).toBeNull()
  count.coverUpTo(9)
  count.countUp(7)
  expect(count.carriedUpAfter(2)).toBe(12)
})

test('a relay, which compares nothing, keeps nothing but the totals', () => {
  const count = new TrafficCount({ remembersPrefixes: false })
  for (let frame = 0; frame < 3; frame += 1) count.countUp(10)
  expect(count.carriedUp).toBe(30)
  expect(count.carriedUpAfter(2)).toBeNull()
  expect(count.carriedUpAfter(0)).toBe(0)
})
