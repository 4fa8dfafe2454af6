import { formatBytes, formatBytesExactly, formatPoints } from '../design/format.ts'
import { en } from '../messages/en.ts'
import { activity as japanese } from '../messages/ja/activity.ts'

/** Everything this page says, in one language: its sentences, and how numbers and times are written. */
export type Speech = {
  language: 'en' | 'ja'
  words: typeof en.activity
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

export function speak(language: 'en' | 'ja'): Speech {
  const words = { en: en.activity, ja: japanese }[language]
  const locale = { en: 'en-GB', ja: 'ja' }[language]
  const numbers = new Intl.NumberFormat(locale)
  const time = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const
  const moments = new Intl.DateTimeFormat(locale, { day: '2-digit', month: 'short', ...time })
  const wholeMoments = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'medium' })
  return {
    language,
    words,
    bytes: formatBytes,
    bytesExactly: formatBytesExactly,
    points: formatPoints,
    count: (count) => numbers.format(count),
    moment: (unixMs) => moments.format(unixMs).replace(',', ''),
    wholeMoment: (unixMs) => wholeMoments.format(unixMs),
    outcome: (code) => words.outcomes[code] ?? code,
  }
}

/** Puts values where a sentence has `{name}`. A name without a value stays as it is, so that it is seen. */
export function fill(sentence: string, values: Record<string, string | number>): string {
  return sentence.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place))
}

type Plural = { one: string; other: string }

export const plural = (words: Plural, count: number): string => (count === 1 ? words.one : words.other)
