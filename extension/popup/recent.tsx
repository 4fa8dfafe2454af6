import { formatBytes, formatBytesExactly } from '../design/format.ts'
import { useLanguage } from '../design/language.ts'
import type { ActivityRow, PageHost } from '../messages/index.ts'
import { More } from './more.tsx'
import { usePopupWords } from './popup-words.ts'

/** The last few exchanges, and the way to all of them. */
export function Recent({ host, rows }: { host: PageHost; rows: ActivityRow[] }) {
  const { popup } = usePopupWords()
  const words = popup.recent
  return (
    <More title={words.title} glance={rows[0]?.hosts[0] ?? '\u2013'} testId="recent">
      {rows.length === 0 && <p class="soft small">{words.none}</p>}
      <ul class="rows">
        {rows.map((row) => (
          <Exchange key={row.id} row={row} />
        ))}
      </ul>
      <button
        type="button"
        class="button-link small"
        data-testid="open-all"
        onClick={() => host.openPage('activity')}
      >
        {words.all}
      </button>
    </More>
  )
}

function Exchange({ row }: { row: ActivityRow }) {
  const { popup } = usePopupWords()
  const language = useLanguage()
  const bytes = row.upBytes + row.downBytes
  return (
    <li>
      <span class="row-main row-host" title={row.hosts.join(' \u2192 ')}>
        {row.hosts[0] ?? '\u2013'}
      </span>
      <data class="row-end numbers" value={String(bytes)} title={formatBytesExactly(bytes, language)}>
        {formatBytes(bytes, language)}
      </data>
      <span class="row-below soft small">
        <span class="numbers">
          {row.method} {row.status ?? popup.recent.noStatus}
        </span>
        {' \u00b7 '}
        <bdi>{row.customer.label}</bdi>
      </span>
    </li>
  )
}
