const quarterHourMs = 15 * 60 * 1000

/**
 * What the clock on the owner's wall shows, as the milliseconds of a date in UTC that shows the same. `timeZone` is an IANA
 * name, so that a change of the computer's zone, or a test, needs no other process.
 */
export function wallTimeOf(unixMs: number, timeZone: string): number {
  const parts = formatterOf(timeZone).formatToParts(unixMs)
  const numberOf = (type: Intl.DateTimeFormatPartTypes) =>
    Number(parts.find((part) => part.type === type)?.value)
  const [year, month, day] = [numberOf('year'), numberOf('month'), numberOf('day')]
  return Date.UTC(year, month - 1, day, numberOf('hour'), numberOf('minute'), numberOf('second'))
}

/** The first moment of the owner's next calendar day. Where daylight saving skips midnight, that is 1:00. */
export function nextMidnightAfter(unixMs: number, timeZone: string): number {
  const today = dayOf(unixMs, timeZone)
  return firstQuarterAfter(unixMs, (atUnixMs) => dayOf(atUnixMs, timeZone) !== today) as number
}

/**
 * The first quarter of an hour after `unixMs` of which `isIt` is true, at most fifteen days on; else null. Every zone of today
 * is a whole number of quarters off UTC and changes its clock on one, so no edge of an hour or a day lies between two of them.
 */
export function firstQuarterAfter(unixMs: number, isIt: (atUnixMs: number) => boolean): number | null {
  const first = (Math.floor(unixMs / quarterHourMs) + 1) * quarterHourMs
  for (let atUnixMs = first; atUnixMs <= unixMs + searchMsMax; atUnixMs += quarterHourMs)
    if (isIt(atUnixMs)) return atUnixMs
  return null
}

/** Two weeks, because daylight saving may skip the one hour of a week that is unlike the others, and a day for what it repeats. */
const searchMsMax = 15 * 24 * 60 * 60 * 1000

const dayMs = 24 * 60 * 60 * 1000
const dayOf = (unixMs: number, timeZone: string): number => Math.floor(wallTimeOf(unixMs, timeZone) / dayMs)

const formatters = new Map<string, Intl.DateTimeFormat>()

/** Making one costs a thousand times as much as using it. */
function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formatters.set(timeZone, made)
  return made
}
