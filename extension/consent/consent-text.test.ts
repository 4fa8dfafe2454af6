import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { lanesMax, lanesPerHostMax } from '#protocol'
import { languages } from '../messages/language.ts'
import { consentPlainText, consentTexts } from './consent-text.ts'

describe.each(languages)('the agreement in %s', (language) => {
  const text = consentTexts[language]

  test('has the hash of the words on the page', () => {
    const sha256 = createHash('sha256').update(consentPlainText(text), 'utf8').digest('hex')
    expect(text.sha256, `the words changed: raise consentVersion and set sha256 to ${sha256}`).toBe(sha256)
  })

  test('names how many requests at once the protocol allows', () => {
    const words = consentPlainText(text)
    expect(words).toMatch(new RegExp(`\\b${lanesMax}\\b[^.。]*\\b${lanesPerHostMax}\\b`))
  })
})

test('the agreement says the same number of things in each language', () => {
  const [english, ...others] = languages.map((language) => outline(language))
  for (const other of others) expect(other).toEqual(english)
})

test('two languages never share a hash, so that it tells which one was read', () => {
  expect(new Set(languages.map((language) => consentTexts[language].sha256)).size).toBe(languages.length)
})

/** The points of each section, and the changes, as numbers. */
function outline(language: (typeof languages)[number]): number[] {
  const { sections, changes } = consentTexts[language]
  return [...sections.map(({ points }) => points.length), changes.length]
}
