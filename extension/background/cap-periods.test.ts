import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { dayOf, hourMs, hourOf, monthOf, type Period } from './cap-periods.ts'

const ownZone = process.env.TZ
afterEach(() => {
  if (ownZone === undefined) delete process.env.TZ
  else process.env.TZ = ownZone
})

/** Whole, half and quarter hours, both hemispheres, a half hour of summer time, midnights that do not exist or come twice. */
const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Havana',
  'America/Sao_Paulo',
  'Africa/Cairo',
  'Asia/Tokyo',
  'Asia/Kathmandu',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'Pacific/Apia',
]
const zone = fc.constantFrom(...zones)
const moment = fc.integer({ min: Date.UTC(2015, 0, 1), max: Date.UTC(2035, 0, 1) })
const resetDay = fc.integer({ min: 1, max: 28 })

const holds = ({ startUnixMs, endUnixMs }: Period, at: number) => startUnixMs <= at && at < endUnixMs

describe('the periods that caps count', () => {
  it('every moment lies in its hour, day and month, in every zone', () => {
    fc.assert(
      fc.property(zone, moment, resetDay, (name, at, day) => {
        process.env.TZ = name
        expect(holds(hourOf(at), at)).toBe(true)
        expect(holds(dayOf(at), at)).toBe(true)
        expect(holds(monthOf(at, day), at)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  it('days and months follow each other without a gap, and a moment’s hour never begins before an earlier one’s', () => {
    fc.assert(
      fc.property(zone, moment, resetDay, fc.integer({ min: 0, max: 3 * hourMs }), (name, at, day, later) => {
        process.env.TZ = name
        const today = dayOf(at)
        expect(dayOf(today.endUnixMs).startUnixMs).toBe(today.endUnixMs)
        const month = monthOf(at, day)
        expect(monthOf(month.endUnixMs, day).startUnixMs).toBe(month.endUnixMs)
        expect(monthOf(month.endUnixMs - 1, day)).toEqual(month)
        expect(hourOf(at + later).startUnixMs).toBeGreaterThanOrEqual(hourOf(at).startUnixMs)
        expect(hourOf(hourOf(at).endUnixMs).startUnixMs).toBeGreaterThan(hourOf(at).startUnixMs)
      }),
      { numRuns: 2_000 },
    )
  })

  it('a day begins with its date, and has 23 to 25 hours (half an hour more or less on Lord Howe)', () => {
    fc.assert(
      fc.property(zone, moment, (name, at) => {
        process.env.TZ = name
        const { startUnixMs, endUnixMs } = dayOf(at)
        expect(new Date(startUnixMs).getDate()).toBe(new Date(at).getDate())
        expect(new Date(startUnixMs - 1).getDate()).not.toBe(new Date(at).getDate())
        expect(endUnixMs - startUnixMs).toBeGreaterThanOrEqual(23 * hourMs)
        expect(endUnixMs - startUnixMs).toBeLessThanOrEqual(25 * hourMs)
      }),
      { numRuns: 2_000 },
    )
  })

  it('a month begins on the reset day, and has 28 to 31 days', () => {
    fc.assert(
      fc.property(zone, moment, resetDay, (name, at, day) => {
        process.env.TZ = name
        const { startUnixMs, endUnixMs } = monthOf(at, day)
        expect(new Date(startUnixMs).getDate()).toBe(day)
        const days = Math.round((endUnixMs - startUnixMs) / (24 * hourMs))
        expect(days).toBeGreaterThanOrEqual(28)
        expect(days).toBeLessThanOrEqual(31)
      }),
      { numRuns: 2_000 },
    )
  })

  it('where the clock is put back the hour that comes twice is two hours', () => {
    process.env.TZ = 'Europe/Berlin'
    const first = Date.UTC(2026, 9, 25, 0, 30)
    expect(new Date(first).getHours()).toBe(2)
    expect(new Date(first + hourMs).getHours()).toBe(2)
    expect(hourOf(first + hourMs).startUnixMs).toBe(hourOf(first).endUnixMs)
    expect(dayOf(first).endUnixMs - dayOf(first).startUnixMs).toBe(25 * hourMs)
  })

  it('an hour of Kathmandu begins a quarter before that of UTC', () => {
    process.env.TZ = 'Asia/Kathmandu'
    const { startUnixMs } = hourOf(Date.UTC(2026, 10, 26, 12, 0))
    expect(new Date(startUnixMs).getMinutes()).toBe(0)
    expect(startUnixMs).toBe(Date.UTC(2026, 10, 26, 11, 15))
  })
})
