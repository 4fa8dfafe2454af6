import { type ReadonlySignal, useComputed, useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { formatDate, formatInstant } from '../design/format.ts'
import { SpokenLanguage, useLanguage } from '../design/language.ts'
import { OwnerQuestion, type QuestionName, questionNames } from '../design/owner-questions.tsx'
import { useWords } from '../design/use-words.ts'
import {
  type ConsentGiven,
  fill,
  type OwnerAnswers,
  type OwnerView,
  type PageHost,
} from '../messages/index.ts'
import { consentDate, consentTexts, consentToday, consentVersion } from './consent-text.ts'
import { DecisionBar } from './decision-bar.tsx'

type ConsentPageProps = { host: PageHost; view: ReadonlySignal<OwnerView | null> }

export function ConsentPage(props: ConsentPageProps) {
  return (
    <SpokenLanguage.Provider value={props.host.language}>
      <Agreement {...props} />
    </SpokenLanguage.Provider>
  )
}

/** The text, the questions, and the decision, which stays in sight. */
function Agreement({ host, view }: ConsentPageProps) {
  const given = useSignal<Partial<OwnerAnswers>>({})
  const answers = useComputed(() => ({ ...answersBefore(view.value), ...given.value }))
  const isAsked = useSignal(false)
  const groups = useRef(new Map<QuestionName, HTMLFieldSetElement>())
  const standing = standingConsent(view.value)
  const open = questionNames.filter((name) => answers.value[name] === null)
  const askForAnswers = () => {
    isAsked.value = true
    const [first] = open
    if (first) groups.current.get(first)?.querySelector('input')?.focus()
  }
  return (
    <main class="page">
      <Earlier view={view.value} standing={standing} />
      <Text />
      {!standing && (
        <Questions
          answers={answers.value}
          answer={(more) => {
            given.value = { ...given.value, ...more }
          }}
          isAsked={isAsked.value}
          groups={groups.current}
        />
      )}
      <DecisionBar
        host={host}
        standing={standing}
        answers={answers.value}
        openQuestions={open.length}
        askForAnswers={askForAnswers}
      />
    </main>
  )
}

/** What the owner told before, in an earlier agreement, is still their answer. */
function answersBefore(view: OwnerView | null): OwnerAnswers {
  const { mode = null, unlimitedConnection = null, shareOnBattery = null } = view?.settings ?? {}
  return { mode, unlimitedConnection, shareOnBattery }
}

/** The agreement to this very text that still stands, in whatever language; null where there is one to be made. */
function standingConsent(view: OwnerView | null): ConsentGiven | null {
  if (!view?.consent || !isOfToday(view.consent)) return null
  const { sharing } = view
  const isIncomplete =
    sharing.phase === 'off' &&
    (sharing.reason === 'permission-missing' || sharing.reason === 'questions-open')
  return isIncomplete ? null : view.consent
}

const isOfToday = ({ version, sha256 }: ConsentGiven): boolean =>
  version === consentToday.version && consentToday.sha256s.includes(sha256)

function Text() {
  const { title, lead, sections } = consentTexts[useLanguage()]
  return (
    <>
      <h1>{title}</h1>
      <p class="lead">{lead}</p>
      {sections.map(({ heading, points }, index) => (
        // The first section is the short version, set apart for those who read nothing else.
        <section key={heading} class={index === 0 ? 'card' : undefined}>
          <h2>{heading}</h2>
          <ul>
            {points.map((point) => (
              <li key={point}>{point}</li>
            ))}
          </ul>
        </section>
      ))}
    </>
  )
}

/** What this owner agreed to before, where that does not stand any more, and why. */
function Earlier({ view, standing }: { view: OwnerView | null; standing: ConsentGiven | null }) {
  const { consent: words } = useWords()
  const language = useLanguage()
  const before = view?.consent
  if (!before || standing) return null
  const time = formatInstant(before.agreedAt, language)
  if (isOfToday(before))
    return view.sharing.phase === 'off' && view.sharing.reason === 'permission-missing' ? (
      <p class="notice earlier" data-testid="consent-access-gone">
        {fill(words.accessGone, { time })}
      </p>
    ) : null
  const values = {
    before: before.version,
    now: consentVersion,
    time,
    date: formatDate(consentDate, language),
  }
  return (
    <div class="notice earlier" data-testid="consent-changed">
      <p>
        <strong>{words.changed}</strong>
      </p>
      <p>{fill(words.changedWhen, values)}</p>
      <p>{words.new}</p>
      <ul>
        {consentTexts[language].changes.map((change) => (
          <li key={change}>{change}</li>
        ))}
      </ul>
    </div>
  )
}

type QuestionsProps = {
  answers: OwnerAnswers
  answer(given: Partial<OwnerAnswers>): void
  isAsked: boolean
  groups: Map<QuestionName, HTMLFieldSetElement>
}

function Questions({ answers, answer, isAsked, groups }: QuestionsProps) {
  const { questions, consent: words } = useWords()
  return (
    <section class="card" id="questions">
      <h2>{questions.heading}</h2>
      <p class="soft">{questions.lead}</p>
      {questionNames.map((question) => (
        <OwnerQuestion
          key={question}
          question={question}
          answers={answers}
          answer={answer}
          missing={isAsked && answers[question] === null ? words.missing : undefined}
          groupRef={(group) => {
            if (group) groups.set(question, group)
          }}
        />
      ))}
    </section>
  )
}
