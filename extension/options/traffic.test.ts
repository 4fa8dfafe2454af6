import { expect, test } from 'vitest'
import { bytesOf, countOf, typedOf } from './traffic.ts'

test.each([
  [null, { amount: '', unit: 'GB' }],
  [50_000_000_000, { amount: '50', unit: 'GB' }],
  [1_250_000_000, { amount: '1.25', unit: 'GB' }],
  [1_234_567_890, { amount: '1234.56789', unit: 'MB' }],
  [500_000_000, { amount: '500', unit: 'MB' }],
] as const)(
  'a cap of %s bytes is shown so that it is the same cap when it is saved again',
  (bytes, typed) => {
    expect(typedOf(bytes)).toEqual(typed)
    expect(bytesOf(typedOf(bytes))).toBe(bytes)
  },
)

test.each([
  ['1,5', 1_500_000_000],
  [' 2 ', 2_000_000_000],
  ['', null],
  ['none', 'not-a-number'],
  ['0', 'not-a-number'],
  ['-1', 'not-a-number'],
  ['Infinity', 'not-a-number'],
  ['0.0009', 'not-a-number'],
  ['0.001', 1_000_000],
])('"%s" gigabytes are %s', (amount, bytes) => {
  expect(bytesOf({ amount, unit: 'GB' })).toBe(bytes)
})

test.each([
  ['1', 1],
  [' 64 ', 64],
  ['0', null],
  ['65', null],
  ['3.5', null],
  ['many', null],
])('of 1 to 64, "%s" is %s', (text, count) => {
  expect(countOf(text, 1, 64)).toBe(count)
})
