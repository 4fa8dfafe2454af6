import type { Language } from './language.ts'
import type { PageSide } from './page-side.ts'

/** All that a page needs from outside itself: the background, and what only the browser can do. */
export type PageHost = {
  background: PageSide
  /** Shows the browser's prompt; call it synchronously inside a click. False when the owner refused there. */
  requestHostAccess(): Promise<boolean>
  openPage(page: 'options' | 'consent' | 'activity'): Promise<void>
  /** What the browser's own windows speak, among the languages that the pages know. */
  language: Language
  extensionVersion: string
}
