import { type ReadonlySignal, type Signal, useComputed, useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { ActivityRow, OwnerView, PageHost } from '../messages/index.ts'
import { fill } from '../messages/language.ts'
import { type ActivityRows, createActivityRows, rowsMax } from './activity-rows.ts'
import { DeleteDialog } from './delete-dialog.tsx'
import { downloadRows } from './download.ts'
import { FilterBar } from './filter-bar.tsx'
import { RowDetails } from './row-details.tsx'
import { customersOf, filterRows, frequentSites, noFilter, type RowFilter, totalsOf } from './row-filter.ts'
import { RowList } from './row-list.tsx'
import { plural, type Speech } from './speech.ts'
import { TotalsBar } from './totals-bar.tsx'

/** A list of more names than this is no help. */
const sitesOffered = 200

type ActivityPageProps = { host: PageHost; view: ReadonlySignal<OwnerView | null>; speech: Speech }

export function ActivityPage({ host, view, speech }: ActivityPageProps) {
  const log = useMemo(() => createActivityRows(host, view, speech), [host, view, speech])
  useEffect(() => log.stop, [log])
  const filter = useSignal<RowFilter>(noFilter)
  const deleted = useSignal(false)
  const isEmpty = log.rows.value.length === 0
  return (
    <main
      class="page log-page"
      aria-busy={log.state.value.phase === 'reading'}
      data-phase={log.state.value.phase}
    >
      <Heading host={host} view={view} speech={speech} />
      <Trouble log={log} speech={speech} />
      {isEmpty ? (
        <Empty log={log} deleted={deleted.value} speech={speech} />
      ) : (
        <Log host={host} log={log} view={view} filter={filter} speech={speech} deleted={deleted} />
      )}
    </main>
  )
}

function Heading({ host, view, speech: { words } }: ActivityPageProps) {
  const days = view.value?.settings.keepActivityDays
  return (
    <header class="log-heading">
      <h1>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      {days !== undefined && (
        <p class="soft small" data-testid="kept">
          {fill(plural(words.kept, days), { count: days })}{' '}
          <button type="button" class="button-link" onClick={() => host.openPage('options')}>
            {words.changeKept}
          </button>
        </p>
      )}
    </header>
  )
}

function Trouble({ log, speech: { words } }: { log: ActivityRows; speech: Speech }) {
  const state = log.state.value
  if (state.phase !== 'failed') return null
  return (
    <p class="notice notice-bad" role="alert" data-testid="log-problem">
      <strong>{words.failed}</strong> {state.why}{' '}
      <button type="button" class="button-link" data-testid="log-again" onClick={log.reload}>
        {words.tryAgain}
      </button>
    </p>
  )
}

function Empty({ log, deleted, speech: { words } }: { log: ActivityRows; deleted: boolean; speech: Speech }) {
  const { phase } = log.state.value
  if (phase === 'failed') return null
  if (phase === 'reading')
    return (
      <p class="soft log-reading" role="status">
        {words.reading}
      </p>
    )
  return (
    <div class="card log-empty" role="status" data-testid={deleted ? 'log-deleted' : 'log-empty'}>
      <h2>{deleted ? words.deletedTitle : words.emptyTitle}</h2>
      <p class="soft">{deleted ? words.deleted : words.empty}</p>
    </div>
  )
}

type LogProps = {
  host: PageHost
  log: ActivityRows
  view: ReadonlySignal<OwnerView | null>
  filter: Signal<RowFilter>
  deleted: Signal<boolean>
  speech: Speech
}

function Log({ host, log, view, filter, deleted, speech }: LogProps) {
  const shown = useComputed(() => filterRows(log.rows.value, filter.value))
  const totals = useComputed(() => totalsOf(shown.value))
  const sites = useComputed(() => frequentSites(log.rows.value, sitesOffered))
  const customers = useComputed(() => customersOf(log.rows.value))
  const opened = useSignal<ActivityRow | null>(null)
  const { words } = speech
  return (
    <>
      <FilterBar filter={filter} sites={sites.value} customers={customers.value} speech={speech} />
      <TotalsBar totals={totals.value} allRows={log.rows.value.length} speech={speech}>
        <Export label={words.exportCsv} testId="export-csv" run={() => downloadRows(shown.value, 'csv')} />
        <Export label={words.exportJson} testId="export-json" run={() => downloadRows(shown.value, 'json')} />
        <DeleteDialog host={host} log={log} deleted={deleted} speech={speech} />
      </TotalsBar>
      <Reading log={log} all={view.value?.activity.rows ?? 0} speech={speech} />
      {shown.value.length > 0 ? (
        <RowList
          rows={shown.value}
          speech={speech}
          open={(row) => {
            opened.value = row
          }}
        />
      ) : (
        <p class="soft log-reading" role="status" data-testid="log-nothing-fits">
          {words.nothingFits}
        </p>
      )}
      {opened.value && (
        <RowDetails
          key={opened.value.id}
          row={opened.value}
          host={host}
          speech={speech}
          close={() => {
            opened.value = null
          }}
        />
      )}
    </>
  )
}

function Export({ label, testId, run }: { label: string; testId: string; run(): Promise<void> }) {
  return (
    <button type="button" class="button button-small" data-testid={testId} onClick={run}>
      {label}
    </button>
  )
}

type ReadingProps = { log: ActivityRows; all: number; speech: Speech }

/** Says what is not among the rows: not yet, or not at all. */
function Reading({ log, all, speech }: ReadingProps) {
  const { words, count } = speech
  const rows = log.rows.value.length
  const isReading = log.state.value.phase === 'reading' && all > rows
  if (!isReading && rows < rowsMax) return null
  const sentence = isReading
    ? fill(words.readingOlder, { count: count(rows), all: count(all) })
    : fill(words.newestOnly, { count: count(rows) })
  return (
    <p class="soft small log-note" data-testid="log-note">
      {sentence}
    </p>
  )
}
