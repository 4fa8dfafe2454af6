import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatBytes, formatPoints, parseSize } from './amounts.ts'

test.each([
  ['0', 0n],
  ['1', 1n],
  ['7B', 7n],
  ['3KiB', 3n * 1024n],
  ['512 MiB', 512n * 1024n ** 2n],
  ['10GiB', 10n * 1024n ** 3n],
  ['1024TiB', 2n ** 50n],
  ['1125899906842623', 2n ** 50n - 1n],
])('%s is read exactly', (text, bytes) => {
  expect(parseSize(text, '--traffic')).toBe(bytes)
})

test.each([
  '',
  'GiB',
  '10GB',
  '10gib',
  '1.5GiB',
  '-1',
  '+1',
  '1e9',
  '0x10',
  '10 GiB ',
  '١KiB',
  '1025TiB',
  '9'.repeat(30),
])('the size "%s" is refused with a sentence that names the option', (text) => {
  expect(() => parseSize(text, '--traffic')).toThrow(/^--traffic .+\.$/)
})

test.each([
  [0n, '0 B'],
  [1023n, '1023 B'],
  [1024n, '1 KiB'],
  [1536n, '1.5 KiB'],
  [1024n ** 2n - 1n, '1023.99 KiB'],
  [10n * 1024n ** 3n, '10 GiB'],
  [5000n * 1024n ** 4n, '5000 TiB'],
  [-1536n, '-1.5 KiB'],
])('%s bytes are shown as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test('a size that is shown never looks like more than it is', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 50n }), (bytes) => {
      const [number = '', unit = ''] = formatBytes(bytes).split(' ')
      const [whole = '', decimals = ''] = number.split('.')
      const hundredths = BigInt(whole + decimals.padEnd(2, '0'))
      expect((hundredths * parseSize(`1${unit}`, 'unit')) / 100n <= bytes).toBe(true)
    }),
  )
})

test.each([
  [0n, '0.000'],
  [999n, '0.000'],
  [953_683n, '0.953'],
  [1_234_567_890_123n, '1,234,567.890'],
])('%s units are shown as %s points', (units, text) => {
  expect(formatPoints(units)).toBe(text)
})
