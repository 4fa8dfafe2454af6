import { expect, test } from 'vitest'
import { nodeFailureCodes } from '#protocol'
import { fill } from '../messages/language.ts'
import { createSpeech } from './speech.ts'

const sentences = (words: object, path = ''): [string, string][] =>
  Object.entries(words).flatMap(([key, value]) =>
    typeof value === 'string'
      ? [[`${path}${key}`, value] as [string, string]]
      : sentences(value, `${path}${key}.`),
  )
const placesIn = (sentence: string) => [...sentence.matchAll(/\{\w+\}/g)].map(String).sort()

test('both languages say the same things, with the same values in them', () => {
  const [english, japanese] = [sentences(createSpeech('en').words), sentences(createSpeech('ja').words)]
  expect(japanese.map(([key]) => key).sort()).toEqual(english.map(([key]) => key).sort())
  const inJapanese = new Map(japanese)
  for (const [key, sentence] of english)
    expect(placesIn(inJapanese.get(key) ?? ''), key).toEqual(placesIn(sentence))
})

test('every way in which a node can end an exchange has words', () => {
  for (const language of ['en', 'ja'] as const)
    for (const code of [...nodeFailureCodes, 'completed', 'link-ended'])
      expect(createSpeech(language).words.outcomes, `${language} ${code}`).toHaveProperty([code])
})

test('a code that is not known yet is shown as it is', () => {
  expect(createSpeech('en').outcome('from-the-future')).toBe('from-the-future')
})

test('a place without a value stays, so that it is seen', () => {
  expect(fill('{a} of {b}', { a: 1 })).toBe('1 of {b}')
})
