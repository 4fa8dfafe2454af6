import type { ByteCaps } from '../messages/index.ts'
import type { LineRow } from '../storage/index.ts'
import { LineMeter, type LineSums, type ReachedCap, reachedCap } from './line-meter.ts'

/** What a killed worker forgets of its line bytes is at most this much, or what passed in this time. */
export const lineSaveBytes = 1024 * 1024
export const lineSaveMs = 1_000

/**
 * A stop lands at most so far over a cap, of what this node counts as it passes: the one message (`messageBytesMax`) or piece of a body that
 * reached the cap, the head and the `failed` of up to `lanesMax` lanes, and the link's last words. Not in it are what the browser had read
 * ahead of us of each running answer, up to 64 MB, which is counted when the fetch is over, and request bodies that the relay had sent already.
 */
export const capOvershootBytesMax = 1024 * 1024

export type LineCapsPorts = {
  caps(): ByteCaps
  nowUnixMs(): number
  /** Adds to the rows in the database. */
  save(rows: LineRow[]): Promise<void>
  /** A cap was reached, or is no longer. Told in a turn of its own, so that whatever was being sent has been sent whole. */
  turned(): void
}

/**
 * Holds the caps against what the owner's connection moves. With the byte that reaches a cap `halted` is true, and no data frame leaves any
 * more; the lanes and the link end in the turn after it.
 */
export class LineCaps {
  readonly #ports: LineCapsPorts
  readonly #meter: LineMeter
  #wasReached = false
  #turning = false
  #saveTimer: ReturnType<typeof setTimeout> | undefined

  constructor(ports: LineCapsPorts) {
    this.#ports = ports
    this.#meter = new LineMeter(ports.nowUnixMs)
  }

  begin(rows: readonly LineRow[]): void {
    this.#meter.begin(rows)
    this.#wasReached = this.halted
  }

  /** Bytes moved, in any direction; negative where a count was too high. */
  note(bytes: number): void {
    this.#meter.note(bytes)
    this.#saveSoon()
    if (this.halted !== this.#wasReached) this.#tellTurn()
  }

  sums(): LineSums {
    return this.#meter.sums(this.#ports.caps().monthResetDay)
  }

  get reached(): ReachedCap | null {
    return reachedCap(this.sums(), this.#ports.caps(), this.#ports.nowUnixMs())
  }

  get halted(): boolean {
    return this.reached !== null
  }

  /** As if this extension had just been installed. */
  forget(): void {
    this.#meter.forget()
    this.#wasReached = this.halted
  }

  async save(): Promise<void> {
    clearTimeout(this.#saveTimer)
    this.#saveTimer = undefined
    const rows = this.#meter.takeUnsaved()
    await this.#ports.save(rows).catch(() => this.#meter.putBack(rows))
  }

  #saveSoon(): void {
    if (this.#meter.unsavedBytes >= lineSaveBytes) void this.save()
    else this.#saveTimer ??= setTimeout(() => void this.save(), lineSaveMs)
  }

  #tellTurn(): void {
    if (this.#turning) return
    this.#turning = true
    setTimeout(() => {
      this.#turning = false
      this.#wasReached = this.halted
      this.#ports.turned()
    }, 0)
  }
}
