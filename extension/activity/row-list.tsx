import { useSignal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { LoggedRow } from './row-filter.ts'
import { RowLine } from './row-line.tsx'
import type { Speech } from './speech.ts'
import { rowByKey, type Span, spanOf } from './visible-span.ts'

/** Until a row has been drawn and measured. */
const rowPxAtFirst = 38

type RowListProps = { rows: readonly LoggedRow[]; speech: Speech; open(row: LoggedRow): void }

/**
 * A table of any length, of which only what the window shows is in the document. Each row can be focused through its one button; the
 * row with the focus stays in the document wherever the window goes, so that a keyboard never loses its place.
 */
export function RowList({ rows, speech, open }: RowListProps) {
  const list = useRef<HTMLTableSectionElement>(null)
  const { span, rowPx } = useSpan(list, rows)
  const active = useSignal(0)
  const activeRow = Math.min(active.value, rows.length - 1)
  const drawn = rowsOf(span, activeRow, rows.length)
  const move = (event: KeyboardEvent) => {
    const pageRows = Math.max(1, Math.floor(window.innerHeight / rowPx) - 2)
    const row = rowByKey(event.key, { row: activeRow, rows: rows.length, pageRows })
    if (row === null || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    active.value = row
    focusRow(list.current, row)
  }
  return (
    <table
      class="log"
      aria-label={speech.words.table}
      aria-rowcount={rows.length + 1}
      aria-describedby="log-hint"
      onKeyDown={move}
      data-testid="log"
    >
      <ColumnNames speech={speech} />
      <tbody ref={list} class="log-rows" style={{ height: `${rows.length * rowPx}px` }}>
        {drawn.map((at) => (
          <RowLine
            key={rows[at]?.id}
            row={rows[at] as LoggedRow}
            at={at}
            topPx={at * rowPx}
            speech={speech}
            isActive={at === activeRow}
            focused={() => {
              active.value = at
            }}
            open={open}
          />
        ))}
      </tbody>
    </table>
  )
}

function ColumnNames({ speech: { words } }: { speech: Speech }) {
  const names = [
    ['time', words.time],
    ['site', words.site],
    ['method', words.method],
    ['status', words.status],
    ['up', words.toRelay],
    ['down', words.fromRelay],
    ['customer', words.customer],
    ['outcome', words.outcome],
    ['points', words.points],
  ] as const
  return (
    <>
      <caption id="log-hint" class="visually-hidden">
        {words.tableHint}
      </caption>
      <thead class="log-head">
        <tr aria-rowindex={1} class="log-row">
          {names.map(([name, text]) => (
            <th key={name} scope="col" class={`log-${name}`}>
              {text}
            </th>
          ))}
        </tr>
      </thead>
    </>
  )
}

/** Follows the window. Where rows come in above what is read, the window moves along with it. */
function useSpan(list: { current: HTMLTableSectionElement | null }, rows: readonly LoggedRow[]) {
  const span = useSignal<Span>({ first: 0, end: 40 })
  const rowPx = useSignal(rowPxAtFirst)
  const read = useRef<{ id: number; at: number } | null>(null)

  const look = () => {
    const place = list.current
    if (!place) return
    const measured = place.querySelector<HTMLElement>('.log-row')?.offsetHeight
    if (measured) rowPx.value = measured
    const scrolledPx = -place.getBoundingClientRect().top
    const next = spanOf({ rows: rows.length, rowPx: rowPx.value, scrolledPx, windowPx: window.innerHeight })
    if (next.first !== span.value.first || next.end !== span.value.end) span.value = next
    const at = Math.floor(scrolledPx / rowPx.value)
    const row = at > 0 ? rows[at] : undefined
    read.current = row ? { id: row.id, at } : null
  }

  useLayoutEffect(() => {
    const moved = read.current && rowsBefore(rows, read.current)
    if (moved) window.scrollBy(0, moved * rowPx.value)
    look()
    const listening = new AbortController()
    const { signal } = listening
    window.addEventListener('scroll', look, { passive: true, signal })
    window.addEventListener('resize', look, { signal })
    return () => listening.abort()
  }, [rows])
  return { span: span.value, rowPx: rowPx.value }
}

/** How many rows have come in before one that was at `at`; 0 where it is no longer near. */
function rowsBefore(rows: readonly LoggedRow[], { id, at }: { id: number; at: number }): number {
  const now = rows.slice(0, at + nearRows).findIndex((row) => row.id === id)
  return now > at ? now - at : 0
}

const nearRows = 2_000

function rowsOf({ first, end }: Span, active: number, rows: number): number[] {
  const drawn = Array.from({ length: Math.max(0, Math.min(end, rows) - first) }, (_, at) => first + at)
  const isOutside = active >= 0 && (active < first || active >= end)
  return isOutside ? [...drawn, active] : drawn
}

/** The row is drawn by the time its turn comes; what the head covers is scrolled free by `scroll-margin`. */
function focusRow(list: HTMLElement | null, at: number): void {
  requestAnimationFrame(() => {
    const button = list?.querySelector<HTMLElement>(`[data-at="${at}"] button`)
    button?.focus({ preventScroll: true })
    button?.closest('.log-row')?.scrollIntoView({ block: 'nearest' })
  })
}
