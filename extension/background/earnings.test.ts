import { describe, expect, it } from 'vitest'
import { allDays, CarriedMeter, liveSpanMs, localDayOf, unitsOf } from './earnings.ts'

const noon = new Date(2026, 10, 23, 12).getTime()
const nextDay = new Date(2026, 10, 24, 0, 0, 1).getTime()

describe('what the owner has carried', () => {
  it('a new day of the owner’s calendar begins at nothing, and the total goes on', () => {
    let now = noon
    const meter = new CarriedMeter(() => now)
    meter.begin({ todayBytes: 100, totalBytes: 1_000 })
    meter.note(5)
    expect(meter.soFar()).toEqual({ todayBytes: 105, totalBytes: 1_005 })
    now = nextDay
    expect(meter.soFar()).toEqual({ todayBytes: 0, totalBytes: 1_005 })
    meter.note(7)
    expect(meter.soFar()).toEqual({ todayBytes: 7, totalBytes: 1_012 })
    expect(meter.takeUnsaved()).toEqual([
      { day: localDayOf(noon), bytes: 5 },
      { day: localDayOf(nextDay), bytes: 7 },
      { day: allDays, bytes: 12 },
    ])
  })

  it('every byte is handed out for saving once, and again when saving failed', () => {
    const meter = new CarriedMeter(() => noon)
    meter.note(3)
    const rows = meter.takeUnsaved()
    expect(meter.takeUnsaved()).toEqual([])
    meter.note(4)
    meter.putBack(rows)
    expect(meter.takeUnsaved()).toEqual([
      { day: localDayOf(noon), bytes: 7 },
      { day: allDays, bytes: 7 },
    ])
  })

  it('what a killed worker forgot is learnt again from the ledger, once, and saved', () => {
    const meter = new CarriedMeter(() => noon)
    meter.begin({ todayBytes: 10, totalBytes: 100 })
    meter.catchUp(130)
    meter.catchUp(130)
    meter.catchUp(90)
    expect(meter.soFar()).toEqual({ todayBytes: 40, totalBytes: 130 })
    expect(meter.bytesPerSecond()).toBe(0)
    expect(meter.takeUnsaved()).toEqual([
      { day: localDayOf(noon), bytes: 30 },
      { day: allDays, bytes: 30 },
    ])
  })

  it('the rate falls back to nothing when nothing moves', () => {
    let now = noon
    const meter = new CarriedMeter(() => now)
    meter.note(4_000)
    expect(meter.bytesPerSecond()).toBe(2_000)
    now += liveSpanMs
    expect(meter.bytesPerSecond()).toBe(0)
  })

  it('points that are not a whole number are not shown', () => {
    expect(unitsOf({ accountUnits: '12345678901234567890' })).toBe('12345678901234567890')
    expect(unitsOf({ accountUnits: '1.5' })).toBeNull()
    expect(unitsOf({ accountUnits: '' })).toBeNull()
  })
})
