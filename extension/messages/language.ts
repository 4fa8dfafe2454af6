/** The languages that the pages speak. The first is spoken where the browser's own is none of them. */
export const languages = ['en', 'ja'] as const
export type Language = (typeof languages)[number]

/** The language of a tag such as `ja` or `ja-JP`. */
export function languageOf(tag: string): Language {
  return languages.find((known) => known === tag.split('-')[0]) ?? languages[0]
}

/** Puts values where a sentence has `{name}`. A name without a value stays as it is, so that it is seen. */
export function fill(sentence: string, values: Record<string, string | number>): string {
  return sentence.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place))
}
