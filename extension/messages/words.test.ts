import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { commandFailureCodes } from './commands.ts'
import { fill, languageOf, languages } from './language.ts'
import { earningHints, notSharingReasons } from './owner-view.ts'
import { words } from './words.ts'

const localesFolder = new URL('../public/_locales/', import.meta.url)
const others = languages.filter((language) => language !== 'en')

describe.each(others)('the catalogue in %s', (language) => {
  const english = sentencesOf(words.en)
  const translated = sentencesOf(words[language])

  test('has every sentence of the English one, and no other', () => {
    expect([...translated.keys()].sort()).toEqual([...english.keys()].sort())
  })

  test('leaves no sentence empty that is none there, and takes the same values in each', () => {
    for (const [key, sentence] of translated) {
      expect(sentence.trim() === '', key).toBe(english.get(key) === '')
      expect(placesIn(sentence), key).toEqual(placesIn(english.get(key) ?? ''))
    }
  })
})

test('Japanese sentences are in Japanese, names apart', () => {
  const isForeign = (sentence: string) => !/[\u3040-\u30ff\u4e00-\u9fff]/.test(sentence)
  const isName = (sentence: string) => /^[A-Za-z.]*$/.test(sentence.replace(/\{\w+\}|[\s〜]/g, ''))
  const foreign = [...sentencesOf(words.ja).values()].filter(isForeign)
  expect(foreign.filter((sentence) => !isName(sentence))).toEqual([])
})

test('every reason, hint and failure has its sentence', () => {
  expect(Object.keys(words.en.notSharing).sort()).toEqual([...notSharingReasons].sort())
  expect(Object.keys(words.en.hints).sort()).toEqual([...earningHints].sort())
  expect(Object.keys(words.en.failures).sort()).toEqual([...commandFailureCodes].sort())
})

test('the browser finds the same messages in the folder of each language, and each names its language', () => {
  expect(readdirSync(localesFolder).sort()).toEqual([...languages].sort())
  for (const language of languages) {
    const messages = localeMessages(language)
    expect(Object.keys(messages).sort()).toEqual(Object.keys(localeMessages('en')).sort())
    expect(messages.locale?.message).toBe(language)
    for (const { message } of Object.values(messages)) expect(message).not.toBe('')
  }
})

test.each([
  ['ja', 'ja'],
  ['ja-JP', 'ja'],
  ['en-GB', 'en'],
  ['de', 'en'],
  ['', 'en'],
])('a browser that speaks "%s" is spoken to in %s', (tag, language) => {
  expect(languageOf(tag)).toBe(language)
})

test('values go where the sentence has their names, and a name without a value is seen', () => {
  expect(fill('{used} of {cap}, {oops}', { used: 3, cap: '9 MiB' })).toBe('3 of 9 MiB, {oops}')
})

/** Each sentence by its path: `options.title`. */
function sentencesOf(node: object, path = ''): Map<string, string> {
  const entries = Object.entries(node).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[`${path}${key}`, value]] : [...sentencesOf(value, `${path}${key}.`)],
  )
  return new Map(entries)
}

const placesIn = (sentence: string): string[] => [...sentence.matchAll(/\{\w+\}/g)].map(String).sort()

function localeMessages(language: string): Record<string, { message: string }> {
  return JSON.parse(readFileSync(new URL(`${language}/messages.json`, localesFolder), 'utf8'))
}
