import { describe, expect, it } from 'vitest'
import { localDayOf } from './carried-days.ts'
import { allDays, CarriedMeter, forgottenBytesMax, liveSpanMs, unitsOf } from './earnings.ts'

const noon = new Date(2026, 10, 23, 12).getTime()
const nextDay = new Date(2026, 10, 24, 0, 0, 1).getTime()

const savedRow = (atUnixMs: number, bytes: number, rate = 1_000_000) => ({
  day: localDayOf(atUnixMs),
  bytes,
  bytesByRate: { [rate]: bytes },
})

describe('what the owner has carried', () => {
  it('a new day of the owner’s calendar begins at nothing, and the total goes on', () => {
    let now = noon
    const meter = new CarriedMeter(() => now)
    meter.begin({ totalBytes: 1_000, days: [savedRow(noon, 100)] })
    meter.note(5)
    expect(meter.soFar()).toEqual({ todayBytes: 105, totalBytes: 1_005 })
    now = nextDay
    expect(meter.soFar()).toEqual({ todayBytes: 0, totalBytes: 1_005 })
    meter.note(7)
    expect(meter.soFar()).toEqual({ todayBytes: 7, totalBytes: 1_012 })
    expect(meter.takeUnsaved()).toEqual([
      savedRow(noon, 5),
      savedRow(nextDay, 7),
      { ...savedRow(noon, 12), day: allDays },
    ])
  })

  it('every byte is handed out for saving once, and again when saving failed', () => {
    const meter = new CarriedMeter(() => noon)
    meter.note(3)
    const rows = meter.takeUnsaved()
    expect(meter.takeUnsaved()).toEqual([])
    meter.note(4)
    meter.putBack(rows)
    expect(meter.takeUnsaved()).toEqual([savedRow(noon, 7), { ...savedRow(noon, 7), day: allDays }])
  })

  it('what a killed worker forgot is learnt again from the ledger, once, and saved', () => {
    const meter = new CarriedMeter(() => noon)
    meter.begin({ totalBytes: 100, days: [savedRow(noon, 10)] })
    meter.catchUp(130)
    meter.catchUp(130)
    meter.catchUp(90)
    // No worker can have forgotten so much since its last receipt: a relay that says so is not believed, at once or little by little.
    for (const more of [forgottenBytesMax + 1, forgottenBytesMax, Number.MAX_SAFE_INTEGER])
      meter.catchUp(130 + more)
    expect(meter.soFar()).toEqual({ todayBytes: 40, totalBytes: 130 })
    expect(meter.bytesPerSecond()).toBe(0)
    expect(meter.takeUnsaved()).toEqual([savedRow(noon, 30), { ...savedRow(noon, 30), day: allDays }])
  })

  it('each of the last 30 days says what it carried, and what that earned at the rate of its time', () => {
    let now = noon
    const meter = new CarriedMeter(() => now)
    const mib = 1_048_576
    const [monthAgo, tooLongAgo] = [new Date(2026, 9, 26, 12).getTime(), new Date(2026, 9, 24, 12).getTime()]
    // The first of them is from before rates were kept.
    meter.begin({
      totalBytes: 9 * mib,
      days: [
        { day: localDayOf(monthAgo), bytes: mib },
        savedRow(tooLongAgo, mib),
        savedRow(noon, mib, 500_000),
      ],
    })
    meter.setRate(2_000_000)
    meter.note(mib)
    now = nextDay
    meter.note(3)
    const days = meter.days()
    expect(days).toHaveLength(30)
    expect(days[0]).toEqual({ day: localDayOf(monthAgo), carriedBytes: mib, units: '1000000' })
    expect(days[1]).toEqual({ day: '2026-10-27', carriedBytes: 0, units: '0' })
    expect(days[28]).toEqual({ day: localDayOf(noon), carriedBytes: 2 * mib, units: '2500000' })
    expect(days[29]).toEqual({ day: localDayOf(nextDay), carriedBytes: 3, units: '5' })
    expect(days.reduce((sum, { carriedBytes }) => sum + carriedBytes, 0)).toBe(3 * mib + 3)
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
