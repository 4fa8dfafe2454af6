import { describe, expect, it } from 'vitest'
import { halfHourMs, pauseAt, pauseFor } from './owner-pause.ts'

const now = Date.UTC(2026, 9, 24, 22)

describe('a pause', () => {
  it.each([
    ['half-hour', now + halfHourMs],
    // 25 October 2026 has 25 hours in Berlin, and begins at 22:00 in UTC.
    ['until-tomorrow', now + 25 * 60 * 60 * 1000],
    ['until-resumed', null],
  ])('%s ends when it should', (wanted, untilUnixMs) => {
    expect(pauseFor(wanted, now, 'Europe/Berlin')).toEqual({ untilUnixMs })
  })

  it.each([undefined, null, 30, 'for-ever', {}])(
    'of a length that nobody knows (%j) lasts until resumed',
    (wanted) => {
      expect(pauseFor(wanted, now, 'UTC')).toEqual({ untilUnixMs: null })
    },
  )

  it('holds until its time and not a moment longer', () => {
    expect(pauseAt({ untilUnixMs: now }, now - 1)).toEqual({ untilUnixMs: now })
    expect(pauseAt({ untilUnixMs: now }, now)).toBeNull()
    expect(pauseAt({ untilUnixMs: null }, now)).toEqual({ untilUnixMs: null })
    expect(pauseAt(null, now)).toBeNull()
  })
})
