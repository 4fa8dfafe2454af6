/** Rows drawn above and below what is seen, so that a quick scroll finds them there. */
export const spareRows = 12

export type Span = { first: number; end: number }

/** Which rows of a list are drawn: those that its window shows, and a few more on both sides. Pure. */
export function spanOf(list: {
  rows: number
  rowPx: number
  /** From the list's first pixel to the first that is seen; negative while the list begins below that. */
  scrolledPx: number
  windowPx: number
}): Span {
  const { rows, rowPx, scrolledPx, windowPx } = list
  const first = Math.floor(scrolledPx / rowPx) - spareRows
  const end = Math.ceil((scrolledPx + windowPx) / rowPx) + spareRows
  return { first: within(first, rows), end: within(end, rows) }
}

/** The row that a key leads to, or null where the key is none of the list's. */
export function rowByKey(key: string, at: { row: number; rows: number; pageRows: number }): number | null {
  const steps: Record<string, number> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: at.pageRows,
    PageUp: -at.pageRows,
    Home: -at.rows,
    End: at.rows,
  }
  const step = steps[key]
  return step === undefined ? null : Math.max(0, Math.min(at.rows - 1, at.row + step))
}

const within = (row: number, rows: number): number => Math.max(0, Math.min(rows, row))
