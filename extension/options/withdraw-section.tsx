import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { useFailureText } from '../design/failure-text.ts'
import { formatPoints } from '../design/format.ts'
import { useLanguage } from '../design/language.ts'
import { useWords } from '../design/use-words.ts'
import { fill, type OwnerView, type PageHost } from '../messages/index.ts'
import { RecoveryCode } from './recovery-code.tsx'

type WithdrawState = { phase: 'open' | 'asking' | 'unreached' | 'done' } | { phase: 'refused'; why: string }

/** The way out, which says first what goes, what stays, and how the points could be reached again. */
export function WithdrawSection({ host, view }: { host: PageHost; view: OwnerView }) {
  const { options } = useWords()
  const words = options.withdraw
  const dialog = useRef<HTMLDialogElement>(null)
  const isOpen = useSignal(false)
  const { state, withdraw } = useWithdraw(host, () => dialog.current?.close())
  const open = () => {
    state.value = { phase: 'open' }
    isOpen.value = true
    dialog.current?.showModal()
  }
  return (
    <section class="card" id="leave">
      <h2>{words.title}</h2>
      <p>{words.lead}</p>
      <Done isDone={state.value.phase === 'done'} />
      <div class="buttons">
        <button type="button" class="button button-danger" data-testid="open-withdraw" onClick={open}>
          {words.open}
        </button>
      </div>
      <dialog
        ref={dialog}
        class="dialog"
        aria-labelledby="withdraw-heading"
        onClose={() => {
          isOpen.value = false
        }}
        data-testid="withdraw-dialog"
      >
        {isOpen.value && (
          <>
            <h2 id="withdraw-heading">{words.heading}</h2>
            <WhatHappens host={host} view={view} />
            <Decision state={state.value} withdraw={withdraw} cancel={() => dialog.current?.close()} />
          </>
        )}
      </dialog>
    </section>
  )
}

function useWithdraw(host: PageHost, done: () => void) {
  const state = useSignal<WithdrawState>({ phase: 'open' })
  const failureText = useFailureText()
  const withdraw = async (evenUntold: boolean) => {
    state.value = { phase: 'asking' }
    const result = await host.background.sendCommand('withdraw', { evenUntold })
    if (result.ok) {
      state.value = { phase: 'done' }
      done()
    } else if (result.code === 'relay-not-reached') state.value = { phase: 'unreached' }
    else state.value = { phase: 'refused', why: failureText(result) }
  }
  return { state, withdraw }
}

function Done({ isDone }: { isDone: boolean }) {
  const { options } = useWords()
  return (
    <div role="status" data-testid="withdraw-note">
      {isDone && (
        <p class="notice notice-good">
          <strong>{options.withdraw.done}</strong> {options.withdraw.doneText}
        </p>
      )}
    </div>
  )
}

function WhatHappens({ host, view }: { host: PageHost; view: OwnerView }) {
  const { options } = useWords()
  const words = options.withdraw
  const points = formatPoints(view.points.units, useLanguage())
  return (
    <>
      <h3>{words.points}</h3>
      <p data-testid="withdraw-points">{fill(words.pointsText, { points })}</p>
      {view.node.id && <RecoveryCode host={host} makeLabel={words.codeFirst} />}
      <h3>{words.here}</h3>
      <p>{words.hereText}</p>
      <h3>{words.relay}</h3>
      <p>{words.relayText}</p>
    </>
  )
}

type DecisionProps = { state: WithdrawState; withdraw(evenUntold: boolean): void; cancel(): void }

function Decision({ state, withdraw, cancel }: DecisionProps) {
  const { options } = useWords()
  const words = options.withdraw
  const isUnreached = state.phase === 'unreached'
  return (
    <div class="dialog-end">
      <div role="alert">
        {isUnreached && (
          <p class="notice notice-bad" data-testid="withdraw-unreached">
            <strong>{words.unreached}</strong> {words.unreachedText}
          </p>
        )}
        {state.phase === 'refused' && (
          <p class="notice notice-bad" data-testid="withdraw-problem">
            {state.why}
          </p>
        )}
      </div>
      <div class="buttons">
        <button type="button" class="button" data-testid="withdraw-cancel" onClick={cancel}>
          {words.cancel}
        </button>
        <button
          type="button"
          class="button button-danger"
          disabled={state.phase === 'asking'}
          data-testid={isUnreached ? 'withdraw-anyway' : 'withdraw-sure'}
          onClick={() => withdraw(isUnreached)}
        >
          {isUnreached ? words.anyway : words.sure}
        </button>
      </div>
    </div>
  )
}
