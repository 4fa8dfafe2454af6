import { type Signal, useSignal } from '@preact/signals'
import type { PageHost } from '../messages/index.ts'
import type { ActivityRows } from './activity-rows.ts'
import { ModalDialog } from './modal-dialog.tsx'
import type { Speech } from './speech.ts'

type DeleteDialogProps = { host: PageHost; log: ActivityRows; deleted: Signal<boolean>; speech: Speech }

type Step = { phase: 'closed' } | { phase: 'asking' } | { phase: 'failed'; why: string }

/** The button that deletes the log, and the question before it does. */
export function DeleteDialog({ host, log, deleted, speech }: DeleteDialogProps) {
  const step = useSignal<Step>({ phase: 'closed' })
  const become = (next: Step) => {
    step.value = next
  }
  const clear = async () => {
    const result = await host.background.sendCommand('clearActivity')
    if (!result.ok) return become({ phase: 'failed', why: result.detail })
    deleted.value = true
    become({ phase: 'closed' })
    log.reload()
  }
  return (
    <>
      <button
        type="button"
        class="button button-small"
        data-testid="delete-log"
        onClick={() => become({ phase: 'asking' })}
      >
        {speech.words.deleteAll}
      </button>
      {step.value.phase !== 'closed' && (
        <Question step={step.value} speech={speech} clear={clear} close={() => become({ phase: 'closed' })} />
      )}
    </>
  )
}

type QuestionProps = {
  step: Exclude<Step, { phase: 'closed' }>
  speech: Speech
  clear(): void
  close(): void
}

function Question({ step, speech: { words }, clear, close }: QuestionProps) {
  return (
    <ModalDialog title={words.deleteQuestion} closeLabel={words.details.close} close={close}>
      <p>{words.deleteHint}</p>
      {step.phase === 'failed' && (
        <p class="notice notice-bad" role="alert">
          {step.why}
        </p>
      )}
      <div class="log-actions">
        <button type="button" class="button button-main" data-testid="delete-yes" onClick={clear}>
          {words.deleteYes}
        </button>
        <button type="button" class="button" onClick={close}>
          {words.refuse.no}
        </button>
      </div>
    </ModalDialog>
  )
}
