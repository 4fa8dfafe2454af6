import { useLanguage } from '../design/language.ts'
import * as enFailures from '../messages/en/failures.ts'
import * as enPopup from '../messages/en/popup.ts'
import * as enStatus from '../messages/en/status.ts'
import type { CommandResult, Language } from '../messages/index.ts'
import * as jaFailures from '../messages/ja/failures.ts'
import * as jaPopup from '../messages/ja/popup.ts'
import * as jaStatus from '../messages/ja/status.ts'

/** The popup's part of the catalogue, in every language, and nothing else of it. */
const popupWords = {
  en: { ...enPopup, ...enStatus, failures: enFailures.failures },
  ja: { ...jaPopup, ...jaStatus, failures: jaFailures.failures },
} satisfies Record<Language, unknown>

export type PopupWords = (typeof popupWords)['en']

export const usePopupWords = (): PopupWords => popupWords[useLanguage()]

/** What to say of a command's answer: nothing where it was done. */
export function useAnswerText(): (result: CommandResult<unknown>) => string | null {
  const { failures } = usePopupWords()
  const language = useLanguage()
  return (result) => (result.ok ? null : language === 'en' ? result.detail : failures[result.code])
}
