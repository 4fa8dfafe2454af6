import type { ActivityCustomer, ActivityRow } from '../messages/index.ts'

/** A row with what a search looks through, in lower case: made once, because every key stroke looks at every row. */
export type LoggedRow = ActivityRow & { readonly text: string }

/** Empty texts let everything through. `site` stands for a name and all below it. */
export type RowFilter = { search: string; site: string; customerId: string }

export const noFilter: RowFilter = { search: '', site: '', customerId: '' }

export type Totals = { rows: number; upBytes: number; downBytes: number; units: string }

export function asLogged(row: ActivityRow, outcome: string): LoggedRow {
  const { hosts, method, status, customer } = row
  const parts = [...hosts, method, status ?? '', customer.label, customer.purpose ?? '', outcome, row.outcome]
  return { ...row, text: parts.join('\n').toLowerCase() }
}

/** Every word of the search must be somewhere in the row. */
export function filterRows(rows: readonly LoggedRow[], filter: RowFilter): readonly LoggedRow[] {
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean)
  const site = filter.site
    .trim()
    .toLowerCase()
    .replace(/^\*?\./, '')
  const { customerId } = filter
  if (words.length === 0 && site === '' && customerId === '') return rows
  return rows.filter(
    (row) =>
      (customerId === '' || row.customer.id === customerId) &&
      (site === '' || row.hosts.some((host) => isWithin(host, site))) &&
      words.every((word) => row.text.includes(word)),
  )
}

export function totalsOf(rows: readonly ActivityRow[]): Totals {
  let [upBytes, downBytes, units] = [0, 0, 0]
  // A row's units are far below what a double holds exactly, and so is the sum of all that are shown.
  for (const row of rows) {
    upBytes += row.upBytes
    downBytes += row.downBytes
    units += Number(row.units)
  }
  return { rows: rows.length, upBytes, downBytes, units: String(units) }
}

/** The sites that occur most, to choose from. */
export function frequentSites(rows: readonly ActivityRow[], most: number): string[] {
  const counts = new Map<string, number>()
  for (const { hosts } of rows)
    for (const host of new Set(hosts)) counts.set(host, (counts.get(host) ?? 0) + 1)
  const bySize = [...counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1))
  return bySize.slice(0, most).map(([host]) => host)
}

/** Each customer once, with the newest label, by label. */
export function customersOf(rows: readonly ActivityRow[]): ActivityCustomer[] {
  const found = new Map<string, ActivityCustomer>()
  for (const { customer } of rows) if (!found.has(customer.id)) found.set(customer.id, customer)
  return [...found.values()].sort((a, b) => a.label.localeCompare(b.label))
}

const isWithin = (host: string, site: string): boolean => host === site || host.endsWith(`.${site}`)
