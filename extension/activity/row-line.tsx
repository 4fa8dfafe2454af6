import { fill } from '../messages/language.ts'
import type { LoggedRow } from './row-filter.ts'
import { plural, type Speech } from './speech.ts'

type RowLineProps = {
  row: LoggedRow
  at: number
  topPx: number
  speech: Speech
  isActive: boolean
  focused(): void
  open(row: LoggedRow): void
}

/** One exchange. The whole line can be clicked; for keyboards and screen readers the site's name is the button. */
export function RowLine({ row, at, topPx, speech, isActive, focused, open }: RowLineProps) {
  const { words } = speech
  return (
    <tr
      class="log-row"
      aria-rowindex={at + 2}
      style={{ transform: `translateY(${topPx}px)` }}
      data-at={at}
      data-testid="log-row"
      onClick={() => open(row)}
    >
      <td class="log-time">
        <time dateTime={new Date(row.atUnixMs).toISOString()}>{speech.moment(row.atUnixMs)}</time>
      </td>
      <td class="log-site">
        <button
          type="button"
          class="log-open"
          title={row.hosts.at(-1)}
          tabIndex={isActive ? 0 : -1}
          onFocus={focused}
        >
          {row.hosts.at(-1) ?? words.noSite}
        </button>
        <Redirects row={row} speech={speech} />
      </td>
      <td class="log-method">{row.method}</td>
      <td class="log-status">{row.status ?? <span title={words.noStatus}>–</span>}</td>
      <Amount name="up" label={words.toRelay} bytes={row.upBytes} speech={speech} />
      <Amount name="down" label={words.fromRelay} bytes={row.downBytes} speech={speech} />
      <td class="log-customer">
        <bdi class="log-label">{row.customer.label}</bdi>
        <bdi class="soft log-purpose">{row.customer.purpose ?? words.noPurpose}</bdi>
      </td>
      <td class="log-outcome" data-kind={kindOf(row)}>
        {speech.outcome(row.outcome)}
      </td>
      <td class="log-points numbers" data-unit={words.pointsUnit}>
        {speech.points(row.units)}
      </td>
    </tr>
  )
}

function Redirects({ row, speech: { words } }: Pick<RowLineProps, 'row' | 'speech'>) {
  const count = row.hosts.length - 1
  if (count < 1) return null
  const said = fill(plural(words.redirects, count), { count })
  return (
    <span class="log-redirects soft" title={row.hosts.join(' → ')}>
      {said}
    </span>
  )
}

type AmountProps = { name: string; label: string; bytes: number; speech: Speech }

function Amount({ name, label, bytes, speech }: AmountProps) {
  return (
    <td class={`log-${name} numbers`} title={`${label}: ${speech.bytesExactly(bytes)}`}>
      {bytes === 0 ? <span class="soft">0</span> : speech.bytes(bytes)}
    </td>
  )
}

/** What the owner might look for has a colour: what failed, and what this browser itself refused or stopped. */
function kindOf({ outcome }: LoggedRow): 'good' | 'own' | 'failed' {
  if (outcome === 'completed') return 'good'
  return outcome === 'stopped' || outcome.startsWith('owner-') || outcome === 'policy-refused'
    ? 'own'
    : 'failed'
}
