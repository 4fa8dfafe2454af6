import type { Signal } from '@preact/signals'
import type { ActivityCustomer } from '../messages/index.ts'
import { noFilter, type RowFilter } from './row-filter.ts'
import type { Speech } from './speech.ts'

type FilterBarProps = {
  filter: Signal<RowFilter>
  sites: readonly string[]
  customers: readonly ActivityCustomer[]
  speech: Speech
}

export function FilterBar({ filter, sites, customers, speech: { words } }: FilterBarProps) {
  const change = (part: Partial<RowFilter>) => {
    filter.value = { ...filter.value, ...part }
  }
  const { search, site, customerId } = filter.value
  return (
    <search>
      <form class="log-filters" aria-label={words.filters} onSubmit={(event) => event.preventDefault()}>
        <label>
          <span>{words.search}</span>
          <input
            type="search"
            value={search}
            placeholder={words.searchHint}
            data-testid="filter-search"
            onInput={({ currentTarget }) => change({ search: currentTarget.value })}
          />
        </label>
        <label>
          <span>{words.site}</span>
          <input
            type="text"
            list="log-sites"
            value={site}
            placeholder={words.anySite}
            autocomplete="off"
            spellcheck={false}
            data-testid="filter-site"
            onInput={({ currentTarget }) => change({ site: currentTarget.value })}
          />
          <datalist id="log-sites">
            {sites.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </label>
        <label>
          <span>{words.customer}</span>
          <select
            value={customerId}
            data-testid="filter-customer"
            onChange={({ currentTarget }) => change({ customerId: currentTarget.value })}
          >
            <option value="">{words.anyCustomer}</option>
            {customers.map(({ id, label }) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          class="button-link"
          disabled={filter.value === noFilter || (search === '' && site === '' && customerId === '')}
          data-testid="filter-clear"
          onClick={() => {
            filter.value = noFilter
          }}
        >
          {words.clearFilters}
        </button>
      </form>
    </search>
  )
}
