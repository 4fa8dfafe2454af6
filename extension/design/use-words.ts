import type { Words } from '../messages/en.ts'
import { words } from '../messages/words.ts'
import { useLanguage } from './language.ts'

/** The catalogue in the page's language. Not for the popup, which has its own, smaller one. */
export const useWords = (): Words => words[useLanguage()]
