import { formatBytes, formatBytesExactly, formatPoints } from '../design/format.ts'
import { useLanguage } from '../design/language.ts'
import { fill } from '../messages/index.ts'
import { useCount } from './count.ts'
import { usePopupWords } from './popup-words.ts'

/** Above this many characters the figure is set smaller, so that it stays on one line. */
const pointsLengthLarge = 11

type PointsProps = { units: string | null; totalBytes: number | undefined }

/** The account's points, counting up to the newest figure, and what was carried for them. */
export function Points({ units, totalBytes }: PointsProps) {
  const { popup: words } = usePopupWords()
  const language = useLanguage()
  const { counted, isCounting } = useCount(units)
  const shown = counted === null ? '\u2013' : formatPoints(counted, language)
  return (
    <p class={`popup-points numbers ${shown.length > pointsLengthLarge ? 'long' : ''}`}>
      <data value={units ?? ''} data-testid="points" data-counting={isCounting}>
        {shown}
      </data>
      <span class="soft">{words.points}</span>
      {totalBytes !== undefined && (
        <data
          class="popup-total soft small"
          value={String(totalBytes)}
          title={formatBytesExactly(totalBytes, language)}
          data-testid="carried-total"
        >
          {fill(words.carriedInAll, { bytes: formatBytes(totalBytes, language) })}
        </data>
      )}
    </p>
  )
}
