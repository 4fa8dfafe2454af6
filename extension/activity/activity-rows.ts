import { effect, type ReadonlySignal, signal } from '@preact/signals'
import {
  type ActivityPage,
  type ActivityRow,
  activityPageRowsMax,
  type CommandResult,
  type OwnerView,
  type PageHost,
} from '../messages/index.ts'
import { asLogged, type LoggedRow } from './row-filter.ts'
import type { Speech } from './speech.ts'

/** So many rows are on the screen at once, and there before the rest is asked for. */
const firstPageRows = 100

/** As cards these are 15 million pixels: browsers draw nothing beyond 16 million at a zoom of 200 %. */
export const rowsMax = 120_000

/** How often new rows are asked for, while exchanges end all the time. */
const followEveryMs = 500

/** `reading`: older rows are still coming. */
export type LogState = { phase: 'reading' } | { phase: 'ready' } | { phase: 'failed'; why: string }

export type ActivityRows = {
  /** The newest first. */
  rows: ReadonlySignal<readonly LoggedRow[]>
  state: ReadonlySignal<LogState>
  /** Reads everything anew; what is shown stays until the first rows are there. */
  reload(): void
  stop(): void
}

/** The log in this page: read from the background page by page, and kept up with what comes. */
export function createActivityRows(
  host: PageHost,
  view: ReadonlySignal<OwnerView | null>,
  speech: Speech,
): ActivityRows {
  const rows = signal<readonly LoggedRow[]>([])
  const state = signal<LogState>({ phase: 'reading' })
  let newestId = 0
  let work: Promise<void> = Promise.resolve()
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false
  let seenRows = 0

  async function read(range: {
    afterId: number | null
    take: (page: LoggedRow[], isFirst: boolean) => void
  }) {
    let beforeId: number | null = null
    for (let limit = firstPageRows; !stopped; limit = activityPageRowsMax) {
      const { afterId } = range
      const result: CommandResult<ActivityPage> = await host.background.sendCommand('readActivity', {
        beforeId,
        afterId,
        limit,
      })
      if (!result.ok) throw new Error(result.detail)
      const page: ActivityRow[] = result.value.rows
      range.take(
        page.map((row) => asLogged(row, speech.outcome(row.outcome))),
        beforeId === null,
      )
      newestId = Math.max(newestId, page[0]?.id ?? 0)
      if (result.value.isLast || rows.value.length >= rowsMax) return
      beforeId = page.at(-1)?.id ?? 0
    }
  }

  function then(begin: LogState, doing: () => Promise<void>): void {
    work = work.then(async () => {
      state.value = begin
      try {
        await doing()
        state.value = { phase: 'ready' }
      } catch (error) {
        state.value = { phase: 'failed', why: error instanceof Error ? error.message : String(error) }
      }
    })
  }

  function reload(): void {
    then({ phase: 'reading' }, () =>
      read({
        afterId: null,
        take: (page, isFirst) => {
          rows.value = isFirst ? inOrder(page) : inOrder([...rows.value, ...page])
        },
      }),
    )
  }

  const readNewer = () =>
    read({
      afterId: newestId,
      take: (page) => {
        if (page.length > 0) rows.value = withNewer(rows.value, page)
      },
    })

  /** Rows that came are added; where rows have gone, all are read again. */
  function catchUp(): void {
    timer = undefined
    const now = view.value?.activity
    // A worker that has just begun does not know of any row yet.
    if (!now || stopped || now.newestId === 0) return
    const haveGone = now.rows < seenRows
    seenRows = now.rows
    if (haveGone) reload()
    else if (now.newestId > newestId) then(state.value, readNewer)
  }

  const stopEffect = effect(() => {
    if (view.value) timer ??= setTimeout(() => void work.then(catchUp), followEveryMs)
  })
  reload()
  return {
    rows,
    state,
    reload,
    stop() {
      stopped = true
      clearTimeout(timer)
      stopEffect()
    },
  }
}

/** An attempt that came again, because another of its redirects has ended, is there once, as it is now. */
function withNewer(rows: readonly LoggedRow[], newer: readonly LoggedRow[]): readonly LoggedRow[] {
  const attempts = new Map(newer.map((row) => [attemptKey(row), row]))
  const exchanges = new Set(newer.map(({ exchangeId }) => exchangeId))
  const isReplaced = (row: ActivityRow) => exchanges.has(row.exchangeId) && attempts.has(attemptKey(row))
  return inOrder([...attempts.values(), ...rows.filter((row) => !isReplaced(row))]).slice(0, rowsMax)
}

/** Ids say when a row was written; its owner looks for when it was asked. Nearly sorted, so this is quick. */
const inOrder = (rows: LoggedRow[]): readonly LoggedRow[] =>
  rows.sort((a, b) => b.atUnixMs - a.atUnixMs || b.id - a.id)

const attemptKey = ({ exchangeId, attempt }: ActivityRow): string => `${exchangeId} ${attempt}`
