import type { PageHost } from '../messages/page-host.ts'
import { createPageSide } from '../messages/page-side.ts'
import { requestHostAccess } from './host-access.ts'
import { uiLanguage } from './language.ts'
import { createPageMessenger } from './page-messenger.ts'
import { extensionVersion, openPage } from './pages.ts'

/** The door of a shipped page. The design build puts a background in the page in its place. */
export function createPageHost(): PageHost {
  return {
    background: createPageSide(createPageMessenger()),
    requestHostAccess,
    openPage,
    extensionVersion: extensionVersion(),
    language: uiLanguage(),
  }
}
