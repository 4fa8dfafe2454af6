import type { AttemptRecord } from '../exchange/exchange-ports.ts'
import { type AuditLimits, AuditOutbox } from './audit-outbox.ts'
import type { AuditStore } from './audit-ports.ts'
import { createAuditRetention, type RetentionLimits } from './audit-retention.ts'

export type AuditParts = {
  store: AuditStore
  /** Rows are dropped after so many. */
  days: number
  log: {
    info(fields: object, sentence: string): void
    warn(fields: object, sentence: string): void
    error(fields: object, sentence: string): void
  }
  limits?: { outbox?: Partial<AuditLimits>; retention?: Partial<RetentionLimits> }
}

export type Audit = ReturnType<typeof createAudit>

/** Who asked what host through whose connection: a row for each attempt, beside the hot path, for as long as complaints come. */
export function createAudit({ store, days, log, limits }: AuditParts) {
  const outbox = new AuditOutbox({ store, log, limits: limits?.outbox ?? {} })
  const retention = createAuditRetention({ store, days, log, limits: limits?.retention ?? {} })
  return {
    note: (record: AttemptRecord): void => outbox.note(record),
    waiting: (): number => outbox.length,
    dropped: (): number => outbox.dropped,

    /** Writes what waits, for at most so long; what the database does not take by then is lost, and the log says how much. */
    async close(flushMsMax: number): Promise<void> {
      await retention.close()
      const late = Promise.withResolvers<void>()
      const timer = setTimeout(late.resolve, flushMsMax)
      await Promise.race([outbox.flushed(), late.promise])
      clearTimeout(timer)
      if (outbox.length > 0)
        log.error({ rows: outbox.length }, 'audit rows are lost here: the database did not take them in time')
    },
  }
}
