import { formatCount, formatPercent } from '../design/format.ts'
import { useLanguage } from '../design/language.ts'
import { type EarningHint, fill, type LinkQuality } from '../messages/index.ts'
import { More } from './more.tsx'
import { usePopupWords } from './popup-words.ts'

const msPerSecond = 1_000

/** The score that the relay picks by, and what it is made of. */
export function Quality({ quality }: { quality: LinkQuality | null }) {
  const { popup } = usePopupWords()
  const words = popup.quality
  const language = useLanguage()
  const score = quality?.scorePercent ?? null
  const glance =
    score === null ? (
      words.unknown
    ) : (
      <>
        <Meter percent={score} />
        <data value={String(score)} data-testid="quality-score">
          {formatPercent(score, language)}
        </data>
      </>
    )
  return (
    <More title={words.title} glance={glance} testId="quality">
      <dl class="parts">
        <Part name={words.reliability} means={words.reliabilityMeans} percent={quality?.reliabilityPercent} />
        <Part name={words.speed} means={words.speedMeans} percent={quality?.speedPercent} />
        <Part name={words.reach} means={words.reachMeans} percent={quality?.reachPercent} />
      </dl>
      {quality && (
        <p class="soft small" data-testid="quality-asked">
          {fill(words.asked, {
            asked: formatCount(quality.askedLastHour, language),
            offered: formatCount(quality.offeredLastHour, language),
          })}{' '}
          {quality.restMs > 0 && fill(words.resting, { seconds: Math.ceil(quality.restMs / msPerSecond) })}
        </p>
      )}
    </More>
  )
}

type PartProps = { name: string; means: string; percent: number | null | undefined }

function Part({ name, means, percent }: PartProps) {
  const language = useLanguage()
  return (
    <div>
      <dt>
        {name}
        <span class="soft small">{means}</span>
      </dt>
      <dd class="numbers">
        <Meter percent={percent ?? 0} />
        <span>{percent == null ? '\u2013' : formatPercent(percent, language)}</span>
      </dd>
    </div>
  )
}

const meterWidth = 56
const meterHeight = 6

/** Seen beside its number, so that it says nothing of its own. */
function Meter({ percent }: { percent: number }) {
  const filled = (Math.min(Math.max(percent, 0), 100) / 100) * meterWidth
  return (
    <svg class="meter" viewBox={`0 0 ${meterWidth} ${meterHeight}`} aria-hidden="true" focusable="false">
      <rect class="meter-all" width={meterWidth} height={meterHeight} rx={meterHeight / 2} />
      {filled > 0 && <rect class="meter-filled" width={filled} height={meterHeight} rx={meterHeight / 2} />}
    </svg>
  )
}

/** Each reason with what there is to know or to do. Not there while nothing holds the earnings down. */
export function Why({ hints }: { hints: EarningHint[] }) {
  const { hints: sentences, popup } = usePopupWords()
  if (hints.length === 0) return null
  return (
    <More title={popup.why.title} glance={fill(popup.why.count, { count: hints.length })} testId="why">
      <ul class="why">
        {hints.map((hint) => (
          <li key={hint} data-testid={`hint-${hint}`}>
            <strong>{sentences[hint].what}</strong> {sentences[hint].todo}
          </li>
        ))}
      </ul>
    </More>
  )
}
