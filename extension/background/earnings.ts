import type { FrameOf } from '#protocol'
import type { DayView } from '../messages/index.ts'
import type { CarriedRow } from '../storage/index.ts'
import { CarriedDays, lastDays, localDayOf, unitsPerMibBefore } from './carried-days.ts'

/** `bytesPerSecond` is the mean over this long. */
export const liveSpanMs = 2_000
const liveStepMs = 250

export type CarriedSoFar = { todayBytes: number; totalBytes: number }

/** Receipts are cut after 1 MiB, one at a time: this is far more than passes a browser between two that are kept. */
export const forgottenBytesMax = 256 * 1024 * 1024

/** The key of the row that holds all days. */
export const allDays = 'total'

/** The owner is shown so many days. */
export const daysShown = 30

/**
 * What this node has carried, by its own count: today, in all, and just now. What is not saved yet is kept apart, so
 * that every byte is saved once.
 */
export class CarriedMeter {
  readonly #nowUnixMs: () => number
  #day: string
  #todayBytes = 0
  #totalBytes = 0
  #unitsPerMib = unitsPerMibBefore
  readonly #days = new CarriedDays()
  readonly #unsaved = new CarriedDays()
  #steps: { atUnixMs: number; bytes: number }[] = []
  /** What was counted on a relay's word alone, in this worker's life. */
  #caughtUpBytes = 0

  constructor(nowUnixMs: () => number) {
    this.#nowUnixMs = nowUnixMs
    this.#day = localDayOf(nowUnixMs())
  }

  get day(): string {
    return this.#day
  }

  /** What the database held when this worker began. Call once; what was counted before it is added, not lost. */
  begin(saved: { totalBytes: number; days: readonly CarriedRow[] }): void {
    this.#totalBytes += saved.totalBytes
    for (const row of saved.days) {
      this.#days.addRow(row)
      if (row.day === this.#day) this.#todayBytes += row.bytes
    }
  }

  /** What a carried MiB earns from now on. */
  setRate(unitsPerMib: number): void {
    this.#unitsPerMib = unitsPerMib
  }

  /** The first of the days that are shown. */
  get firstDay(): string {
    return lastDays(daysShown, this.#nowUnixMs())[0] as string
  }

  days(): DayView[] {
    return this.#days.viewOf(lastDays(daysShown, this.#nowUnixMs()))
  }

  /** The owner has deleted everything. */
  forget(): void {
    this.#todayBytes = 0
    this.#totalBytes = 0
    this.#days.clear()
    this.#unsaved.clear()
    this.#steps = []
  }

  note(bytes: number): void {
    const now = this.#nowUnixMs()
    this.#add(bytes, now)
    const last = this.#steps.at(-1)
    if (last && now - last.atUnixMs < liveStepMs) last.bytes += bytes
    else this.#steps.push({ atUnixMs: now, bytes })
  }

  /**
   * The ledger has posted more for this node than it remembers: a worker that was killed forgot what came after its last
   * receipt. The difference counts as carried today. It is a relay's word alone, so in the life of one worker no more than
   * `forgottenBytesMax` of it is believed, and nothing of a difference that goes beyond.
   */
  catchUp(postedBytes: number): void {
    const forgotten = postedBytes - this.#totalBytes
    if (forgotten <= 0 || this.#caughtUpBytes + forgotten > forgottenBytesMax) return
    this.#caughtUpBytes += forgotten
    this.#add(forgotten, this.#nowUnixMs())
  }

  soFar(): CarriedSoFar {
    this.#turnDay(this.#nowUnixMs())
    return { todayBytes: this.#todayBytes, totalBytes: this.#totalBytes }
  }

  bytesPerSecond(): number {
    const now = this.#nowUnixMs()
    this.#steps = this.#steps.filter(({ atUnixMs }) => now - atUnixMs < liveSpanMs)
    const bytes = this.#steps.reduce((sum, step) => sum + step.bytes, 0)
    return Math.round((bytes * 1000) / liveSpanMs)
  }

  /** Rows to add in the database; `putBack` them when that failed. */
  takeUnsaved(): CarriedRow[] {
    const days = this.#unsaved.rows()
    this.#unsaved.clear()
    const whole = new CarriedDays()
    for (const row of days) whole.addRow({ ...row, day: allDays })
    return [...days, ...whole.rows()]
  }

  putBack(rows: readonly CarriedRow[]): void {
    for (const row of rows) if (row.day !== allDays) this.#unsaved.addRow(row)
  }

  #add(bytes: number, now: number): void {
    this.#turnDay(now)
    this.#todayBytes += bytes
    this.#totalBytes += bytes
    this.#days.add(this.#day, this.#unitsPerMib, bytes)
    this.#unsaved.add(this.#day, this.#unitsPerMib, bytes)
  }

  #turnDay(now: number): void {
    const day = localDayOf(now)
    if (day === this.#day) return
    this.#day = day
    this.#todayBytes = 0
  }
}

/** Units as the relay said them; what is not a whole number is not shown. */
export const unitsOf = ({ accountUnits }: Pick<FrameOf<'earned'>, 'accountUnits'>): string | null =>
  /^-?\d+$/.test(accountUnits) ? accountUnits : null
