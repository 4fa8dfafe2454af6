import type { ReadonlySignal } from '@preact/signals'
import { SpokenLanguage } from '../design/language.ts'
import { useWords } from '../design/use-words.ts'
import type { OwnerView, PageHost } from '../messages/index.ts'
import { AccountSection } from './account-section.tsx'
import { ActivitySection } from './activity-section.tsx'
import { AgreementSection } from './agreement-section.tsx'
import { LimitsSection } from './limits-section.tsx'
import { NodeSection, RelaySection } from './relay-section.tsx'
import { RulesSection } from './rules-section.tsx'
import { SettingsProvider } from './settings.tsx'
import { WhenSection } from './when-section.tsx'
import { WithdrawSection } from './withdraw-section.tsx'

type OptionsPageProps = { host: PageHost; view: ReadonlySignal<OwnerView | null> }

export function OptionsPage(props: OptionsPageProps) {
  return (
    <SpokenLanguage.Provider value={props.host.language}>
      <Page {...props} />
    </SpokenLanguage.Provider>
  )
}

function Page({ host, view }: OptionsPageProps) {
  const { options: words } = useWords()
  const now = view.value
  return (
    <main class="page" aria-busy={now === null}>
      <h1>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      {now?.managed.off && <p class="notice earlier">{words.managedOff}</p>}
      <Contents />
      {now && (
        <SettingsProvider host={host} now={now.settings}>
          <WhenSection />
          <LimitsSection line={now.line} />
          <RulesSection />
          <ActivitySection host={host} rows={now.activity.rows} />
          <AccountSection host={host} view={now} />
          <RelaySection host={host} view={now} />
          <NodeSection host={host} node={now.node} />
          <AgreementSection host={host} view={now} />
          <WithdrawSection host={host} view={now} />
        </SettingsProvider>
      )}
      <section>
        <h2>{words.readAhead.title}</h2>
        <p>{words.readAhead.text}</p>
      </section>
    </main>
  )
}

function Contents() {
  const { options: words } = useWords()
  const sections = [
    ['when', words.when.title],
    ['limits', words.limits.title],
    ['rules', words.rules.title],
    ['activity', words.activity.title],
    ['account', words.account.title],
    ['relay', words.relay.title],
    ['agreement', words.agreement.title],
    ['leave', words.withdraw.title],
  ]
  return (
    <nav class="contents" aria-label={words.contents}>
      {sections.map(([id, title]) => (
        <a key={id} href={`#${id}`}>
          {title}
        </a>
      ))}
    </nav>
  )
}
