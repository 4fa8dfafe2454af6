import { expect, test } from 'vitest'
import {
  formatBytes,
  formatBytesExactly,
  formatDate,
  formatDay,
  formatPercent,
  formatPoints,
  formatRate,
  formatTraffic,
  formatUntil,
  weekDayNames,
} from './format.ts'

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

test('numbers are written in the page’s language', () => {
  expect(formatBytes(3, 'ja')).toBe('3 バイト')
  expect(formatBytesExactly(44_394_102, 'ja')).toBe('44,394,102 バイト')
  expect(formatDay('2026-11-23', 'en')).toBe('Mon, Nov 23')
  expect(formatDay('2026-11-23', 'ja')).toBe('11月23日(月)')
  expect(formatDate('2026-11-26', 'ja')).toBe('2026年11月26日')
  expect(weekDayNames('ja').map(({ short }) => short)).toEqual(['月', '火', '水', '木', '金', '土', '日'])
})

test('a percentage is rounded down, so that nothing looks better than it is', () => {
  expect(formatPercent(99.99, 'en')).toBe('99%')
})

test.each([
  [0, '0 KB'],
  [1, '1 KB'],
  [999, '1 KB'],
  [61_220_114, '61.3 MB'],
  [2_000_000_000, '2.0 GB'],
  [1_184_220_071, '1.2 GB'],
])('%d bytes on the line are %s, as the provider bills them, and never too few', (bytes, shown) => {
  expect(formatTraffic(bytes)).toBe(shown)
})

test('what ends today names the time alone, what ends later its day too', () => {
  const now = new Date(2026, 2, 14, 15, 4).getTime()
  expect(formatUntil(new Date(2026, 2, 14, 18).getTime(), now, 'en')).toMatch(/^6:00\sPM$/)
  expect(formatUntil(new Date(2026, 2, 15, 7, 30).getTime(), now, 'en')).toMatch(/^Sun, Mar 15, 7:30\sAM$/)
})
