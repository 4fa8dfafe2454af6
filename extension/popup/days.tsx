import { useSignal } from '@preact/signals'
import { formatBytes, formatBytesExactly, formatDay, formatPoints } from '../design/format.ts'
import { useLanguage } from '../design/language.ts'
import type { DayView } from '../messages/index.ts'
import { usePopupWords } from './popup-words.ts'

/** The last days that each choice counts, today included. */
const rangeDays = { today: 1, week: 7, month: 30 } as const
type Range = keyof typeof rangeDays
const ranges = Object.keys(rangeDays) as Range[]

type DaysProps = { days: DayView[]; todayBytes: number | undefined }

/** Today, a week and a month side by side; the one that is chosen is lit in the chart below. Thirty days stand there always. */
export function Days({ days, todayBytes }: DaysProps) {
  const { popup: words } = usePopupWords()
  const chosen = useSignal<Range>('month')
  const sums = { today: sumOf(days, 1), week: sumOf(days, 7), month: sumOf(days, 30) }
  // The background counts today's bytes to the moment, and the days only now and then.
  const bytesOf = (range: Range) => (range === 'today' ? todayBytes : sums[range].carriedBytes)
  return (
    <section class="days" aria-label={words.earned}>
      <div class="days-ranges" role="radiogroup" aria-label={words.earned}>
        {ranges.map((range) => (
          <RangeTile
            key={range}
            range={range}
            units={days.length > 0 ? sums[range].units : null}
            bytes={bytesOf(range)}
            isChosen={chosen.value === range}
            choose={() => {
              chosen.value = range
            }}
          />
        ))}
      </div>
      <DaysChart days={days} litDays={rangeDays[chosen.value]} />
    </section>
  )
}

/** Of so many of the newest days. */
export function sumOf(days: DayView[], count: number): { units: string; carriedBytes: number } {
  const newest = days.slice(-count)
  return {
    units: String(newest.reduce((sum, { units }) => sum + BigInt(units), 0n)),
    carriedBytes: newest.reduce((sum, { carriedBytes }) => sum + carriedBytes, 0),
  }
}

type RangeTileProps = {
  range: Range
  units: string | null
  bytes: number | undefined
  isChosen: boolean
  choose(): void
}

function RangeTile({ range, units, bytes, isChosen, choose }: RangeTileProps) {
  const { popup: words } = usePopupWords()
  const language = useLanguage()
  return (
    <label class="days-range numbers">
      <input
        type="radio"
        name="range"
        class="unseen"
        checked={isChosen}
        onChange={choose}
        data-testid={`range-${range}`}
      />
      <span class="days-name">{words.ranges[range]}</span>
      <data class="days-points" value={units ?? ''} data-testid={`points-${range}`}>
        {units === null ? '\u2013' : formatPoints(units, language)}
      </data>
      <data
        class="days-bytes"
        value={String(bytes ?? '')}
        title={bytes === undefined ? undefined : formatBytesExactly(bytes, language)}
        data-testid={`carried-${range}`}
      >
        {bytes === undefined ? '\u2013' : formatBytes(bytes, language)}
      </data>
    </label>
  )
}

const chartWidth = 320
const chartHeight = 42
const barGap = 3
/** A day with anything in it is seen, and so is one without. */
const barHeightMin = 3
const emptyHeight = 1.5

/** A bar for each day, as high as its points beside the best day's. Its twin for those who cannot see it is a table. */
function DaysChart({ days, litDays }: { days: DayView[]; litDays: number }) {
  const { popup: words } = usePopupWords()
  const language = useLanguage()
  const best = days.reduce((most, { units }) => Math.max(most, Number(units)), 1)
  const step = (chartWidth + barGap) / rangeDays.month
  const shown = days.slice(-rangeDays.month)
  const firstAt = rangeDays.month - shown.length
  return (
    <>
      <svg
        class="days-chart"
        viewBox={`0 0 ${chartWidth} ${chartHeight}`}
        aria-hidden="true"
        focusable="false"
        data-testid="days-chart"
      >
        {Array.from({ length: rangeDays.month }, (_, index) => {
          const day = shown[index - firstAt]
          const height = barHeight(Number(day?.units ?? 0), best)
          return (
            <rect
              key={day?.day ?? index}
              class="days-bar"
              data-lit={index >= rangeDays.month - litDays}
              x={index * step}
              y={chartHeight - height}
              width={step - barGap}
              height={height}
              rx={Math.min(2, height / 2)}
            >
              {day && (
                <title>{`${formatDay(day.day, language)}: ${formatPoints(day.units, language)} ${words.points}, ${formatBytes(day.carriedBytes, language)}`}</title>
              )}
            </rect>
          )
        })}
      </svg>
      {days.length > 0 ? <DaysTable days={shown} /> : <p class="unseen">{words.chartEmpty}</p>}
    </>
  )
}

function barHeight(units: number, best: number): number {
  if (units <= 0) return emptyHeight
  return Math.max(barHeightMin, (units / best) * chartHeight)
}

function DaysTable({ days }: { days: DayView[] }) {
  const { popup: words } = usePopupWords()
  const language = useLanguage()
  return (
    <table class="unseen">
      <caption>{words.chart}</caption>
      <thead>
        <tr>
          <th scope="col">{words.chartTable.day}</th>
          <th scope="col">{words.chartTable.points}</th>
          <th scope="col">{words.chartTable.carried}</th>
        </tr>
      </thead>
      <tbody>
        {days.map(({ day, units, carriedBytes }) => (
          <tr key={day}>
            <th scope="row">
              <time dateTime={day}>{formatDay(day, language)}</time>
            </th>
            <td>{formatPoints(units, language)}</td>
            <td>{formatBytes(carriedBytes, language)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
