import { homeOf } from '#addresses'
import type { AttemptRecord } from '../exchange/exchange-ports.ts'
import { type AuditRecord, type AuditStore, isPermanentFailure } from './audit-ports.ts'

export type AuditLimits = {
  /** Rows gather for this long, so that a busy relay writes many at once. */
  gatherMs: number
  batchRowsMax: number
  /** What waits while the database is away: some 400 bytes each. What comes then is dropped, and counted. */
  waitingRowsMax: number
  retryMsMin: number
  retryMsMax: number
}
export const auditLimitsDefault: AuditLimits = {
  gatherMs: 500,
  batchRowsMax: 500,
  waitingRowsMax: 100_000,
  retryMsMin: 250,
  retryMsMax: 10_000,
}

export type AuditOutboxParts = {
  store: Pick<AuditStore, 'write'>
  log: { warn(fields: object, sentence: string): void; error(fields: object, sentence: string): void }
  limits?: Partial<AuditLimits>
}

/**
 * The audit rows that do not yet stand in the database. Nobody waits for it: `note` only remembers. Writes in batches, one at a time,
 * and again while the database is away. A crash loses this memory.
 */
export class AuditOutbox {
  /** Rows that were not kept, because the database was away for too long or refused them. */
  dropped = 0
  readonly #store: AuditOutboxParts['store']
  readonly #log: AuditOutboxParts['log']
  readonly #limits: AuditLimits
  readonly #waiting: AttemptRecord[] = []
  #writing: Promise<void> | null = null
  #isFull = false
  /** So many of the first rows are written one by one, because one of them is refused. */
  #suspects = 0
  #hurry = Promise.withResolvers<void>()

  constructor({ store, log, limits }: AuditOutboxParts) {
    this.#store = store
    this.#log = log
    this.#limits = { ...auditLimitsDefault, ...limits }
  }

  get length(): number {
    return this.#waiting.length
  }

  note = (record: AttemptRecord): void => {
    if (this.#waiting.length >= this.#limits.waitingRowsMax) return this.#dropNewest()
    this.#waiting.push(record)
    this.#writing ??= this.#writeAll()
  }

  /** Writes what waits without gathering more. Resolves when nothing waits any more. */
  async flushed(): Promise<void> {
    this.#hurry.resolve()
    while (this.#writing) await this.#writing
    this.#hurry = Promise.withResolvers()
  }

  async #writeAll(): Promise<void> {
    await Promise.race([delay(this.#limits.gatherMs), this.#hurry.promise])
    for (let retryMs = this.#limits.retryMsMin; this.#waiting.length > 0; ) {
      const rows = this.#suspects > 0 ? 1 : this.#limits.batchRowsMax
      const failure = await this.#write(this.#waiting.slice(0, rows))
      if (failure === null) retryMs = this.#limits.retryMsMin
      else if (isPermanentFailure(failure)) this.#setApart(rows, failure)
      else {
        const fields = { error: String(failure), waiting: this.length }
        this.#log.warn(fields, 'audit rows could not be written; it is tried again')
        await delay(retryMs)
        retryMs = Math.min(retryMs * 2, this.#limits.retryMsMax)
      }
    }
    this.#isFull = false
    this.#writing = null
  }

  /** Null where the rows stand in the database now, else why they do not. */
  async #write(batch: readonly AttemptRecord[]): Promise<unknown> {
    try {
      await this.#store.write(batch.map(toAuditRecord))
    } catch (error) {
      return error
    }
    this.#remove(batch.length)
    return null
  }

  /** One row that the database will never take must not hold up all others. */
  #setApart(rows: number, failure: unknown): void {
    if (rows > 1) {
      this.#suspects = Math.min(rows, this.#waiting.length)
      return
    }
    const { exchangeId, attempt } = this.#waiting[0] as AttemptRecord
    this.dropped += 1
    this.#log.error({ error: String(failure), exchangeId, attempt }, 'an audit row was refused for good')
    this.#remove(1)
  }

  #remove(rows: number): void {
    this.#waiting.splice(0, rows)
    this.#suspects = Math.max(0, this.#suspects - rows)
  }

  /** Said once for each time that the database stays away. */
  #dropNewest(): void {
    this.dropped += 1
    if (this.#isFull) return
    this.#isFull = true
    const fields = { waiting: this.length }
    this.#log.error(fields, 'audit rows are dropped: the database has been away for too long')
  }
}

function toAuditRecord({ address, status, ...record }: AttemptRecord): AuditRecord {
  return { ...record, address, home: homeOf(address) ?? address, targetStatus: status }
}

const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
