import { formatBytes, formatBytesExactly, formatCount, formatPoints } from '../design/format.ts'
import type { Language } from '../messages/index.ts'
import { words as catalogue } from '../messages/words.ts'

/** Everything this page says, in one language: its sentences, and how numbers and times are written. */
export type Speech = {
  language: Language
  words: (typeof catalogue)[Language]['activity']
  bytes(bytes: number): string
  bytesExactly(bytes: number): string
  points(units: string): string
  count(count: number): string
  /** To the second, in the owner's own time zone, as short as rows need it. */
  moment(unixMs: number): string
  /** The same, with its year. */
  wholeMoment(unixMs: number): string
  outcome(code: string): string
}

export function createSpeech(language: Language): Speech {
  const words = catalogue[language].activity
  const locale = { en: 'en-GB', ja: 'ja' }[language]
  const time = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const
  const moments = new Intl.DateTimeFormat(locale, { day: '2-digit', month: 'short', ...time })
  const wholeMoments = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'medium' })
  return {
    language,
    words,
    bytes: (bytes) => formatBytes(bytes, language),
    bytesExactly: (bytes) => formatBytesExactly(bytes, language),
    points: (units) => formatPoints(units, language),
    count: (count) => formatCount(count, language),
    moment: (unixMs) => moments.format(unixMs).replace(',', ''),
    wholeMoment: (unixMs) => wholeMoments.format(unixMs),
    outcome: (code) => words.outcomes[code] ?? code,
  }
}

type Plural = { one: string; other: string }

export const plural = (words: Plural, count: number): string => (count === 1 ? words.one : words.other)
