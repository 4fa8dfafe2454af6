import type { ByteCaps } from '../messages/index.ts'
import type { LineRow } from '../storage/index.ts'
import { dayOf, hourMs, hourOf, hourStartOf, monthOf } from './cap-periods.ts'

export type LineSums = { hourBytes: number; dayBytes: number; monthBytes: number }

/** Rows older than the longest month and its neighbour are of no use to any cap. */
export const lineKeptMs = 64 * 24 * hourMs

/**
 * What the owner's connection moved for us, by the clock hour: as much as the caps need, and what is not saved yet. A byte is counted as
 * it passes; a count that turns out too high is corrected downwards in the hour in which that is learnt.
 */
export class LineMeter {
  readonly #nowUnixMs: () => number
  /** Line bytes by the beginning of their hour. */
  readonly #hours = new Map<number, number>()
  #unsaved = new Map<number, number>()
  #known: KnownSums | null = null

  constructor(nowUnixMs: () => number) {
    this.#nowUnixMs = nowUnixMs
  }

  /** What the database held when this worker began. Call once; what was counted before it is added, not lost. */
  begin(rows: readonly LineRow[]): void {
    for (const { hourStartUnixMs, bytes } of rows) addTo(this.#hours, hourStartUnixMs, bytes)
    this.#known = null
  }

  note(bytes: number): void {
    const now = this.#nowUnixMs()
    const hour = hourStartOf(now)
    if (!this.#hours.has(hour)) this.#forgetOld(hour)
    addTo(this.#hours, hour, bytes)
    addTo(this.#unsaved, hour, bytes)
    if (!this.#known) return
    if (now < this.#known.fromUnixMs || now >= this.#known.untilUnixMs) this.#known = null
    else for (const sum of sumNames) this.#known[sum] += bytes
  }

  /** The sums that the caps are held against now. */
  sums(monthResetDay: number): LineSums {
    const now = this.#nowUnixMs()
    if (!this.#known || !isKnownAt(this.#known, now, monthResetDay))
      this.#known = this.#sumUp(now, monthResetDay)
    const { hourBytes, dayBytes, monthBytes } = this.#known
    return {
      hourBytes: Math.max(0, hourBytes),
      dayBytes: Math.max(0, dayBytes),
      monthBytes: Math.max(0, monthBytes),
    }
  }

  forget(): void {
    this.#hours.clear()
    this.#unsaved.clear()
    this.#known = null
  }

  get unsavedBytes(): number {
    let bytes = 0
    for (const some of this.#unsaved.values()) bytes += Math.abs(some)
    return bytes
  }

  /** Rows to add in the database; `putBack` them when that failed. */
  takeUnsaved(): LineRow[] {
    const rows = [...this.#unsaved].map(([hourStartUnixMs, bytes]) => ({ hourStartUnixMs, bytes }))
    this.#unsaved = new Map()
    return rows
  }

  putBack(rows: readonly LineRow[]): void {
    for (const { hourStartUnixMs, bytes } of rows) addTo(this.#unsaved, hourStartUnixMs, bytes)
  }

  #sumUp(now: number, monthResetDay: number): KnownSums {
    const [hour, day, month] = [hourOf(now), dayOf(now), monthOf(now, monthResetDay)]
    return {
      hourBytes: this.#since(hour.startUnixMs, now),
      dayBytes: this.#since(day.startUnixMs, now),
      monthBytes: this.#since(month.startUnixMs, now),
      monthResetDay,
      fromUnixMs: now,
      untilUnixMs: Math.min(hour.endUnixMs, day.endUnixMs),
    }
  }

  /**
   * Hours that lie at least in part after `startUnixMs`. An owner who travels has hours that straddle a midnight, and they count whole.
   * A clock that ran ahead leaves hours in the future, which count when they come.
   */
  #since(startUnixMs: number, now: number): number {
    let bytes = 0
    for (const [hour, some] of this.#hours) if (hour > startUnixMs - hourMs && hour <= now) bytes += some
    return bytes
  }

  #forgetOld(hour: number): void {
    for (const known of this.#hours.keys()) if (known < hour - lineKeptMs) this.#hours.delete(known)
  }
}

/** Sums are asked for with every message, so they are kept as long as hour and day do not turn. */
type KnownSums = LineSums & { monthResetDay: number; fromUnixMs: number; untilUnixMs: number }
const sumNames = ['hourBytes', 'dayBytes', 'monthBytes'] as const

const isKnownAt = (known: KnownSums, now: number, monthResetDay: number): boolean =>
  known.monthResetDay === monthResetDay && now >= known.fromUnixMs && now < known.untilUnixMs

function addTo(hours: Map<number, number>, hour: number, bytes: number): void {
  hours.set(hour, (hours.get(hour) ?? 0) + bytes)
}

export type ReachedCap = {
  reason: 'hour-cap-reached' | 'day-cap-reached' | 'month-cap-reached'
  untilUnixMs: number
}

/** The cap that is reached and ends last, or null. */
export function reachedCap(sums: LineSums, caps: ByteCaps, nowUnixMs: number): ReachedCap | null {
  if (caps.monthBytes !== null && sums.monthBytes >= caps.monthBytes)
    return { reason: 'month-cap-reached', untilUnixMs: monthOf(nowUnixMs, caps.monthResetDay).endUnixMs }
  if (caps.dayBytes !== null && sums.dayBytes >= caps.dayBytes)
    return { reason: 'day-cap-reached', untilUnixMs: dayOf(nowUnixMs).endUnixMs }
  if (caps.hourBytes !== null && sums.hourBytes >= caps.hourBytes)
    return { reason: 'hour-cap-reached', untilUnixMs: hourOf(nowUnixMs).endUnixMs }
  return null
}
