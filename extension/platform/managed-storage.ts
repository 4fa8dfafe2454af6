import browser from 'webextension-polyfill'

/** How Firefox says that no organisation manages this extension; Chromium gives an empty object then. */
const nothingManaged = /managed storage manifest not found/i

/** What an organisation's policy sets for this extension. Rejects where it cannot be read, as a broken one cannot. */
export async function readManaged(): Promise<Record<string, unknown>> {
  try {
    return await browser.storage.managed.get(null)
  } catch (error) {
    if (nothingManaged.test(String(error))) return {}
    throw error
  }
}

/** Register synchronously at start. */
export function onManagedChanged(listener: () => void): void {
  browser.storage.onChanged.addListener((_, area) => {
    if (area === 'managed') listener()
  })
}
