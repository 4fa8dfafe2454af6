import { type ReadonlySignal, useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { formatInstant } from '../design/format.ts'
import { SpokenLanguage, useLanguage } from '../design/language.ts'
import { useWords } from '../design/use-words.ts'
import {
  type ConsentGiven,
  fill,
  type Language,
  type OwnerView,
  type PageHost,
  parseRelayUrl,
} from '../messages/index.ts'

type OptionsPageProps = { host: PageHost; view: ReadonlySignal<OwnerView | null> }

export function OptionsPage(props: OptionsPageProps) {
  return (
    <SpokenLanguage.Provider value={props.host.language}>
      <Frame {...props} />
    </SpokenLanguage.Provider>
  )
}

function Frame({ host, view }: OptionsPageProps) {
  const { options: words } = useWords()
  const now = view.value
  return (
    <main class="page" aria-busy={now === null}>
      <h1>{words.title}</h1>
      {now && (
        <>
          <Relay host={host} relay={now.relay} />
          <Node host={host} node={now.node} />
          <Consent host={host} consent={now.consent} />
        </>
      )}
      <section>
        <h2>{words.readAhead}</h2>
        <p>{words.readAheadText}</p>
      </section>
    </main>
  )
}

type SaveState = { phase: 'idle' } | { phase: 'saved' } | { phase: 'refused'; why: string }

function Relay({ host, relay }: { host: PageHost; relay: OwnerView['relay'] }) {
  const { options: words } = useWords()
  const language = useLanguage()
  return (
    <section class="card">
      <h2>{words.relay}</h2>
      <RelayForm host={host} url={relay.url} />
      <dl class="facts">
        <dt>{words.link}</dt>
        <dd data-testid="relay-link">
          {relay.linkedSince
            ? fill(words.linkedSince, { time: formatInstant(relay.linkedSince, language) })
            : words.notLinked}
        </dd>
      </dl>
    </section>
  )
}

function RelayForm({ host, url }: { host: PageHost; url: string }) {
  const { options: words } = useWords()
  const typed = useSignal<string | null>(null)
  const state = useSignal<SaveState>({ phase: 'idle' })
  const save = async (event: Event) => {
    event.preventDefault()
    state.value = await saveRelayUrl(host, typed.value ?? url)
    if (state.value.phase === 'saved') typed.value = null
  }
  return (
    <form onSubmit={save} noValidate>
      <label for="relay-url">{words.relayLabel}</label>
      <div class="relay-row">
        <input
          id="relay-url"
          type="url"
          inputMode="url"
          spellcheck={false}
          autocomplete="off"
          value={typed.value ?? url}
          onInput={(event) => {
            typed.value = event.currentTarget.value
            state.value = { phase: 'idle' }
          }}
          aria-invalid={state.value.phase === 'refused'}
          aria-describedby="relay-says relay-hint"
          data-testid="relay-url"
        />
        <button type="submit" class="button button-main" data-testid="relay-save">
          {words.save}
        </button>
      </div>
      <div id="relay-says" role="status">
        <SaveOutcome state={state.value} />
      </div>
      <p id="relay-hint" class="soft small hint">
        {words.relayHint}
      </p>
    </form>
  )
}

async function saveRelayUrl(host: PageHost, typed: string): Promise<SaveState> {
  const parsed = parseRelayUrl(typed)
  if (!parsed.ok) return { phase: 'refused', why: parsed.detail }
  const result = await host.background.sendCommand('setRelayUrl', { url: parsed.url })
  return result.ok ? { phase: 'saved' } : { phase: 'refused', why: result.detail }
}

function SaveOutcome({ state }: { state: SaveState }) {
  const { options: words } = useWords()
  switch (state.phase) {
    case 'idle':
      return null
    case 'saved':
      return (
        <p class="done small" data-testid="relay-saved">
          {words.saved}
        </p>
      )
    case 'refused':
      return (
        <p class="problem small" data-testid="relay-problem">
          {state.why}
        </p>
      )
  }
}

function Node({ host, node }: { host: PageHost; node: OwnerView['node'] }) {
  const { options: words } = useWords()
  const language = useLanguage()
  return (
    <section class="card">
      <h2>{words.node}</h2>
      <dl class="facts">
        <Fact label={words.nodeId} testId="node-id">
          {node.id ? <code class="mono">{node.id}</code> : <span class="soft">{words.noNodeId}</span>}
        </Fact>
        <Fact label={words.country} testId="node-country">
          {node.country ? (
            countryName(node.country, language)
          ) : (
            <span class="soft">{words.unknownCountry}</span>
          )}
        </Fact>
        <Fact label={words.extension} testId="extension-version">
          {host.extensionVersion}
        </Fact>
      </dl>
    </section>
  )
}

/** The name with its code, or the code alone for one that the browser does not know. */
function countryName(code: string, language: Language): string {
  const name = new Intl.DisplayNames(language, { type: 'region', fallback: 'none' }).of(code)
  return name ? `${name} (${code})` : code
}

function Consent({ host, consent }: { host: PageHost; consent: ConsentGiven | null }) {
  const { options: words } = useWords()
  return (
    <section class="card">
      <h2>{words.consent}</h2>
      {consent ? <ConsentFacts consent={consent} /> : <p data-testid="no-consent">{words.noConsent}</p>}
      <p>
        <button
          type="button"
          class="button"
          data-testid="open-consent"
          onClick={() => host.openPage('consent')}
        >
          {words.readText}
        </button>
      </p>
    </section>
  )
}

function ConsentFacts({ consent }: { consent: ConsentGiven }) {
  const { options: words } = useWords()
  const language = useLanguage()
  return (
    <dl class="facts">
      <Fact label={words.consentVersion} testId="consent-version">
        {consent.version}
      </Fact>
      <Fact label={words.consentAt} testId="consent-at">
        <time dateTime={consent.agreedAt}>{formatInstant(consent.agreedAt, language)}</time>
      </Fact>
      <Fact label={words.consentHash} testId="consent-sha256">
        <code class="mono">{consent.sha256}</code>
      </Fact>
    </dl>
  )
}

function Fact({ label, testId, children }: { label: string; testId: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{label}</dt>
      <dd data-testid={testId}>{children}</dd>
    </>
  )
}
