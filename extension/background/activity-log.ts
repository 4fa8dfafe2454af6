import type { ActivityPage, ActivityQuery, ActivityRow, OwnerView } from '../messages/index.ts'
import {
  type ActivityChange,
  clearActivity,
  countActivity,
  type NodeDatabase,
  pruneActivity,
  readActivity,
  saveActivity,
} from '../storage/index.ts'
import { LinkActivity } from './link-activity.ts'

/** Rows wait so long for others to be written with them: what a killed worker loses. */
export const saveEveryMs = 200

/** More than this is written at once. */
const batchRowsMax = 1_000

/** Where the disk takes nothing, the oldest of so many rows are given up. */
export const waitingRowsMax = 5_000

/** A disk that refused is left alone for so long. */
const retryAfterMs = 5_000

const pruneEveryMs = 60 * 60 * 1000
const dayMs = 24 * 60 * 60 * 1000
const recentRows = 5

export type ActivityPorts = {
  database: NodeDatabase
  keepDays(): number
  /** `recent` or `summary` is another one. */
  changed(): void
  nowUnixMs(): number
}

/**
 * What went through this browser, kept for its owner alone. Rows come in at any rate, wait in memory for a moment and are written
 * together; nothing waits for the disk but who reads.
 */
export class ActivityLog {
  readonly #ports: ActivityPorts
  readonly #waiting = new Set<ActivityChange>()
  #recent: ActivityRow[] = []
  #summary: OwnerView['activity'] = { newestId: 0, rows: 0 }
  #timer: ReturnType<typeof setTimeout> | undefined
  #work: Promise<unknown> = Promise.resolve()
  /** Ids up to this one are deleted: a row that had one is a new row when it is written again. */
  #clearedId = 0
  #pruned = { atUnixMs: 0, keepDays: 0 }

  constructor(ports: ActivityPorts) {
    this.#ports = ports
  }

  /** The last rows, the newest first. */
  get recent(): ActivityRow[] {
    return this.#recent
  }

  get summary(): OwnerView['activity'] {
    return this.#summary
  }

  /** Looks at what earlier workers left, and drops what is too old. */
  begin(): Promise<void> {
    void this.#then(async () => {
      const [summary, { rows }] = await Promise.all([
        countActivity(this.#ports.database),
        this.#readRows({ beforeId: null, afterId: null, limit: recentRows }),
      ])
      this.#recent = rows
      this.#become(summary)
    })
    return this.pruneIfDue()
  }

  openLink(unitsPerMib: number): LinkActivity {
    const { nowUnixMs } = this.#ports
    return new LinkActivity({ unitsPerMib, note: (attempt) => this.#note(attempt), nowUnixMs })
  }

  /** Rows that end now are in it, and none that is too old. */
  async read(query: ActivityQuery): Promise<ActivityPage> {
    await Promise.all([this.save(), this.pruneIfDue()])
    return this.#readRows(query)
  }

  /** Deletes every row, also what waits. An exchange that runs now gets its row when it ends. */
  clear(): Promise<void> {
    this.#waiting.clear()
    return this.#then(async () => {
      await clearActivity(this.#ports.database)
      this.#recent = []
      this.#clearedId = this.#summary.newestId
      this.#become({ ...this.#summary, rows: 0 })
    })
  }

  /** Drops what is older than the owner wants, once an hour and when the owner changed that. */
  pruneIfDue(): Promise<void> {
    const [now, keepDays] = [this.#ports.nowUnixMs(), this.#ports.keepDays()]
    const isDue = now - this.#pruned.atUnixMs >= pruneEveryMs || keepDays !== this.#pruned.keepDays
    if (!isDue) return this.#then(async () => {})
    this.#pruned = { atUnixMs: now, keepDays }
    return this.#then(async () => {
      const pruned = await pruneActivity(this.#ports.database, now - keepDays * dayMs)
      if (pruned === 0) return
      this.#recent = this.#recent.filter(({ atUnixMs }) => atUnixMs >= now - keepDays * dayMs)
      this.#become({ ...this.#summary, rows: this.#summary.rows - pruned })
    })
  }

  /** Writes what waits, now. */
  save(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    return this.#then(() => this.#write())
  }

  #note(change: ActivityChange): void {
    this.#waiting.add(change)
    if (this.#waiting.size > waitingRowsMax) this.#giveUpOldest()
    if (this.#waiting.size === batchRowsMax) void this.save()
    else this.#timer ??= setTimeout(() => void this.save(), saveEveryMs)
  }

  async #write(): Promise<void> {
    const batch = [...this.#waiting]
    if (batch.length === 0) return
    this.#waiting.clear()
    const isNew = batch.filter(({ savedId }) => (savedId ?? 0) <= this.#clearedId).length
    const rows = batch.map(({ row }) => structuredClone(row))
    try {
      const ids = await saveActivity(this.#ports.database, batch)
      const saved = rows.map((row, at) => ({ ...row, id: ids[at] as number }))
      batch.forEach((change, at) => {
        change.savedId = ids[at] as number
      })
      this.#recent = newestOf(saved, this.#recent)
      this.#become({ newestId: ids.at(-1) as number, rows: this.#summary.rows + isNew })
    } catch (error) {
      console.error('What went through this browser could not be written down.', error)
      for (const change of batch) this.#waiting.add(change)
      this.#timer ??= setTimeout(() => void this.save(), retryAfterMs)
    }
  }

  #become(summary: OwnerView['activity']): void {
    this.#summary = summary
    this.#ports.changed()
  }

  #giveUpOldest(): void {
    for (const oldest of this.#waiting) {
      this.#waiting.delete(oldest)
      return
    }
  }

  #readRows = (query: ActivityQuery): Promise<ActivityPage> => readActivity(this.#ports.database, query)

  /** One after the other, so that what is counted is what is there. Never rejects: the next one tries again. */
  #then(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work)
    this.#work = done.catch((error) => console.error('The log of this browser is not reachable.', error))
    return done
  }
}

/** An attempt that was written again is there once, as it is now. */
function newestOf(saved: readonly ActivityRow[], before: readonly ActivityRow[]): ActivityRow[] {
  const kept: ActivityRow[] = []
  for (const row of [...saved.toReversed(), ...before]) {
    if (kept.length === recentRows) break
    if (!kept.some((other) => isSameAttempt(other, row))) kept.push(row)
  }
  return kept
}

const isSameAttempt = (one: ActivityRow, other: ActivityRow): boolean =>
  one.exchangeId === other.exchangeId && one.attempt === other.attempt
