import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useFailureText } from '../design/failure-text.ts'
import { formatBytes, formatInstant } from '../design/format.ts'
import { useLanguage } from '../design/language.ts'
import { useWords } from '../design/use-words.ts'
import { type DeviceView, fill, type OwnerView, type PageHost } from '../messages/index.ts'
import { RecoveryCode } from './recovery-code.tsx'

/** Whose points these are: the devices of the account, and the code that opens it again. */
export function AccountSection({ host, view }: { host: PageHost; view: OwnerView }) {
  const { options } = useWords()
  const words = options.account
  const hasAccount = view.node.id !== null
  return (
    <section class="card" id="account">
      <h2>{words.title}</h2>
      <p class="soft">{words.lead}</p>
      {hasAccount ? (
        <>
          <h3>{words.devices}</h3>
          <Devices host={host} devices={view.devices} isLinked={view.relay.linkedSince !== null} />
          <h3>{words.code}</h3>
          <p class="soft small">{words.codeHint}</p>
          <RecoveryCode host={host} makeLabel={words.makeCode} />
          <h3>{words.useCode}</h3>
          <p class="soft small">{words.useCodeHint}</p>
          <UseCode host={host} />
        </>
      ) : (
        <p data-testid="no-account">{words.noNode}</p>
      )}
    </section>
  )
}

type DevicesProps = { host: PageHost; devices: DeviceView[] | null; isLinked: boolean }

function Devices({ host, devices, isLinked }: DevicesProps) {
  const { options } = useWords()
  const words = options.account
  const failure = useSignal<string | null>(null)
  const failureText = useFailureText()
  const ask = async () => {
    const result = await host.background.sendCommand('listDevices')
    failure.value = result.ok ? null : failureText(result)
  }
  // Once, when the page opens, over the link that stands. Without one nothing connects but on the owner's click.
  useEffect(() => {
    if (isLinked) void ask()
  }, [])
  return (
    <>
      {devices ? (
        <ul class="devices" data-testid="devices">
          {devices.map((device) => (
            <Device key={device.nodeId} device={device} />
          ))}
        </ul>
      ) : (
        <p class="soft small">{words.noDevices}</p>
      )}
      <p role="status" class="problem small" data-testid="devices-problem">
        {failure.value}
      </p>
      <button type="button" class="button-link small" data-testid="ask-devices" onClick={ask}>
        {words.refresh}
      </button>
    </>
  )
}

function Device({ device }: { device: DeviceView }) {
  const { options, popup } = useWords()
  const words = options.account
  const language = useLanguage()
  const state = device.linked
    ? words.linked
    : fill(words.lastSeen, { time: formatInstant(device.lastSeenUnixMs, language) })
  return (
    <li>
      <span class="lamp" data-tone={device.linked ? 'good' : 'rest'} />
      <span>
        <strong>{device.isThisOne ? words.thisOne : popup.devices.kinds[device.kind]}</strong>
        {device.country && ` ${device.country}`}
        <span class="soft small device-below">
          {state}
          {' \u00b7 '}
          {fill(words.carried, { bytes: formatBytes(device.carriedBytes, language) })}
          {' \u00b7 '}
          <code class="mono">{device.nodeId}</code>
        </span>
      </span>
    </li>
  )
}

type UseState = { phase: 'idle' | 'asking' | 'used' } | { phase: 'refused'; why: string }

function UseCode({ host }: { host: PageHost }) {
  const { options } = useWords()
  const words = options.account
  const typed = useSignal('')
  const state = useSignal<UseState>({ phase: 'idle' })
  const failureText = useFailureText()
  const use = async (event: Event) => {
    event.preventDefault()
    state.value = { phase: 'asking' }
    const result = await host.background.sendCommand('useRecoveryCode', { code: typed.value })
    state.value = result.ok ? { phase: 'used' } : { phase: 'refused', why: failureText(result) }
    if (result.ok) typed.value = ''
  }
  return (
    <form onSubmit={use} noValidate>
      <div class="input-row">
        <input
          type="text"
          class="input-text"
          spellcheck={false}
          autocomplete="off"
          autocapitalize="characters"
          aria-label={words.useCodeLabel}
          aria-invalid={state.value.phase === 'refused'}
          aria-describedby="use-code-note"
          value={typed.value}
          onInput={(event) => {
            typed.value = event.currentTarget.value
          }}
          data-testid="use-code-input"
        />
        <button
          type="submit"
          class="button"
          data-testid="use-code"
          disabled={state.value.phase === 'asking' || typed.value.trim() === ''}
        >
          {words.use}
        </button>
      </div>
      <UseNote state={state.value} />
    </form>
  )
}

function UseNote({ state }: { state: UseState }) {
  const { options } = useWords()
  return (
    <div id="use-code-note" class="save-note" role="status" data-testid="use-code-note">
      {state.phase === 'used' && <p class="done small">{options.account.used}</p>}
      {state.phase === 'refused' && <p class="problem small">{state.why}</p>}
    </div>
  )
}
