import type { ReadonlySignal } from '@preact/signals'
import { SpokenLanguage } from '../design/language.ts'
import type { OwnerView, PageHost } from '../messages/index.ts'
import { Action } from './action.tsx'
import { Days } from './days.tsx'
import { Devices } from './devices.tsx'
import type { LastFigures } from './last-figures.ts'
import { Points } from './points.tsx'
import { usePopupWords } from './popup-words.ts'
import { Quality, Why } from './quality.tsx'
import { Recent } from './recent.tsx'
import { Live, Status } from './status.tsx'

type PopupProps = { host: PageHost; view: ReadonlySignal<OwnerView | null>; lastFigures: LastFigures | null }

/** What matters at a glance stands in sight, in places that never move; what explains it is one click away. */
export function Popup({ host, view, lastFigures }: PopupProps) {
  const now = view.value
  return (
    <SpokenLanguage.Provider value={host.language}>
      <main class="popup" data-fresh={now !== null} aria-busy={now === null}>
        <div class="popup-state">
          <Status view={now} />
          {now && <Live view={now} />}
        </div>
        {now && isNew(now) ? <Welcome /> : <Figures figures={now ?? lastFigures} />}
        <Action host={host} sharing={now?.sharing ?? null} />
        {now && !isNew(now) && (
          <div class="popup-more">
            <Quality quality={now.quality} />
            <Why hints={now.hints} />
            <Devices host={host} devices={now.devices} isLinked={now.relay.linkedSince !== null} />
            <Recent host={host} rows={now.recent} />
          </div>
        )}
      </main>
      <Foot host={host} />
    </SpokenLanguage.Provider>
  )
}

/** Nobody has agreed to anything yet, and nothing was earned: there are no figures to look at. */
const isNew = ({ consent, node, carried }: OwnerView): boolean =>
  consent === null && node.id === null && carried.totalBytes === 0

function Figures({ figures }: { figures: LastFigures | null }) {
  return (
    <>
      <Points units={figures?.points.units ?? null} totalBytes={figures?.carried.totalBytes} />
      <Days days={figures?.days ?? []} todayBytes={figures?.carried.todayBytes} />
    </>
  )
}

/** What this is, in three sentences, for whoever opens the popup before the agreement. */
function Welcome() {
  const { popup: words } = usePopupWords()
  return (
    <ul class="popup-welcome" data-testid="welcome">
      {Object.entries(words.welcome).map(([name, sentence]) => (
        <li key={name}>{sentence}</li>
      ))}
    </ul>
  )
}

function Foot({ host }: { host: PageHost }) {
  const { popup: words } = usePopupWords()
  const links = [
    { page: 'activity', label: words.activity, testId: 'open-activity' },
    { page: 'options', label: words.options, testId: 'open-options' },
    { page: 'consent', label: words.agreement, testId: 'reread-consent' },
  ] as const
  return (
    <nav class="popup-foot">
      {links.map(({ page, label, testId }) => (
        <button
          key={page}
          type="button"
          class="button-link"
          data-testid={testId}
          onClick={() => host.openPage(page)}
        >
          {label}
        </button>
      ))}
    </nav>
  )
}
