import { describe, expect, it } from 'vitest'
import { diceOf, randomMoment, withProcessZone, zones } from './testing/zones.ts'
import { isSharedAt, nextChangeAfter } from './weekly-schedule.ts'

const hours = 168
const minuteMs = 60 * 1000
const at = (iso: string) => Date.parse(iso)

/** Blocks of some hours, as a person would draw them. */
function randomWeek(seed: number): string {
  const dice = diceOf(seed)
  let week = ''
  for (let isShared = dice() < 0.5; week.length < hours; isShared = !isShared)
    week += (isShared ? '1' : '0').repeat(1 + Math.floor(dice() * 14))
  return week.slice(0, hours)
}

/** What the runtime's own calendar says, with the process in that zone. */
const isSharedByDate = (week: string, unixMs: number): boolean => {
  const date = new Date(unixMs)
  return week[((date.getDay() + 6) % 7) * 24 + date.getHours()] === '1'
}

const only = (...shared: number[]) =>
  Array.from({ length: hours }, (_, hour) => (shared.includes(hour) ? '1' : '0')).join('')

describe('the weekly schedule', () => {
  it.each(zones)('says of every moment in %s what a calendar on the wall says', (timeZone) => {
    withProcessZone(timeZone, () => {
      for (let seed = 0; seed < 400; seed += 1) {
        const week = randomWeek(seed)
        const moment = randomMoment(timeZone, seed)
        const where = `seed ${seed}, ${new Date(moment).toISOString()}`
        expect(isSharedAt(week, moment, timeZone), where).toBe(isSharedByDate(week, moment))
      }
    })
  })

  it.each(zones)(
    'names the very minute of the next change in %s, over changes of the clocks too',
    (timeZone) => {
      withProcessZone(timeZone, () => {
        for (let seed = 0; seed < 60; seed += 1) {
          const week = randomWeek(seed)
          const moment = randomMoment(timeZone, seed)
          const now = isSharedByDate(week, moment)
          let minute = (Math.floor(moment / minuteMs) + 1) * minuteMs
          while (isSharedByDate(week, minute) === now) minute += minuteMs
          const where = `seed ${seed}, ${new Date(moment).toISOString()}`
          expect(nextChangeAfter(week, moment, timeZone), where).toBe(minute)
        }
      })
    },
  )

  it('begins on Monday at 0:00 by the owner’s clock', () => {
    const monday = only(0)
    expect(isSharedAt(monday, at('2026-11-23T00:00:00Z'), 'UTC')).toBe(true)
    expect(isSharedAt(monday, at('2026-11-22T23:59:59Z'), 'UTC')).toBe(false)
    expect(isSharedAt(monday, at('2026-11-22T18:30:00Z'), 'Asia/Kolkata')).toBe(true)
    expect(isSharedAt(monday, at('2026-11-22T18:29:59Z'), 'Asia/Kolkata')).toBe(false)
  })

  it('an hour that is repeated counts twice, and one that is skipped does not come', () => {
    const sundayTwo = only(6 * 24 + 2)
    const autumn = nextChangeAfter(sundayTwo, at('2026-10-25T00:00:00Z'), 'Europe/Berlin')
    expect(autumn).toBe(at('2026-10-25T02:00:00Z'))
    expect(isSharedAt(sundayTwo, at('2026-10-25T01:30:00Z'), 'Europe/Berlin')).toBe(true)
    const spring = nextChangeAfter(sundayTwo, at('2026-03-28T12:00:00Z'), 'Europe/Berlin')
    expect(spring).toBe(at('2026-04-05T00:00:00Z'))
  })

  it('a week whose one shared hour is skipped has its next change a week later', () => {
    const afterSunday = nextChangeAfter(only(6 * 24 + 2), at('2026-03-22T02:00:00Z'), 'Europe/Berlin')
    expect(afterSunday).toBe(at('2026-04-05T00:00:00Z'))
  })

  it('a week that is all one way never changes', () => {
    for (const week of ['1'.repeat(hours), '0'.repeat(hours)])
      expect(nextChangeAfter(week, at('2026-11-26T12:00:00Z'), 'Europe/Berlin')).toBeNull()
  })

  it('what is no week shares nothing', () => {
    for (const week of ['', '1']) expect(isSharedAt(week, at('2026-11-26T12:00:00Z'), 'UTC')).toBe(false)
  })
})
