import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Language } from '../messages/index.ts'

/** What the page speaks: each page gives its host's language once, at the top. */
export const SpokenLanguage = createContext<Language>('en')

export const useLanguage = (): Language => useContext(SpokenLanguage)

/** Says to the browser, and with it to screen readers, which language the page is in, and names its tab. */
export function speak(language: Language, title: string): void {
  document.documentElement.lang = language
  document.title = title
}
