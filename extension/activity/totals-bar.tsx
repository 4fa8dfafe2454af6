import type { ComponentChildren } from 'preact'
import { fill } from '../messages/language.ts'
import type { Totals } from './row-filter.ts'
import { plural, type Speech } from './speech.ts'

type TotalsBarProps = { totals: Totals; allRows: number; speech: Speech; children: ComponentChildren }

/** What all shown rows are together; `children` are what can be done with them. */
export function TotalsBar({ totals, allRows, speech, children }: TotalsBarProps) {
  const { words } = speech
  return (
    <div class="log-bar">
      <dl class="log-totals numbers" aria-label={words.totals} data-testid="totals">
        <div>
          <dt>{plural(words.exchanges, totals.rows)}</dt>
          <dd>
            <data value={totals.rows} data-testid="total-rows">
              {speech.count(totals.rows)}
            </data>
            {totals.rows !== allRows && (
              <span class="soft log-of-all">{fill(words.ofAll, { count: speech.count(allRows) })}</span>
            )}
          </dd>
        </div>
        <Amount label={words.toRelay} testId="total-up" bytes={totals.upBytes} speech={speech} />
        <Amount label={words.fromRelay} testId="total-down" bytes={totals.downBytes} speech={speech} />
        <div>
          <dt>{words.points}</dt>
          <dd>
            <data value={totals.units} data-testid="total-points">
              {speech.points(totals.units)}
            </data>
          </dd>
        </div>
      </dl>
      <div class="log-tools">{children}</div>
    </div>
  )
}

type AmountProps = { label: string; testId: string; bytes: number; speech: Speech }

function Amount({ label, testId, bytes, speech }: AmountProps) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <data value={bytes} data-testid={testId} title={speech.bytesExactly(bytes)}>
          {speech.bytes(bytes)}
        </data>
      </dd>
    </div>
  )
}
