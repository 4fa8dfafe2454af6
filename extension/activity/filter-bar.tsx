import type { Signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
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
  const { search, site, customerId } = filter.value
  const change = (part: Partial<RowFilter>) => {
    filter.value = { ...filter.value, ...part }
  }
  return (
    <search>
      <form class="log-filters" aria-label={words.filters} onSubmit={(event) => event.preventDefault()}>
        <Labelled label={words.search}>
          <input
            type="search"
            value={search}
            placeholder={words.searchHint}
            data-testid="filter-search"
            onInput={({ currentTarget }) => change({ search: currentTarget.value })}
          />
        </Labelled>
        <SiteFilter site={site} sites={sites} words={words} choose={(chosen) => change({ site: chosen })} />
        <CustomerFilter
          customerId={customerId}
          customers={customers}
          words={words}
          choose={(chosen) => change({ customerId: chosen })}
        />
        <button
          type="button"
          class="button-link"
          disabled={search === '' && site === '' && customerId === ''}
          data-testid="filter-clear"
          onClick={() => change(noFilter)}
        >
          {words.clearFilters}
        </button>
      </form>
    </search>
  )
}

function Labelled({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is among the children
    <label>
      <span>{label}</span>
      {children}
    </label>
  )
}

type Words = Speech['words']

/** Any name can be typed; those that occur most are offered. */
function SiteFilter(props: {
  site: string
  sites: readonly string[]
  words: Words
  choose(site: string): void
}) {
  const { site, sites, words, choose } = props
  return (
    <Labelled label={words.site}>
      <input
        type="text"
        list="log-sites"
        value={site}
        placeholder={words.anySite}
        autocomplete="off"
        spellcheck={false}
        data-testid="filter-site"
        onInput={({ currentTarget }) => choose(currentTarget.value)}
      />
      <datalist id="log-sites">
        {sites.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </Labelled>
  )
}

type CustomerFilterProps = {
  customerId: string
  customers: readonly ActivityCustomer[]
  words: Words
  choose(customerId: string): void
}

function CustomerFilter({ customerId, customers, words, choose }: CustomerFilterProps) {
  return (
    <Labelled label={words.customer}>
      <select
        value={customerId}
        data-testid="filter-customer"
        onChange={({ currentTarget }) => choose(currentTarget.value)}
      >
        <option value="">{words.anyCustomer}</option>
        {customers.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </select>
    </Labelled>
  )
}
