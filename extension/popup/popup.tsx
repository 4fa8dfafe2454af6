import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { formatBytes, formatBytesExactly, formatPoints, formatRate } from '../design/format.ts'
import { SpokenLanguage, useLanguage } from '../design/language.ts'
import { commandDone } from '../messages/commands.ts'
import type { CommandResult, OwnerView, PageHost, Sharing } from '../messages/index.ts'
import type { LastFigures } from './last-figures.ts'
import { type NextAction, nextAction } from './next-action.ts'
import { type PopupWords, usePopupWords } from './popup-words.ts'

type PopupProps = { host: PageHost; view: ReadonlySignal<OwnerView | null>; lastFigures: LastFigures | null }

export function Popup(props: PopupProps) {
  return (
    <SpokenLanguage.Provider value={props.host.language}>
      <Frame {...props} />
    </SpokenLanguage.Provider>
  )
}

function Frame({ host, view, lastFigures }: PopupProps) {
  const words = usePopupWords()
  const now = view.value
  const figures = now ?? lastFigures
  return (
    <main class="popup" data-fresh={now !== null} aria-busy={now === null}>
      <div class="popup-state">
        <Status sharing={now?.sharing ?? null} />
        {now && <Live view={now} />}
      </div>
      <Points units={figures?.points.units ?? null} />
      <dl class="popup-carried numbers">
        <Carried
          label={words.popup.carriedToday}
          bytes={figures?.carried.todayBytes}
          testId="carried-today"
        />
        <Carried
          label={words.popup.carriedTotal}
          bytes={figures?.carried.totalBytes}
          testId="carried-total"
        />
      </dl>
      {now && <Action host={host} action={nextAction(now.sharing, words.popup)} />}
      <Foot host={host} agreed={now !== null && now.consent !== null} />
    </main>
  )
}

function Status({ sharing }: { sharing: Sharing | null }) {
  const words = usePopupWords()
  const reason = sharing?.phase === 'off' ? sharing.reason : undefined
  return (
    <div
      class="popup-status"
      role="status"
      data-testid="status"
      data-phase={sharing?.phase ?? 'unknown'}
      data-reason={reason}
    >
      <h1>
        <span class="lamp" data-tone={toneOf(sharing)} />
        {headline(sharing, words)}
      </h1>
      {sharing ? <p>{sentence(sharing, words)}</p> : <Silence />}
      {sharing?.phase === 'off' && sharing.detail && (
        <p class="soft small" data-testid="status-detail">
          {sharing.detail}
        </p>
      )}
    </div>
  )
}

/** A background that wakes answers well within this time. */
const silenceMs = 5_000

/** Says so when no snapshot came, in place of looking for ever. */
function Silence() {
  const words = usePopupWords()
  const isLate = useSignal(false)
  useEffect(() => {
    const timer = setTimeout(() => {
      isLate.value = true
    }, silenceMs)
    return () => clearTimeout(timer)
  }, [isLate])
  return isLate.value ? <p>{words.status.silent}</p> : null
}

/** Trouble is what the owner did not choose and what does not pass by itself. */
function toneOf(sharing: Sharing | null): 'good' | 'rest' | 'trouble' {
  if (!sharing) return 'rest'
  if (sharing.phase === 'sharing') return 'good'
  switch (sharing.reason) {
    case 'consent-not-given':
    case 'consent-declined':
    case 'switched-off-by-organisation':
    case 'paused-by-you':
    case 'outside-schedule':
    case 'you-are-here':
    case 'on-battery':
    case 'data-saver':
    case 'hour-cap-reached':
    case 'day-cap-reached':
    case 'month-cap-reached':
    case 'connecting':
    case 'relay-draining':
      return 'rest'
    case 'consent-changed':
    case 'questions-open':
    case 'presence-unknown':
    case 'power-unknown':
    case 'connection-limited':
    case 'relay-unreachable':
    case 'relay-refused':
    case 'version-mismatch':
    case 'permission-missing':
    case 'address-lock-missing':
    case 'private-address-answered':
    case 'replaced-by-another-install':
      return 'trouble'
  }
}

function headline(sharing: Sharing | null, words: PopupWords): string {
  if (!sharing) return words.status.looking
  if (sharing.phase === 'sharing') return words.status.sharing
  return sharing.reason === 'connecting' ? words.status.connecting : words.status.off
}

function sentence(sharing: Sharing, words: PopupWords): string {
  if (sharing.phase === 'off') return words.notSharing[sharing.reason]
  return sharing.exchangesInFlight > 0 ? words.status.working : words.status.waiting
}

/** No part of the status region: a screen reader would read out every change of it. */
function Live({ view: { sharing, live } }: { view: OwnerView }) {
  const words = usePopupWords()
  const language = useLanguage()
  if (sharing.phase !== 'sharing') return null
  const count = sharing.exchangesInFlight
  return (
    <p class="popup-live numbers" data-testid="live">
      <span>
        <data value={String(count)} data-testid="in-flight">
          {count}
        </data>{' '}
        {count === 1 ? words.popup.inFlight.one : words.popup.inFlight.other}
      </span>
      {live.bytesPerSecond > 0 && <span>{formatRate(live.bytesPerSecond, language)}</span>}
    </p>
  )
}

/** Above this many characters the figure is set smaller, so that it stays on one line. */
const pointsLengthLarge = 11

function Points({ units }: { units: string | null }) {
  const words = usePopupWords()
  const language = useLanguage()
  const shown = units === null ? '\u2013' : formatPoints(units, language)
  return (
    <p class={`popup-points numbers ${shown.length > pointsLengthLarge ? 'long' : ''}`}>
      <data value={units ?? ''} data-testid="points">
        {shown}
      </data>
      <span class="soft">{words.popup.points}</span>
    </p>
  )
}

function Carried({ label, bytes, testId }: { label: string; bytes: number | undefined; testId: string }) {
  const language = useLanguage()
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        {bytes === undefined ? (
          '\u2013'
        ) : (
          <data value={String(bytes)} title={formatBytesExactly(bytes, language)} data-testid={testId}>
            {formatBytes(bytes, language)}
          </data>
        )}
      </dd>
    </div>
  )
}

function Action({ host, action }: { host: PageHost; action: NextAction }) {
  const failure = useSignal<string | null>(null)
  const busy = useSignal(false)
  if (action.kind === 'none') return null
  const act = async () => {
    busy.value = true
    const result = await perform(host, action.kind)
    failure.value = result.ok ? null : result.detail
    busy.value = false
  }
  return (
    <div class="popup-action">
      {failure.value && (
        <p class="notice notice-bad small" role="alert" data-testid="action-problem">
          {failure.value}
        </p>
      )}
      <button
        type="button"
        class={action.kind === 'pause' ? 'button' : 'button button-main'}
        data-testid={action.kind}
        disabled={busy.value}
        onClick={act}
      >
        {action.label}
      </button>
    </div>
  )
}

async function perform(host: PageHost, kind: 'pause' | 'resume' | 'open-consent'): Promise<CommandResult> {
  if (kind === 'pause') return host.background.sendCommand('pause', { for: 'until-resumed' })
  if (kind === 'resume') return host.background.sendCommand('resume')
  await host.openPage('consent')
  return commandDone
}

function Foot({ host, agreed }: { host: PageHost; agreed: boolean }) {
  const words = usePopupWords()
  return (
    <nav class="popup-foot">
      <button
        type="button"
        class="button-link"
        data-testid="open-options"
        onClick={() => host.openPage('options')}
      >
        {words.popup.options}
      </button>
      {agreed && (
        <button
          type="button"
          class="button-link"
          data-testid="reread-consent"
          onClick={() => host.openPage('consent')}
        >
          {words.popup.agreement}
        </button>
      )}
    </nav>
  )
}
