import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { useFailureText } from '../design/failure-text.ts'
import { useWords } from '../design/use-words.ts'
import type { PageHost } from '../messages/index.ts'

type CodeState =
  | { phase: 'none' | 'asking' | 'kept' }
  | { phase: 'shown'; code: string }
  | { phase: 'refused'; why: string }

/** Makes a code and shows it until the owner says that it is kept; then it is gone from here too. */
export function RecoveryCode({ host, makeLabel }: { host: PageHost; makeLabel: string }) {
  const { options } = useWords()
  const words = options.account
  const state = useSignal<CodeState>({ phase: 'none' })
  const failureText = useFailureText()
  const make = async () => {
    state.value = { phase: 'asking' }
    const result = await host.background.sendCommand('makeRecoveryCode')
    state.value = result.ok
      ? { phase: 'shown', code: result.value.code }
      : { phase: 'refused', why: failureText(result) }
  }
  const now = state.value
  if (now.phase === 'shown')
    return (
      <ShownCode
        code={now.code}
        kept={() => {
          state.value = { phase: 'kept' }
        }}
      />
    )
  return (
    <div class="buttons">
      <button
        type="button"
        class="button"
        data-testid="make-code"
        disabled={now.phase === 'asking'}
        onClick={make}
      >
        {makeLabel}
      </button>
      <span role="status" data-testid="code-note">
        {now.phase === 'kept' && <span class="done small">{words.keptDone}</span>}
        {now.phase === 'refused' && <span class="problem small">{now.why}</span>}
      </span>
    </div>
  )
}

function ShownCode({ code, kept }: { code: string; kept(): void }) {
  const { options } = useWords()
  const words = options.account
  const isCopied = useSignal(false)
  const field = useRef<HTMLTextAreaElement>(null)
  const copy = async () => {
    field.current?.select()
    await navigator.clipboard.writeText(code)
    isCopied.value = true
  }
  return (
    <div class="notice shown-code">
      <p>{words.codeShown}</p>
      <textarea
        ref={field}
        class="code"
        readOnly
        rows={2}
        spellcheck={false}
        aria-label={words.code}
        value={code}
        data-testid="recovery-code"
      />
      <div class="buttons">
        <button type="button" class="button" data-testid="copy-code" onClick={copy}>
          {isCopied.value ? words.copied : words.copy}
        </button>
        <button type="button" class="button button-main" data-testid="kept-code" onClick={kept}>
          {words.kept}
        </button>
      </div>
    </div>
  )
}
