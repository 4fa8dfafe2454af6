import browser from 'webextension-polyfill'

/** The pages of this extension, by the path they have in the build. */
export const pagePaths = {
  popup: 'popup/index.html',
  options: 'options/index.html',
  consent: 'consent/index.html',
} as const

export type PageName = keyof typeof pagePaths

/** Shows a page in a tab: the one that is already open, else a new one. */
export async function openPage(page: PageName): Promise<void> {
  const url = browser.runtime.getURL(pagePaths[page])
  const [open] = await browser.tabs.query({ url })
  if (open?.id === undefined) await browser.tabs.create({ url })
  else await browser.tabs.update(open.id, { active: true })
}

/** The version in the manifest. */
export function extensionVersion(): string {
  return browser.runtime.getManifest().version
}

/** `chrome-extension://id` or `moz-extension://uuid`, without a slash at the end. */
export function extensionOrigin(): string {
  return new URL(browser.runtime.getURL('')).origin
}
