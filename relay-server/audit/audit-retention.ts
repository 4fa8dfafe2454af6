import type { AuditStore } from './audit-ports.ts'

export type RetentionLimits = {
  /** How often old rows are looked for. */
  everyMs: number
  /** The first time after a start; not at once, because many relays may start together. */
  firstMs: number
  batchRowsMax: number
  /** Between two batches, so that dropping never takes the database for itself. */
  pauseMs: number
}
export const retentionLimitsDefault: RetentionLimits = {
  everyMs: 3_600_000,
  firstMs: 60_000,
  batchRowsMax: 2_000,
  pauseMs: 200,
}

export type RetentionParts = {
  store: Pick<AuditStore, 'dropOld' | 'noteKey'>
  days: number
  log: { info(fields: object, sentence: string): void; warn(fields: object, sentence: string): void }
  limits?: Partial<RetentionLimits>
}

/** Drops audit rows in time, a few at once. Several relays of one database may do so side by side. */
export function createAuditRetention({ store, days, log, limits }: RetentionParts) {
  const { everyMs, firstMs, batchRowsMax, pauseMs } = { ...retentionLimitsDefault, ...limits }
  let isClosed = false
  let timer = setTimeout(sweepAndWait, firstMs)
  let sweeping: Promise<void> = Promise.resolve()

  function sweepAndWait(): void {
    sweeping = sweep()
      .catch((error: unknown) =>
        log.warn({ error: String(error) }, 'old audit rows could not be dropped; it is tried again'),
      )
      .finally(() => {
        if (!isClosed) timer = setTimeout(sweepAndWait, everyMs)
      })
  }

  async function sweep(): Promise<void> {
    await store.noteKey({ days })
    let droppedRows = 0
    for (let batch = batchRowsMax; batch === batchRowsMax; droppedRows += batch) {
      if (droppedRows > 0) await delay(pauseMs)
      if (isClosed) break
      batch = await store.dropOld({ days, rowsMax: batchRowsMax })
    }
    if (droppedRows > 0) log.info({ droppedRows, days }, 'old audit rows were dropped')
  }

  return {
    /** Waits for a batch that is being dropped, and drops no other. */
    async close(): Promise<void> {
      isClosed = true
      clearTimeout(timer)
      await sweeping
    },
  }
}

const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
