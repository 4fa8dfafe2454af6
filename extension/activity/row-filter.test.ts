import { expect, test } from 'vitest'
import type { ActivityRow } from '../messages/index.ts'
import { asLogged, customersOf, filterRows, frequentSites, noFilter, totalsOf } from './row-filter.ts'

const row = (changes: Partial<ActivityRow>) =>
  asLogged(
    {
      id: 1,
      exchangeId: 'x',
      attempt: 1,
      atUnixMs: 1,
      tookMs: 1,
      hosts: ['www.example.org'],
      method: 'GET',
      status: 200,
      upBytes: 0,
      downBytes: 0,
      customer: { id: 'c_1', label: 'Lexicon Labs', purpose: 'search-index', contact: null },
      outcome: 'completed',
      units: '0',
      ...changes,
    },
    'Completed',
  )

const other = { id: 'c_2', label: '雲データ研究所', purpose: null, contact: null }
const rows = [
  row({}),
  row({ hosts: ['a.example.org', 'b.example.net'], method: 'POST', status: 404 }),
  row({ hosts: ['notexample.org'], customer: other }),
  row({ hosts: [], status: null, customer: other }),
]
const shown = (filter: Partial<typeof noFilter>) =>
  filterRows(rows, { ...noFilter, ...filter }).map((fits) => rows.indexOf(fits as (typeof rows)[0]))

test.each([
  [{}, [0, 1, 2, 3]],
  [{ search: 'LEXICON' }, [0, 1]],
  [{ search: '404 post' }, [1]],
  [{ search: 'research-index' }, []],
  [{ search: '雲データ' }, [2, 3]],
  [{ site: 'example.org' }, [0, 1]],
  [{ site: ' .Example.org ' }, [0, 1]],
  [{ site: '*.example.net' }, [1]],
  [{ customerId: 'c_2' }, [2, 3]],
  [{ customerId: 'c_2', site: 'notexample.org' }, [2]],
])('%j shows rows %j', (filter, expected) => {
  expect(shown(filter)).toEqual(expected)
})

test('without a filter the rows are the same list, so that nothing is drawn anew', () => {
  expect(filterRows(rows, noFilter)).toBe(rows)
})

test('totals are sums of what is shown, to the unit', () => {
  const some = [row({ upBytes: 5, downBytes: 1, units: '5' }), row({ upBytes: 7, units: '1000000' })]
  expect(totalsOf(some)).toEqual({ rows: 2, upBytes: 12, downBytes: 1, units: '1000005' })
  expect(totalsOf([])).toEqual({ rows: 0, upBytes: 0, downBytes: 0, units: '0' })
})

test('the sites that occur most come first, each once a row; customers come once, by name', () => {
  const hops = row({ hosts: ['b.example', 'b.example'] })
  expect(frequentSites([hops, row({}), row({})], 5)).toEqual(['www.example.org', 'b.example'])
  expect(frequentSites([hops, row({}), row({})], 1)).toEqual(['www.example.org'])
  expect(customersOf(rows).map(({ id }) => id)).toEqual(['c_1', 'c_2'])
})
