import { extensionApi } from './extension-api.ts'

/** The pages of this extension, by the path they have in the build. */
const pagePaths = {
  popup: 'popup/index.html',
  options: 'options/index.html',
  consent: 'consent/index.html',
  activity: 'activity/index.html',
} as const

type PageName = keyof typeof pagePaths

/** Shows a page in a tab: the one that is already open, else a new one. */
export async function openPage(page: PageName): Promise<void> {
  const url = extensionApi.runtime.getURL(pagePaths[page])
  const [open] = await extensionApi.tabs.query({ url })
  if (open?.id === undefined) await extensionApi.tabs.create({ url })
  else await extensionApi.tabs.update(open.id, { active: true })
}

/** The version in the manifest. */
export function extensionVersion(): string {
  return extensionApi.runtime.getManifest().version
}

/** `chrome-extension://id` or `moz-extension://uuid`, without a slash at the end. */
export function extensionOrigin(): string {
  return extensionApi.runtime.getURL('').replace(/\/$/, '')
}
