import type { Language } from '../messages/language.ts'
import { consentTextEn } from './consent-text-en.ts'
import { consentTextJa } from './consent-text-ja.ts'

/**
 * What the owner agrees to, in each language. One module, so that the page that shows it and the background that checks the
 * answer speak of the same words. A change of any word changes its hash: raise the version, and a test tells the new hashes.
 */
export type ConsentText = {
  /** SHA-256 of `consentPlainText` in UTF-8, lower-case hex. */
  sha256: string
  title: string
  lead: string
  sections: ConsentSection[]
  /** What is new in this version, for those who agreed to an earlier one. Not part of the hash. */
  changes: string[]
}

export type ConsentSection = { heading: string; points: string[] }

export const consentVersion = '3'
export const consentDate = '2026-11-26'

export const consentTexts: Record<Language, ConsentText> = { en: consentTextEn, ja: consentTextJa }

/** What counts as agreed today: this version, in any language. */
export const consentToday = {
  version: consentVersion,
  sha256s: Object.values(consentTexts).map(({ sha256 }) => sha256),
}

/** The words that are hashed: title, lead, and each section's heading and points, one a line. */
export function consentPlainText({ title, lead, sections }: ConsentText): string {
  const parts = sections.flatMap(({ heading, points }) => ['', heading, ...points])
  return [title, lead, ...parts].join('\n')
}
