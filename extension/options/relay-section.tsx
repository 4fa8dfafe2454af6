import { useSignal } from '@preact/signals'
import { useFailureText } from '../design/failure-text.ts'
import { formatInstant } from '../design/format.ts'
import { useLanguage } from '../design/language.ts'
import { useWords } from '../design/use-words.ts'
import { fill, type Language, type OwnerView, type PageHost, parseRelayUrl } from '../messages/index.ts'
import { Fact } from './facts.tsx'

export function RelaySection({ host, view }: { host: PageHost; view: OwnerView }) {
  const { options } = useWords()
  const words = options.relay
  const language = useLanguage()
  const { relay, managed } = view
  return (
    <section class="card" id="relay">
      <h2>{words.title}</h2>
      <RelayForm host={host} url={relay.url} isFixed={managed.relayUrl} />
      <dl class="facts">
        <Fact label={words.link} testId="relay-link">
          {relay.linkedSince
            ? fill(words.linkedSince, { time: formatInstant(relay.linkedSince, language) })
            : words.notLinked}
        </Fact>
      </dl>
    </section>
  )
}

type SaveState = { phase: 'idle' } | { phase: 'saved' } | { phase: 'refused'; why: string }
type RelayFormProps = { host: PageHost; url: string; isFixed: boolean }

/** The one field with a button: a half-typed address must not be dialled. */
function RelayForm({ host, url, isFixed }: RelayFormProps) {
  const { options } = useWords()
  const words = options.relay
  const typed = useSignal<string | null>(null)
  const state = useSignal<SaveState>({ phase: 'idle' })
  const saveRelayUrl = useSaveRelayUrl(host)
  const save = async (event: Event) => {
    event.preventDefault()
    state.value = await saveRelayUrl(typed.value ?? url)
    if (state.value.phase === 'saved') typed.value = null
  }
  return (
    <form onSubmit={save} noValidate>
      <label for="relay-url">{words.label}</label>
      <div class="input-row">
        <input
          id="relay-url"
          type="url"
          inputMode="url"
          class="input-text mono"
          spellcheck={false}
          autocomplete="off"
          readOnly={isFixed}
          value={typed.value ?? url}
          onInput={(event) => {
            typed.value = event.currentTarget.value
            state.value = { phase: 'idle' }
          }}
          aria-invalid={state.value.phase === 'refused'}
          aria-describedby="relay-says relay-hint"
          data-testid="relay-url"
        />
        {!isFixed && (
          <button type="submit" class="button button-main" data-testid="relay-save">
            {words.save}
          </button>
        )}
      </div>
      <div id="relay-says" class="save-note" role="status">
        <SaveOutcome state={state.value} />
      </div>
      <RelayHint isFixed={isFixed} />
    </form>
  )
}

function RelayHint({ isFixed }: { isFixed: boolean }) {
  const { options } = useWords()
  return (
    <p id="relay-hint" class="soft small hint" data-testid="relay-hint">
      {isFixed && <strong>{options.fixed} </strong>}
      {options.relay.hint}
    </p>
  )
}

function useSaveRelayUrl(host: PageHost): (typed: string) => Promise<SaveState> {
  const { relayUrlProblems } = useWords()
  const failureText = useFailureText()
  return async (typed) => {
    const parsed = parseRelayUrl(typed)
    if (!parsed.ok) return { phase: 'refused', why: relayUrlProblems[parsed.code] }
    const result = await host.background.sendCommand('setRelayUrl', { url: parsed.url })
    return result.ok ? { phase: 'saved' } : { phase: 'refused', why: failureText(result) }
  }
}

function SaveOutcome({ state }: { state: SaveState }) {
  const { options } = useWords()
  switch (state.phase) {
    case 'idle':
      return null
    case 'saved':
      return (
        <p class="done small" data-testid="relay-saved">
          {options.relay.saved}
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

export function NodeSection({ host, node }: { host: PageHost; node: OwnerView['node'] }) {
  const { options } = useWords()
  const words = options.node
  const language = useLanguage()
  return (
    <section class="card" id="node">
      <h2>{words.title}</h2>
      <dl class="facts">
        <Fact label={words.id} testId="node-id">
          {node.id ? <code class="mono">{node.id}</code> : <span class="soft">{words.noId}</span>}
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
