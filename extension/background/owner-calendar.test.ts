import { describe, expect, it } from 'vitest'
import { nextMidnightAfter, wallTimeOf } from './owner-calendar.ts'
import { randomMoment, withProcessZone, zones } from './testing/zones.ts'

const at = (iso: string) => Date.parse(iso)

describe('the owner’s calendar', () => {
  it.each(zones)('shows the wall time that the runtime itself shows in %s', (timeZone) => {
    withProcessZone(timeZone, () => {
      for (let index = 0; index < 300; index += 1) {
        const moment = randomMoment(timeZone, index)
        const own = new Date(moment)
        const shown = new Date(wallTimeOf(moment, timeZone))
        expect([shown.getUTCDay(), shown.getUTCHours(), shown.getUTCMinutes()], own.toISOString()).toEqual([
          own.getDay(),
          own.getHours(),
          own.getMinutes(),
        ])
      }
    })
  })

  it.each(zones)('gives the first moment of the next day in %s', (timeZone) => {
    withProcessZone(timeZone, () => {
      for (let index = 0; index < 100; index += 1) {
        const moment = randomMoment(timeZone, index)
        const midnight = nextMidnightAfter(moment, timeZone)
        const dayOf = (unixMs: number) => new Date(unixMs).toDateString()
        const where = `seed ${index}, ${new Date(moment).toISOString()}`
        expect(dayOf(midnight), where).not.toBe(dayOf(moment))
        expect(dayOf(midnight - 1), where).toBe(dayOf(moment))
        expect(midnight, where).toBeGreaterThan(moment)
      }
    })
  })

  it.each([
    ['an ordinary day', 'Europe/Berlin', '2026-11-26T12:00:00Z', '2026-11-26T23:00:00Z'],
    ['the day of 23 hours', 'Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'],
    ['the day of 25 hours', 'Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z'],
    ['a zone of half hours', 'Asia/Kolkata', '2026-11-26T18:29:59Z', '2026-11-26T18:30:00Z'],
    ['midnight itself', 'Asia/Kolkata', '2026-11-26T18:30:00Z', '2026-11-27T18:30:00Z'],
    ['a midnight that is skipped', 'Africa/Cairo', '2026-04-23T12:00:00Z', '2026-04-23T22:00:00Z'],
  ])('%s ends at its midnight', (_, timeZone, now, midnight) => {
    expect(new Date(nextMidnightAfter(at(now), timeZone)).toISOString()).toBe(
      new Date(at(midnight)).toISOString(),
    )
  })
})
