import { useSignal } from '@preact/signals'
import { useFailureText } from '../design/failure-text.ts'
import { formatCount } from '../design/format.ts'
import { useLanguage } from '../design/language.ts'
import { useWords } from '../design/use-words.ts'
import { fill, keepActivityDaysMax, type PageHost } from '../messages/index.ts'
import { CountField } from './fields.tsx'
import { useSettings } from './settings.tsx'

/** How long the log is kept, and the way to it. */
export function ActivitySection({ host, rows }: { host: PageHost; rows: number }) {
  const { options } = useWords()
  const words = options.activity
  const language = useLanguage()
  const { now, save } = useSettings()
  const count = formatCount(rows, language)
  return (
    <section class="card" id="activity">
      <h2>{words.title}</h2>
      <p class="soft">{words.lead}</p>
      <div class="fields">
        <CountField
          name="keep-days"
          label={words.keepDays}
          unit={words.keepDaysUnit}
          least={1}
          most={keepActivityDaysMax}
          count={now.keepActivityDays}
          save={(days) => days !== null && save('keep-days', { keepActivityDays: days })}
        />
      </div>
      <p data-testid="activity-rows">{rows === 1 ? words.rows.one : fill(words.rows.other, { count })}</p>
      <div class="buttons">
        <button
          type="button"
          class="button"
          data-testid="open-activity"
          onClick={() => host.openPage('activity')}
        >
          {words.open}
        </button>
        <ClearActivity host={host} />
      </div>
    </section>
  )
}

type ClearState = { phase: 'idle' | 'asking' | 'cleared' } | { phase: 'refused'; why: string }

/** Asks once more, in the same place. */
function ClearActivity({ host }: { host: PageHost }) {
  const { options } = useWords()
  const words = options.activity
  const failureText = useFailureText()
  const state = useSignal<ClearState>({ phase: 'idle' })
  const clear = async () => {
    const result = await host.background.sendCommand('clearActivity')
    state.value = result.ok ? { phase: 'cleared' } : { phase: 'refused', why: failureText(result) }
  }
  const become = (phase: 'idle' | 'asking') => () => {
    state.value = { phase }
  }
  if (state.value.phase === 'asking')
    return (
      <div class="notice ask" role="alertdialog" aria-label={words.clearSure}>
        <p>{words.clearSure}</p>
        <div class="buttons">
          <button type="button" class="button button-danger" data-testid="clear-yes" onClick={clear}>
            {words.clearYes}
          </button>
          <button type="button" class="button" onClick={become('idle')}>
            {words.cancel}
          </button>
        </div>
      </div>
    )
  return (
    <>
      <button type="button" class="button" data-testid="clear-activity" onClick={become('asking')}>
        {words.clear}
      </button>
      <span role="status" data-testid="clear-note">
        {state.value.phase === 'cleared' && <span class="done small">{words.cleared}</span>}
        {state.value.phase === 'refused' && <span class="problem small">{state.value.why}</span>}
      </span>
    </>
  )
}
