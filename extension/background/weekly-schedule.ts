import { firstQuarterAfter, wallTimeOf } from './owner-calendar.ts'

/**
 * The owner's week: 168 characters from Monday 0:00 by the owner's own clock, `1` where the hour is shared. An hour that daylight
 * saving repeats counts twice, one that it skips does not come.
 */
export function isSharedAt(schedule: string, unixMs: number, timeZone: string): boolean {
  return schedule[hourOfWeek(unixMs, timeZone)] === '1'
}

/** When an hour begins that is the other way round from the present one; null where the whole week is one way. */
export function nextChangeAfter(schedule: string, unixMs: number, timeZone: string): number | null {
  const now = isSharedAt(schedule, unixMs, timeZone)
  return firstQuarterAfter(unixMs, (atUnixMs) => isSharedAt(schedule, atUnixMs, timeZone) !== now)
}

const hourMs = 60 * 60 * 1000
const hoursOfDay = 24
const daysOfWeek = 7

/** 0 is Monday 0:00 to 1:00. */
function hourOfWeek(unixMs: number, timeZone: string): number {
  const wallTime = wallTimeOf(unixMs, timeZone)
  const hours = Math.floor(wallTime / hourMs)
  const days = Math.floor(hours / hoursOfDay)
  const dayOfWeek = (((days + epochDayOfWeek) % daysOfWeek) + daysOfWeek) % daysOfWeek
  return dayOfWeek * hoursOfDay + (hours - days * hoursOfDay)
}

/** 1 January 1970 was a Thursday. */
const epochDayOfWeek = 3
