import browser from 'webextension-polyfill'

/** The family of this browser, by the scheme under which it serves the extension: no User-Agent to guess from. */
export function browserKind(): 'chromium' | 'firefox' | 'other' {
  const { protocol } = new URL(browser.runtime.getURL(''))
  if (protocol === 'chrome-extension:') return 'chromium'
  return protocol === 'moz-extension:' ? 'firefox' : 'other'
}
