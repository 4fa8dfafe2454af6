import type { CommandResult } from '../messages/index.ts'
import { useLanguage } from './language.ts'
import { useWords } from './use-words.ts'

type Failure = Extract<CommandResult, { ok: false }>

/**
 * Makes a sentence of what the background refused. Its own sentence is English, and often says more (which field, which host), so
 * that it is shown as it is in English pages; in another language the code's own sentence stands.
 */
export function useFailureText(): (failure: Failure) => string {
  const { failures } = useWords()
  const language = useLanguage()
  return ({ code, detail }) => (language === 'en' && detail ? detail : failures[code])
}
