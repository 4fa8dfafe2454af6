import { expect, test } from 'vitest'
import { limitsOf } from './owner-limits.ts'

const set = { lanesMax: 8, upBytesPerSecondMax: 1_000 }

test.each([
  [null, { lanesMax: 8, upBytesPerSecondMax: 1_000 }],
  [
    { lanesMax: 2, upBytesPerSecondMax: 5_000 },
    { lanesMax: 2, upBytesPerSecondMax: 1_000 },
  ],
  [
    { lanesMax: 64, upBytesPerSecondMax: 500 },
    { lanesMax: 8, upBytesPerSecondMax: 500 },
  ],
  [
    { lanesMax: 0, upBytesPerSecondMax: null },
    { lanesMax: 0, upBytesPerSecondMax: 1_000 },
  ],
])('beside %j the smaller of each holds', (presence, limits) => {
  expect(limitsOf(set, presence)).toEqual(limits)
})

test('without any limit there is none', () => {
  const none = { lanesMax: 64, upBytesPerSecondMax: null }
  expect(limitsOf(none, none)).toEqual(none)
})
