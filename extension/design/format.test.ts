import { expect, test } from 'vitest'
import { formatBytes, formatBytesExactly, formatPoints, formatRate } from './format.ts'

test.each([
  ['0', '0.000'],
  ['999', '0.000'],
  ['1000', '0.001'],
  ['1234567', '1.234'],
  ['1999999', '1.999'],
  ['1284733918', '1,284.733'],
  ['9007199254740993999999', '9,007,199,254,740,993.999'],
  ['-1500', '-0.001'],
])('%s units are shown as %s points, never rounded up', (units, shown) => {
  expect(formatPoints(units, 'en')).toBe(shown)
})

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [1023, '1023 bytes'],
  [1024, '1.00 KiB'],
  [10_239, '9.99 KiB'],
  [1024 ** 2 - 1, '1023 KiB'],
  [1024 ** 2, '1.00 MiB'],
  [44_394_102, '42.3 MiB'],
  [5 * 1024 ** 3, '5.00 GiB'],
  [3 * 1024 ** 5, '3072 TiB'],
])('%d bytes are shown as %s', (bytes, shown) => {
  expect(formatBytes(bytes, 'en')).toBe(shown)
})

test('the tooltip has every byte, and a rate says that it is one', () => {
  expect(formatBytesExactly(44_394_102, 'en')).toBe('44,394,102 bytes')
  expect(formatRate(1_483_211, 'en')).toBe('1.41 MiB/s')
})
