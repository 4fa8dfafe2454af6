import { formatInstant } from '../design/format.ts'
import { useLanguage } from '../design/language.ts'
import { useWords } from '../design/use-words.ts'
import type { ConsentGiven, OwnerView, PageHost } from '../messages/index.ts'
import { Fact } from './facts.tsx'

/** What was agreed to: the version, in which words, and when. */
export function AgreementSection({ host, view }: { host: PageHost; view: OwnerView }) {
  const { options } = useWords()
  const words = options.agreement
  const { consent, sharing } = view
  const isOld = sharing.phase === 'off' && sharing.reason === 'consent-changed'
  return (
    <section class="card" id="agreement">
      <h2>{words.title}</h2>
      {consent ? <ConsentFacts consent={consent} /> : <p data-testid="no-consent">{words.none}</p>}
      {isOld && (
        <p class="notice" data-testid="consent-old">
          {words.changed}
        </p>
      )}
      <div class="buttons">
        <button
          type="button"
          class="button"
          data-testid="open-consent"
          onClick={() => host.openPage('consent')}
        >
          {words.read}
        </button>
      </div>
    </section>
  )
}

function ConsentFacts({ consent }: { consent: ConsentGiven }) {
  const { options } = useWords()
  const words = options.agreement
  const language = useLanguage()
  return (
    <dl class="facts">
      <Fact label={words.version} testId="consent-version">
        {consent.version}
      </Fact>
      {consent.language && (
        <Fact label={words.language} testId="consent-language">
          {words.languages[consent.language]}
        </Fact>
      )}
      <Fact label={words.at} testId="consent-at">
        <time dateTime={consent.agreedAt}>{formatInstant(consent.agreedAt, language)}</time>
      </Fact>
      <Fact label={words.hash} testId="consent-sha256">
        <code class="mono">{consent.sha256}</code>
      </Fact>
    </dl>
  )
}
