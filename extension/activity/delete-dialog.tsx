import { type Signal, useSignal } from '@preact/signals'
import type { PageHost } from '../messages/index.ts'
import type { ActivityRows } from './activity-rows.ts'
import { ModalDialog } from './modal-dialog.tsx'
import type { Speech } from './speech.ts'

type DeleteDialogProps = { host: PageHost; log: ActivityRows; deleted: Signal<boolean>; speech: Speech }

type Step = { phase: 'closed' } | { phase: 'asking' } | { phase: 'failed'; why: string }

/** The button that deletes the log, and the question before it does. */
export function DeleteDialog({ host, log, deleted, speech: { words } }: DeleteDialogProps) {
  const step = useSignal<Step>({ phase: 'closed' })
  const close = () => {
    step.value = { phase: 'closed' }
  }
  const clear = async () => {
    const result = await host.background.sendCommand('clearActivity')
    if (!result.ok) {
      step.value = { phase: 'failed', why: result.detail }
      return
    }
    deleted.value = true
    close()
    log.reload()
  }
  return (
    <>
      <button
        type="button"
        class="button button-small"
        data-testid="delete-log"
        onClick={() => {
          step.value = { phase: 'asking' }
        }}
      >
        {words.deleteAll}
      </button>
      {step.value.phase !== 'closed' && (
        <ModalDialog title={words.deleteQuestion} closeLabel={words.details.close} close={close}>
          <p>{words.deleteHint}</p>
          {step.value.phase === 'failed' && (
            <p class="notice notice-bad" role="alert">
              {step.value.why}
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
      )}
    </>
  )
}
