import { useSignal } from '@preact/signals'
import { type ComponentChildren, createContext } from 'preact'
import { useContext } from 'preact/hooks'
import { useFailureText } from '../design/failure-text.ts'
import { useWords } from '../design/use-words.ts'
import { freshSettings, type OwnerSettings, type PageHost } from '../messages/index.ts'

/** What became of the newest change of one field. */
export type Outcome = { phase: 'saved' } | { phase: 'refused'; why: string }

export type Settings = {
  now: OwnerSettings
  /** Sends the change, and shows at the field of this name what became of it. */
  save(field: string, changes: Partial<OwnerSettings>): Promise<void>
  /** A mistake that the page sees by itself. */
  refuse(field: string, why: string): void
  outcomeOf(field: string): Outcome | undefined
}

const SettingsContext = createContext<Settings>({
  now: freshSettings,
  save: async () => {},
  refuse: () => {},
  outcomeOf: () => undefined,
})

export const useSettings = (): Settings => useContext(SettingsContext)

type SettingsProviderProps = { host: PageHost; now: OwnerSettings; children: ComponentChildren }

/** Saves each change as it is made. One outcome is shown at a time: that of the newest change. */
export function SettingsProvider({ host, now, children }: SettingsProviderProps) {
  const newest = useSignal<{ field: string; outcome: Outcome } | null>(null)
  const failureText = useFailureText()
  const settings: Settings = {
    now,
    async save(field, changes) {
      const result = await host.background.sendCommand('changeSettings', changes)
      const outcome: Outcome = result.ok ? { phase: 'saved' } : { phase: 'refused', why: failureText(result) }
      newest.value = { field, outcome }
    },
    refuse(field, why) {
      newest.value = { field, outcome: { phase: 'refused', why } }
    },
    outcomeOf: (field) => (newest.value?.field === field ? newest.value.outcome : undefined),
  }
  return <SettingsContext.Provider value={settings}>{children}</SettingsContext.Provider>
}

/** Says at its field that a change was saved, or why it was not. */
export function SaveNote({ field }: { field: string }) {
  const { options: words } = useWords()
  const outcome = useSettings().outcomeOf(field)
  return (
    <div class="save-note" id={noteId(field)} role="status" data-testid={`note-${field}`}>
      {outcome?.phase === 'saved' && <p class="done small">{words.saved}</p>}
      {outcome?.phase === 'refused' && <p class="problem small">{outcome.why}</p>}
    </div>
  )
}

/** For `aria-describedby` of the field. */
export const noteId = (field: string): string => `note-${field}`
