import type { ActivityRow } from '../messages/index.ts'

/** So many rows are written at a time: between two slices the page can draw. */
const sliceRows = 5_000

const columns = [
  'time',
  'site',
  'redirectedTo',
  'method',
  'status',
  'bytesToRelay',
  'bytesFromRelay',
  'customer',
  'purpose',
  'contact',
  'customerId',
  'outcome',
  'points',
  'tookMs',
  'exchangeId',
  'attempt',
] as const

export type ExportedRow = Record<(typeof columns)[number], string | number | null>

export const exportFormats = {
  csv: { mime: 'text/csv;charset=utf-8', write: writeCsv },
  json: { mime: 'application/json', write: writeJson },
} as const
export type ExportFormat = keyof typeof exportFormats

/** The parts of the file, in turn. Times are ISO 8601 in UTC, points have six decimals: nothing is rounded. */
function* writeCsv(rows: readonly ActivityRow[]): Generator<string> {
  // The mark tells spreadsheets that this is UTF-8. RFC 4180 wants CRLF.
  yield `\ufeff${columns.join(',')}\r\n`
  for (const slice of slicesOf(rows)) yield slice.map(csvLine).join('')
}

function* writeJson(rows: readonly ActivityRow[]): Generator<string> {
  yield '['
  let separator = '\n'
  for (const slice of slicesOf(rows)) {
    yield separator + slice.map((row) => JSON.stringify(exportedRow(row))).join(',\n')
    separator = ',\n'
  }
  yield '\n]\n'
}

function* slicesOf(rows: readonly ActivityRow[]): Generator<readonly ActivityRow[]> {
  for (let at = 0; at < rows.length; at += sliceRows) yield rows.slice(at, at + sliceRows)
}

function exportedRow(row: ActivityRow): ExportedRow {
  const { hosts, customer } = row
  return {
    time: new Date(row.atUnixMs).toISOString(),
    site: hosts[0] ?? '',
    redirectedTo: hosts.slice(1).join(' '),
    method: row.method,
    status: row.status,
    bytesToRelay: row.upBytes,
    bytesFromRelay: row.downBytes,
    customer: customer.label,
    purpose: customer.purpose,
    contact: customer.contact,
    customerId: customer.id,
    outcome: row.outcome,
    points: exactPoints(row.units),
    tookMs: row.tookMs,
    exchangeId: row.exchangeId,
    attempt: row.attempt,
  }
}

function csvLine(row: ActivityRow): string {
  const cells = exportedRow(row)
  return `${columns.map((column) => csvCell(cells[column])).join(',')}\r\n`
}

/**
 * A spreadsheet runs a cell that begins with one of these as a formula, so it gets an apostrophe before it, which shows it as text. Where
 * the computer's language separates by semicolon or tab, quotes do not hold our cell together: one may begin in its middle, or on its next line.
 */
const formulaStarts = /(^|[;\t\r\n])(?=\s*[=+\-@＝＋－＠]|[\t\r\n])/g

function csvCell(value: string | number | null): string {
  if (typeof value !== 'string' || value === '') return String(value ?? '')
  const harmless = value.replaceAll(formulaStarts, "$1'")
  return `"${harmless.replaceAll('"', '""')}"`
}

function exactPoints(units: string): string {
  const digits = units.padStart(7, '0')
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`
}
