import { extensionOrigin } from './pages.ts'

export type BrowserKind = 'chromium' | 'firefox' | 'other'

/** The family of browsers that this extension runs in: each gives its extensions an address of its own scheme. */
export function browserKind(): BrowserKind {
  return browserKindOf(extensionOrigin())
}

/** The same from an extension's address, for tests. */
export function browserKindOf(origin: string): BrowserKind {
  switch (origin.slice(0, origin.indexOf('://'))) {
    case 'chrome-extension':
      return 'chromium'
    case 'moz-extension':
      return 'firefox'
    default:
      return 'other'
  }
}
