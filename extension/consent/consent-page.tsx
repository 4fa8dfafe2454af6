import { type ReadonlySignal, useSignal } from '@preact/signals'
import { formatInstant } from '../design/format.ts'
import { SpokenLanguage, useLanguage } from '../design/language.ts'
import { useWords } from '../design/use-words.ts'
import type { Words } from '../messages/en.ts'
import type { ConsentGiven, OwnerView, PageHost } from '../messages/index.ts'
import { type ConsentSection, consentTexts, consentToday, consentVersion } from './consent-text.ts'

type ConsentPageProps = { host: PageHost; view: ReadonlySignal<OwnerView | null> }

/** Where the decision stands in this tab. `refused` keeps the reason that the owner is told. */
type Decision =
  | { phase: 'open' }
  | { phase: 'asking' }
  | { phase: 'refused'; why: string }
  | { phase: 'agreed' }
  | { phase: 'declined' }

export function ConsentPage(props: ConsentPageProps) {
  return (
    <SpokenLanguage.Provider value={props.host.language}>
      <Frame {...props} />
    </SpokenLanguage.Provider>
  )
}

function Frame({ host, view }: ConsentPageProps) {
  const { title, lead, sections } = consentTexts[host.language]
  return (
    <main class="page">
      <h1>{title}</h1>
      <p class="lead">{lead}</p>
      {sections.map((section, index) => (
        <Section key={section.heading} section={section} card={index === 0} />
      ))}
      <DecisionBar host={host} before={agreedBefore(view.value)} />
    </main>
  )
}

/** The first section is the short version, set apart for those who read nothing else. */
function Section({ section, card }: { section: ConsentSection; card: boolean }) {
  return (
    <section class={card ? 'card' : undefined}>
      <h2>{section.heading}</h2>
      <ul>
        {section.points.map((point) => (
          <li key={point}>{point}</li>
        ))}
      </ul>
    </section>
  )
}

/** The agreement to this very text that still stands, with the browser's access; null when there is one to be made. */
function agreedBefore(view: OwnerView | null): ConsentGiven | null {
  if (!view || !consentToday.sha256s.includes(view.consent?.sha256 ?? '')) return null
  const accessGone = view.sharing.phase === 'off' && view.sharing.reason === 'permission-missing'
  return accessGone ? null : view.consent
}

function DecisionBar({ host, before }: { host: PageHost; before: ConsentGiven | null }) {
  const { consent: words } = useWords()
  const { sha256 } = consentTexts[host.language]
  const decision = useSignal<Decision>({ phase: 'open' })
  const decide = async (outcome: Promise<Decision>) => {
    decision.value = { phase: 'asking' }
    decision.value = await outcome
  }
  const mayAgree = isAgreeOffered(decision.value, before)
  return (
    <div class="decision">
      <Outcome decision={decision.value} before={before} />
      <Buttons
        decision={decision.value}
        mayAgree={mayAgree}
        agree={() => decide(agree(host, words))}
        decline={() => decide(decline(host))}
      />
      <p class="soft small">
        {words.version} {consentVersion}
        {' \u00b7 '}
        <span class="mono" data-testid="consent-sha256" title={`SHA-256: ${sha256}`}>
          {sha256.slice(0, 16)}
        </span>
        {mayAgree && ` \u00b7 ${words.browserAsksNext}`}
      </p>
    </div>
  )
}

/** What was answered is not offered again; the other answer always is. */
function isAgreeOffered(decision: Decision, before: ConsentGiven | null): boolean {
  return decision.phase === 'declined' || (decision.phase !== 'agreed' && before === null)
}

/** The prompt must be asked for before anything is awaited: browsers show it only inside the click. */
async function agree(host: PageHost, words: Words['consent']): Promise<Decision> {
  const granted = await host.requestHostAccess().catch(() => false)
  if (!granted) return { phase: 'refused', why: words.accessDenied }
  const result = await host.background.sendCommand('agree', {
    version: consentVersion,
    sha256: consentTexts[host.language].sha256,
    language: host.language,
    answers: { mode: 'always', unlimitedConnection: true, shareOnBattery: true },
  })
  return result.ok ? { phase: 'agreed' } : { phase: 'refused', why: result.detail }
}

async function decline(host: PageHost): Promise<Decision> {
  const result = await host.background.sendCommand('decline')
  return result.ok ? { phase: 'declined' } : { phase: 'refused', why: result.detail }
}

function Outcome({ decision, before }: { decision: Decision; before: ConsentGiven | null }) {
  const { consent: words } = useWords()
  switch (decision.phase) {
    case 'refused':
      return (
        <p class="notice notice-bad" role="alert" data-testid="consent-problem">
          {decision.why}
        </p>
      )
    case 'agreed':
      return <Settled testId="consent-agreed" good what={words.agreed} next={words.agreedHint} />
    case 'declined':
      return <Settled testId="consent-declined" what={words.declined} next={words.declinedHint} />
    case 'open':
    case 'asking':
      return before && <AgreedBefore given={before} />
  }
}

type SettledProps = { testId: string; good?: boolean; what: string; next: string }

function Settled({ testId, good = false, what, next }: SettledProps) {
  return (
    <p class={`notice ${good ? 'notice-good' : ''}`} role="status" data-testid={testId}>
      <strong>{what}</strong> {next}
    </p>
  )
}

function AgreedBefore({ given }: { given: ConsentGiven }) {
  const { consent: words } = useWords()
  const language = useLanguage()
  return (
    <p class="notice notice-good" data-testid="consent-before">
      {words.agreedBefore} <strong>{formatInstant(given.agreedAt, language)}</strong>.
    </p>
  )
}

type ButtonsProps = { decision: Decision; mayAgree: boolean; agree(): void; decline(): void }

function Buttons({ decision, mayAgree, agree, decline }: ButtonsProps) {
  const { consent: words } = useWords()
  const busy = decision.phase === 'asking'
  return (
    <div class="decision-buttons">
      {mayAgree && (
        <button
          type="button"
          class="button button-main"
          data-testid="consent-agree"
          disabled={busy}
          onClick={agree}
        >
          {words.agree}
        </button>
      )}
      {decision.phase !== 'declined' && (
        <button type="button" class="button" data-testid="consent-decline" disabled={busy} onClick={decline}>
          {words.decline}
        </button>
      )}
    </div>
  )
}
