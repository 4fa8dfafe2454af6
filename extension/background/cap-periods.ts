/**
 * The hour, day and month that caps count, by the owner's own clock. Of a day with 23 or 25 hours each hour is counted once, and where
 * clocks were put back over midnight the day begins at the first one. All pure; the zone is the machine's.
 */

export const hourMs = 3_600_000

export type Period = { startUnixMs: number; endUnixMs: number }

/** The beginning of the clock hour. Zones lie a half or a quarter of an hour apart too, so it is not a whole hour of UTC everywhere. */
export function hourStartOf(atUnixMs: number): number {
  const aheadMs = -new Date(atUnixMs).getTimezoneOffset() * 60_000
  return atUnixMs - modulo(atUnixMs + aheadMs, hourMs)
}

export function hourOf(atUnixMs: number): Period {
  const startUnixMs = hourStartOf(atUnixMs)
  return { startUnixMs, endUnixMs: startUnixMs + hourMs }
}

export function dayOf(atUnixMs: number): Period {
  const at = new Date(atUnixMs)
  const [year, month, day] = [at.getFullYear(), at.getMonth(), at.getDate()]
  return { startUnixMs: midnight(year, month, day), endUnixMs: midnight(year, month, day + 1) }
}

/** From one reset day, 1 to 28, to the next one: every month has these. */
export function monthOf(atUnixMs: number, resetDay: number): Period {
  const at = new Date(atUnixMs)
  const [year, month] = [at.getFullYear(), at.getMonth()]
  const began = at.getDate() >= resetDay ? month : month - 1
  return { startUnixMs: midnight(year, began, resetDay), endUnixMs: midnight(year, began + 1, resetDay) }
}

/** The first moment of that date; months and days beyond their range are carried over, as `Date` does. */
const midnight = (year: number, month: number, day: number): number => new Date(year, month, day).getTime()

/** Never negative, unlike `%`. */
const modulo = (value: number, by: number): number => ((value % by) + by) % by
