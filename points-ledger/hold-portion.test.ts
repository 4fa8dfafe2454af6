import fc from 'fast-check'
import { expect, test } from 'vitest'
import { holdPortion } from './hold-portion.ts'
import { MIB } from './limits.ts'

test.each([
  ['nothing', 0n, 0n],
  ['all of less than 1 MiB', 5n, 5n],
  ['1 MiB of a little more', MIB + 1n, MIB],
  ['1 MiB up to 4 MiB', 4n * MIB, MIB],
  ['a quarter', 40n * MIB, 10n * MIB],
  ['64 MiB at most', 2n ** 50n, 64n * MIB],
])('a hold takes %s', (_, freeBytes, portion) => {
  expect(holdPortion(freeBytes)).toBe(portion)
})

test('holds taken one after another use a balance to its last byte', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 500n * MIB }), (balance) => {
      let free = balance
      for (let turns = 0; free > 0n && turns < 500; turns += 1) free -= holdPortion(free)
      expect(free).toBe(0n)
    }),
  )
})
