import { expect, test } from 'vitest'
import { rowByKey, spanOf, spareRows } from './visible-span.ts'

const list = { rows: 100_000, rowPx: 38, windowPx: 760 }

test('what the window shows is drawn, and a few more rows on both sides', () => {
  expect(spanOf({ ...list, scrolledPx: 38_000 })).toEqual({
    first: 1_000 - spareRows,
    end: 1_020 + spareRows,
  })
})

test.each([-500, -5_000, 0, 1, 3_799_999, 9e9])(
  'at %d pixels nothing is drawn that is not there',
  (scrolledPx) => {
    const { first, end } = spanOf({ ...list, scrolledPx })
    expect(first).toBeGreaterThanOrEqual(0)
    expect(end).toBeLessThanOrEqual(list.rows)
    expect(end).toBeGreaterThanOrEqual(first)
    expect(end - first).toBeLessThanOrEqual(20 + 2 * spareRows + 1)
  },
)

test.each([
  ['ArrowDown', 6],
  ['ArrowUp', 4],
  ['PageDown', 15],
  ['PageUp', 0],
  ['Home', 0],
  ['End', 49],
])('%s leads from row 5 to row %d', (key, row) => {
  expect(rowByKey(key, { row: 5, rows: 50, pageRows: 10 })).toBe(row)
})

test('no row is past the end, and other keys are not the list’s', () => {
  expect(rowByKey('ArrowDown', { row: 49, rows: 50, pageRows: 10 })).toBe(49)
  expect(rowByKey('Tab', { row: 5, rows: 50, pageRows: 10 })).toBeNull()
})
