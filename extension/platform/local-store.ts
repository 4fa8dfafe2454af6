import browser from 'webextension-polyfill'

/** What was kept under `key`, or undefined. The caller checks the shape: an older version may have written it. */
export async function readLocal(key: string): Promise<unknown> {
  return (await browser.storage.local.get(key))[key]
}

/** Keeps a JSON value under `key`, over browser restarts. */
export function writeLocal(key: string, value: unknown): Promise<void> {
  return browser.storage.local.set({ [key]: value })
}

export function removeLocal(key: string): Promise<void> {
  return browser.storage.local.remove(key)
}
