import { en, type Words } from './en.ts'
import { ja } from './ja.ts'
import type { Language } from './language.ts'

/** The whole catalogue. The popup takes only its own parts, to stay small. */
export const words: Record<Language, Words> = { en, ja }
