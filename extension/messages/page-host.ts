import type { PageSide } from './page-side.ts'

/** All that a page needs from outside itself: the background, and three things only the browser can do. */
export type PageHost = {
  background: PageSide
  /** Shows the browser's prompt; call it synchronously inside a click. False when the owner refused there. */
  requestHostAccess(): Promise<boolean>
  openPage(page: 'options' | 'consent'): Promise<void>
  extensionVersion: string
}
