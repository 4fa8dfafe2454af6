import type { DayView } from '../messages/index.ts'
import type { CarriedRow } from '../storage/index.ts'

/** Before relays said their rate each carried MiB earned one point. */
export const unitsPerMibBefore = 1_000_000

const bytesPerMib = 1_048_576n

/** What so many carried bytes earn, in whole units. */
export const unitsFor = (carriedBytes: number, unitsPerMib: number): bigint =>
  (BigInt(carriedBytes) * BigInt(unitsPerMib)) / bytesPerMib

/** The owner's calendar day, such as `2026-11-23`. */
export function localDayOf(atUnixMs: number): string {
  const at = new Date(atUnixMs)
  const two = (part: number) => String(part).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}

/** So many days of the owner's calendar up to today, the oldest first. Noon is on every day, whatever clocks are changed. */
export function lastDays(count: number, nowUnixMs: number): string[] {
  const now = new Date(nowUnixMs)
  const noonBefore = (days: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - days, 12)
  return Array.from({ length: count }, (_, at) => localDayOf(noonBefore(count - 1 - at).getTime()))
}

/** Carried bytes by day and rate. */
export class CarriedDays {
  readonly #days = new Map<string, Map<number, number>>()

  add(day: string, unitsPerMib: number, bytes: number): void {
    const rates = this.#days.get(day) ?? new Map<number, number>()
    rates.set(unitsPerMib, (rates.get(unitsPerMib) ?? 0) + bytes)
    this.#days.set(day, rates)
  }

  /** A row's bytes without a rate are from before there were rates. */
  addRow({ day, bytes, bytesByRate = {} }: CarriedRow): void {
    let without = bytes
    for (const [rate, part] of Object.entries(bytesByRate)) {
      this.add(day, Number(rate), part)
      without -= part
    }
    if (without > 0) this.add(day, unitsPerMibBefore, without)
  }

  rows(): CarriedRow[] {
    return [...this.#days].map(([day, rates]) => ({
      day,
      bytes: sum(rates.values()),
      bytesByRate: Object.fromEntries(rates),
    }))
  }

  clear(): void {
    this.#days.clear()
  }

  /** Days without traffic included. */
  viewOf(days: readonly string[]): DayView[] {
    return days.map((day) => {
      const rates = [...(this.#days.get(day) ?? [])]
      const units = rates.reduce((whole, [rate, bytes]) => whole + unitsFor(bytes, rate), 0n)
      return { day, carriedBytes: sum(rates.map(([, bytes]) => bytes)), units: String(units) }
    })
  }
}

function sum(numbers: Iterable<number>): number {
  let whole = 0
  for (const number of numbers) whole += number
  return whole
}
