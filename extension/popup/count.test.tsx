// @vitest-environment happy-dom
import { act, cleanup, render } from '@testing-library/preact'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { countedUnits, useCount } from './count.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

function Count({ units }: { units: string | null }) {
  const { counted, isCounting } = useCount(units)
  return <p data-counting={isCounting}>{counted ?? 'none'}</p>
}

const shown = () => document.querySelector('p')?.textContent
const isCounting = () => document.querySelector('p')?.dataset.counting === 'true'
const later = (ms: number) => void act(() => void vi.advanceTimersByTime(ms))

test('a figure counts up, never past its end and never back, and ends exactly there', () => {
  const seen = [0, 0.1, 0.3, 0.6, 0.9, 1, 2].map((passed) =>
    countedUnits(1_000n, 9_007_199_254_740_993n, passed),
  )
  expect(seen).toEqual([...seen].sort((a, b) => (a < b ? -1 : 1)))
  expect(seen[0]).toBe(1_000n)
  expect(seen.at(-1)).toBe(9_007_199_254_740_993n)
})

test('the first figure stands there at once, and a later one is counted to', () => {
  const { rerender } = render(<Count units={null} />)
  expect(shown()).toBe('none')
  rerender(<Count units="1000000" />)
  expect(shown()).toBe('1000000')
  rerender(<Count units="3000000" />)
  later(100)
  expect(isCounting()).toBe(true)
  expect(Number(shown())).toBeGreaterThan(1_000_000)
  expect(Number(shown())).toBeLessThan(3_000_000)
  later(1_000)
  expect(shown()).toBe('3000000')
  expect(isCounting()).toBe(false)
})

test('a newer figure is counted to from where the last one stands', () => {
  const { rerender } = render(<Count units="1000000" />)
  rerender(<Count units="2000000" />)
  later(250)
  const before = Number(shown())
  rerender(<Count units="9000000" />)
  later(20)
  expect(Number(shown())).toBeGreaterThanOrEqual(before)
  later(1_000)
  expect(shown()).toBe('9000000')
})

test('for those who asked for no motion it jumps', () => {
  vi.stubGlobal('matchMedia', (query: string) => ({ matches: query.includes('reduce') }))
  const { rerender } = render(<Count units="1000000" />)
  rerender(<Count units="3000000" />)
  expect(shown()).toBe('3000000')
})
