import { useSignal } from '@preact/signals'
import { useFailureText } from '../design/failure-text.ts'
import { formatDate, formatInstant } from '../design/format.ts'
import { useLanguage } from '../design/language.ts'
import { useWords } from '../design/use-words.ts'
import { type ConsentGiven, fill, type OwnerAnswers, type PageHost } from '../messages/index.ts'
import { consentDate, consentTexts, consentVersion } from './consent-text.ts'

type DecisionBarProps = {
  host: PageHost
  standing: ConsentGiven | null
  answers: OwnerAnswers
  openQuestions: number
  /** Brings the owner to the first open question. */
  askForAnswers(): void
}

/** Where the decision stands in this tab. `refused` keeps the reason that the owner is told. */
type Decision =
  | { phase: 'open' }
  | { phase: 'asking' }
  | { phase: 'refused'; why: string }
  | { phase: 'agreed' }
  | { phase: 'declined' }

export function DecisionBar({ host, standing, answers, openQuestions, askForAnswers }: DecisionBarProps) {
  const decision = useSignal<Decision>({ phase: 'open' })
  const decider = useDecider(host)
  const settle = async (outcome: Promise<Decision>) => {
    decision.value = { phase: 'asking' }
    decision.value = await outcome
  }
  const mayAgree = isAgreeOffered(decision.value, standing)
  const isReady = openQuestions === 0
  return (
    <div class="decision">
      <Outcome host={host} decision={decision.value} standing={standing} />
      {mayAgree && !isReady && <OpenQuestions count={openQuestions} goThere={askForAnswers} />}
      <Buttons
        isBusy={decision.value.phase === 'asking'}
        agree={
          mayAgree
            ? { isReady, do: () => void (isReady ? settle(decider.agree(answers)) : askForAnswers()) }
            : null
        }
        decline={decision.value.phase === 'declined' ? null : () => settle(decider.decline())}
      />
      <Fingerprint language={host.language} isAsking={mayAgree} />
    </div>
  )
}

/** What was answered is not offered again; the other answer always is. */
function isAgreeOffered(decision: Decision, standing: ConsentGiven | null): boolean {
  return decision.phase === 'declined' || (decision.phase !== 'agreed' && standing === null)
}

function useDecider(host: PageHost) {
  const { consent: words } = useWords()
  const failureText = useFailureText()
  return {
    /** The prompt must be asked for before anything is awaited: browsers show it only inside the click. */
    async agree(answers: OwnerAnswers): Promise<Decision> {
      const granted = await host.requestHostAccess().catch(() => false)
      if (!granted) return { phase: 'refused', why: words.accessDenied }
      const { language } = host
      const { sha256 } = consentTexts[language]
      const result = await host.background.sendCommand('agree', {
        version: consentVersion,
        sha256,
        language,
        answers,
      })
      return result.ok ? { phase: 'agreed' } : { phase: 'refused', why: failureText(result) }
    },
    async decline(): Promise<Decision> {
      const result = await host.background.sendCommand('decline')
      return result.ok ? { phase: 'declined' } : { phase: 'refused', why: failureText(result) }
    },
  }
}

type OutcomeProps = { host: PageHost; decision: Decision; standing: ConsentGiven | null }

function Outcome({ host, decision, standing }: OutcomeProps) {
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
      return standing && <AgreedBefore host={host} given={standing} />
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

function AgreedBefore({ host, given }: { host: PageHost; given: ConsentGiven }) {
  const { consent: words } = useWords()
  const time = formatInstant(given.agreedAt, useLanguage())
  return (
    <p class="notice notice-good" data-testid="consent-before">
      <strong>{fill(words.agreedBefore, { time })}</strong> {words.yourAnswers}{' '}
      <button type="button" class="button-link" onClick={() => host.openPage('options')}>
        {words.openOptions}
      </button>
    </p>
  )
}

/** The button stays where it is and can be pressed, because a dead button does not say what it waits for. */
function OpenQuestions({ count, goThere }: { count: number; goThere(): void }) {
  const { consent: words } = useWords()
  const sentence = count === 1 ? words.openQuestions.one : fill(words.openQuestions.other, { count })
  return (
    <p class="decision-open" id="questions-open" data-testid="questions-open">
      <strong>{sentence}</strong>{' '}
      <button type="button" class="button-link" onClick={goThere}>
        {words.toQuestions}
      </button>
    </p>
  )
}

type ButtonsProps = {
  isBusy: boolean
  /** Null where it is not offered. */
  agree: { isReady: boolean; do(): void } | null
  decline: (() => void) | null
}

function Buttons({ isBusy, agree, decline }: ButtonsProps) {
  const { consent: words } = useWords()
  return (
    <div class="decision-buttons">
      {agree && (
        <button
          type="button"
          class="button button-main"
          data-testid="consent-agree"
          disabled={isBusy}
          aria-describedby={agree.isReady ? undefined : 'questions-open'}
          onClick={agree.do}
        >
          {words.agree}
        </button>
      )}
      {decline && (
        <button
          type="button"
          class="button"
          data-testid="consent-decline"
          disabled={isBusy}
          onClick={decline}
        >
          {words.decline}
        </button>
      )}
    </div>
  )
}

function Fingerprint({ language, isAsking }: { language: PageHost['language']; isAsking: boolean }) {
  const { consent: words } = useWords()
  const { sha256 } = consentTexts[language]
  return (
    <p class="soft small">
      {fill(words.version, { version: consentVersion, date: formatDate(consentDate, language) })}
      {' \u00b7 '}
      <span class="mono" data-testid="consent-sha256" title={`SHA-256: ${sha256}`}>
        {sha256.slice(0, 16)}
      </span>
      {isAsking && ` \u00b7 ${words.browserAsksNext}`}
    </p>
  )
}
