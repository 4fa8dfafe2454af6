import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { formatRate, formatUntil } from '../design/format.ts'
import { useLanguage } from '../design/language.ts'
import { fill, type OwnerView, type Sharing, toneOf } from '../messages/index.ts'
import { type PopupWords, usePopupWords } from './popup-words.ts'

/** The state in one sentence, why, and until when. */
export function Status({ view }: { view: OwnerView | null }) {
  const words = usePopupWords()
  const sharing = view?.sharing ?? null
  const off = sharing?.phase === 'off' ? sharing : null
  return (
    <div
      class="popup-status"
      role="status"
      data-testid="status"
      data-phase={sharing?.phase ?? 'unknown'}
      data-reason={off?.reason}
    >
      <h1>
        <span class="lamp" data-tone={sharing ? toneOf(sharing) : 'rest'} />
        {headline(sharing, words.status)}
      </h1>
      {view ? <Sentence view={view} /> : <Silence />}
      {off?.detail && (
        <p class="soft small" data-testid="status-detail">
          {off.detail}
        </p>
      )}
    </div>
  )
}

/** Why, and until when where that is known. */
function Sentence({ view }: { view: OwnerView }) {
  const words = usePopupWords()
  const language = useLanguage()
  const { sharing } = view
  const untilUnixMs = untilOf(view)
  if (untilUnixMs === null) return <p>{sentence(sharing, words)}</p>
  const time = formatUntil(untilUnixMs, Date.now(), language)
  const isPaused = sharing.phase === 'off' && sharing.reason === 'paused-by-you'
  return (
    <p>
      {!isPaused && `${sentence(sharing, words)} `}
      <time dateTime={new Date(untilUnixMs).toISOString()} data-testid="until">
        {fill(isPaused ? words.popup.pausedUntil : words.popup.until, { time })}
      </time>
    </p>
  )
}

function untilOf({ sharing, pause }: OwnerView): number | null {
  if (sharing.phase === 'sharing') return null
  const { reason, untilUnixMs = reason === 'paused-by-you' ? pause?.untilUnixMs : null } = sharing
  return untilUnixMs ?? null
}

/** A background that wakes answers well within this time. */
const silenceMs = 5_000

/** Says so when no snapshot came, in place of looking for ever. */
function Silence() {
  const { status } = usePopupWords()
  const isLate = useSignal(false)
  useEffect(() => {
    const timer = setTimeout(() => {
      isLate.value = true
    }, silenceMs)
    return () => clearTimeout(timer)
  }, [isLate])
  return isLate.value ? <p>{status.silent}</p> : null
}

/** What the owner chose and what ends by itself has a word of its own; the rest is not sharing. */
function headline(sharing: Sharing | null, words: PopupWords['status']): string {
  if (!sharing) return words.looking
  if (sharing.phase === 'sharing') return words.sharing
  switch (sharing.reason) {
    case 'connecting':
      return words.connecting
    case 'paused-by-you':
      return words.paused
    case 'outside-schedule':
    case 'you-are-here':
    case 'on-battery':
    case 'hour-cap-reached':
    case 'day-cap-reached':
    case 'month-cap-reached':
      return words.resting
    default:
      return words.off
  }
}

function sentence(sharing: Sharing, { notSharing, status }: PopupWords): string {
  if (sharing.phase === 'off') return notSharing[sharing.reason]
  return sharing.exchangesInFlight > 0 ? status.working : status.waiting
}

/** No part of the status region: a screen reader would read out every change of it. */
export function Live({ view: { sharing, live } }: { view: OwnerView }) {
  const { popup: words } = usePopupWords()
  const language = useLanguage()
  if (sharing.phase !== 'sharing') return null
  const count = sharing.exchangesInFlight
  return (
    <p class="popup-live numbers" data-testid="live">
      <span>
        <data value={String(count)} data-testid="in-flight">
          {count}
        </data>{' '}
        {count === 1 ? words.inFlight.one : words.inFlight.other}
      </span>
      {live.bytesPerSecond > 0 && <span>{formatRate(live.bytesPerSecond, language)}</span>}
    </p>
  )
}
