import { useSignal } from '@preact/signals'
import { commandDone } from '../messages/commands.ts'
import {
  type CommandResult,
  type PageHost,
  type PauseLength,
  pauseLengths,
  type Sharing,
} from '../messages/index.ts'
import { type NextAction, nextAction } from './next-action.ts'
import { useAnswerText, usePopupWords } from './popup-words.ts'

type Act = (doing: Promise<CommandResult>) => Promise<void>

/** What this state offers: pause with its three lengths, resume, or the agreement. The place for it is always there. */
export function Action({ host, sharing }: { host: PageHost; sharing: Sharing | null }) {
  const failure = useSignal<string | null>(null)
  const isBusy = useSignal(false)
  const answerText = useAnswerText()
  const act: Act = async (doing) => {
    isBusy.value = true
    failure.value = answerText(await doing)
    isBusy.value = false
  }
  const action: NextAction = sharing ? nextAction(sharing) : 'none'
  return (
    <div class="popup-action">
      {failure.value && (
        <p class="notice notice-bad small" role="alert" data-testid="action-problem">
          {failure.value}
        </p>
      )}
      {action === 'pause' && <Pause host={host} isBusy={isBusy.value} act={act} />}
      {action !== 'pause' && action !== 'none' && (
        <MainButton host={host} action={action} isBusy={isBusy.value} act={act} />
      )}
    </div>
  )
}

type ButtonProps = { host: PageHost; isBusy: boolean; act: Act }

function Pause({ host, isBusy, act }: ButtonProps) {
  const { popup: words } = usePopupWords()
  const pause = (length: PauseLength) => act(host.background.sendCommand('pause', { for: length }))
  return (
    <fieldset class="popup-pause">
      <legend>{words.pause}</legend>
      {pauseLengths.map((length) => (
        <button
          key={length}
          type="button"
          class="button"
          data-testid={length === 'until-resumed' ? 'pause' : `pause-${length}`}
          disabled={isBusy}
          onClick={() => pause(length)}
        >
          {words.pauseFor[length]}
        </button>
      ))}
    </fieldset>
  )
}

function MainButton({
  host,
  action,
  isBusy,
  act,
}: ButtonProps & { action: Exclude<NextAction, 'pause' | 'none'> }) {
  const { popup: words } = usePopupWords()
  const perform = async (): Promise<CommandResult> => {
    if (action === 'resume') return host.background.sendCommand('resume')
    await host.openPage('consent')
    return commandDone
  }
  const labels = {
    resume: words.resume,
    'open-consent': words.readAgreement,
    'give-access': words.giveAccess,
  }
  return (
    <button
      type="button"
      class="button button-main"
      data-testid={action === 'resume' ? 'resume' : 'open-consent'}
      disabled={isBusy}
      onClick={() => act(perform())}
    >
      {labels[action]}
    </button>
  )
}
