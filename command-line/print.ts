/** How answers look: aligned tables for people, one line of JSON for programs. */

export type TableColumn<Row> = { title: string; align?: 'right'; of: (row: Row) => string }

const gap = '  '

/** A table with a line of titles; `none` where there are no rows. */
export function tableOf<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
  none: string,
): string {
  if (rows.length === 0) return none
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ of }) => of(row)))]
  const widths = columns.map((_, index) => Math.max(...lines.map((cells) => (cells[index] ?? '').length)))
  const pad = (cell: string, index: number) =>
    columns[index]?.align === 'right' ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0)
  return lines.map((cells) => cells.map(pad).join(gap).trimEnd()).join('\n')
}

/** One line; 64-bit numbers are written with all their digits. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? rawJson(String(part)) : part))
}

/** Part of JavaScript since ES2025, and not yet of the types that we compile against. */
const { rawJSON: rawJson } = JSON as typeof JSON & { rawJSON(text: string): unknown }

/** `2026-05-20 14:03`, in UTC. */
export const formatMoment = (moment: Date) => moment.toISOString().slice(0, 16).replace('T', ' ')

/** What would steer a terminal, turn a line around, or be drawn as nothing. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/** What other people named, made safe for a terminal: such characters are shown as `?`. */
export const printable = (text: string) => text.replace(unprintable, '?')

/** `2026-05-20 14:03:07`, in UTC. */
export const formatSecond = (moment: Date) => moment.toISOString().slice(0, 19).replace('T', ' ')
