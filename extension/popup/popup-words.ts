import { useLanguage } from '../design/language.ts'
import * as enPopup from '../messages/en/popup.ts'
import * as enStatus from '../messages/en/status.ts'
import * as jaPopup from '../messages/ja/popup.ts'
import * as jaStatus from '../messages/ja/status.ts'
import type { Language } from '../messages/language.ts'

/** The popup's part of the catalogue, in every language, and nothing else of it. */
export const popupWords = {
  en: { ...enPopup, ...enStatus },
  ja: { ...jaPopup, ...jaStatus },
} satisfies Record<Language, unknown>

export type PopupWords = (typeof popupWords)['en']

export const usePopupWords = (): PopupWords => popupWords[useLanguage()]
