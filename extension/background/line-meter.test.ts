import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayOf, hourMs, hourOf, monthOf } from './cap-periods.ts'
import { LineMeter, lineKeptMs, reachedCap } from './line-meter.ts'

const noon = new Date(2026, 10, 26, 12, 30).getTime()
const noCaps = { hourBytes: null, dayBytes: null, monthBytes: null, monthResetDay: 1 }

function meterAt(startUnixMs: number) {
  const clock = { now: startUnixMs }
  return { clock, meter: new LineMeter(() => clock.now) }
}

describe('the meter of the owner’s line', () => {
  it('the sums are those of the bytes that passed in the hour, the day and the month, whatever the steps between', () => {
    const step = fc.record({
      waitMs: fc.oneof(fc.integer({ min: 0, max: hourMs }), fc.integer({ min: 0, max: 40 * 24 * hourMs })),
      bytes: fc.integer({ min: 1, max: 1_000_000 }),
      asksBetween: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 28 }), (steps, resetDay) => {
        const { clock, meter } = meterAt(noon)
        const passed: { at: number; bytes: number }[] = []
        for (const { waitMs, bytes, asksBetween } of steps) {
          clock.now += waitMs
          if (asksBetween) meter.sums(resetDay)
          meter.note(bytes)
          passed.push({ at: clock.now, bytes })
        }
        const since = (start: number) =>
          passed.filter(({ at }) => at >= start).reduce((sum, { bytes }) => sum + bytes, 0)
        expect(meter.sums(resetDay)).toEqual({
          hourBytes: since(hourOf(clock.now).startUnixMs),
          dayBytes: since(dayOf(clock.now).startUnixMs),
          monthBytes: since(monthOf(clock.now, resetDay).startUnixMs),
        })
      }),
    )
  })

  it('what the next worker reads, and what was taken and put back, adds up to the same', () => {
    const { clock, meter } = meterAt(noon)
    meter.note(100)
    clock.now += hourMs
    meter.note(50)
    meter.putBack(meter.takeUnsaved())
    const saved = meter.takeUnsaved()
    expect(meter.takeUnsaved()).toEqual([])
    const next = new LineMeter(() => clock.now)
    next.note(7)
    next.begin(saved)
    expect(next.sums(1)).toEqual({ hourBytes: 57, dayBytes: 157, monthBytes: 157 })
  })

  it('a count that was too high is taken back, and never below nothing', () => {
    const { clock, meter } = meterAt(noon)
    meter.note(1_000)
    meter.note(-900)
    expect(meter.sums(1)).toMatchObject({ hourBytes: 100, dayBytes: 100 })
    clock.now += hourMs
    meter.note(-500)
    expect(meter.sums(1)).toEqual({ hourBytes: 0, dayBytes: 0, monthBytes: 0 })
  })

  it('another reset day sums up anew', () => {
    const { meter } = meterAt(noon)
    meter.begin([
      { hourStartUnixMs: hourOf(new Date(2026, 10, 10, 9).getTime()).startUnixMs, bytes: 10 },
      { hourStartUnixMs: hourOf(new Date(2026, 10, 2, 9).getTime()).startUnixMs, bytes: 5 },
    ])
    expect([1, 5, 20, 28].map((day) => meter.sums(day).monthBytes)).toEqual([15, 10, 0, 15])
  })

  it('hours that no cap needs are forgotten, and those of a clock that ran ahead do not count yet', () => {
    const { clock, meter } = meterAt(noon)
    clock.now += 2 * lineKeptMs
    meter.note(1)
    clock.now -= lineKeptMs
    meter.note(2)
    expect(meter.sums(1)).toEqual({ hourBytes: 2, dayBytes: 2, monthBytes: 2 })
  })
})

describe('which cap is reached', () => {
  const sums = { hourBytes: 10, dayBytes: 20, monthBytes: 30 }

  it.each([
    ['none', noCaps, null],
    ['none that has room', { ...noCaps, hourBytes: 11, dayBytes: 21, monthBytes: 31 }, null],
    ['the hour’s', { ...noCaps, hourBytes: 10 }, ['hour-cap-reached', new Date(2026, 10, 26, 13)]],
    ['the day’s', { ...noCaps, dayBytes: 20 }, ['day-cap-reached', new Date(2026, 10, 27)]],
    ['the month’s', { ...noCaps, monthBytes: 30 }, ['month-cap-reached', new Date(2026, 11, 1)]],
    [
      'of several the one that ends last',
      { hourBytes: 1, dayBytes: 1, monthBytes: 1, monthResetDay: 5 },
      ['month-cap-reached', new Date(2026, 11, 5)],
    ],
  ] as [string, typeof noCaps, [string, Date] | null][])('%s', (_name, caps, reached) => {
    expect(reachedCap(sums, caps, noon)).toEqual(
      reached && { reason: reached[0], untilUnixMs: reached[1].getTime() },
    )
  })
})
