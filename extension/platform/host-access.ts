import { extensionApi } from './extension-api.ts'

/** The same patterns as `optional_host_permissions` in the manifest: asked for on the consent click, never before. */
const everyWebHost = { origins: ['http://*/*', 'https://*/*'] }

/**
 * Shows the browser's own prompt for access to all web hosts. Must be called synchronously inside a click, or the
 * browser refuses. Gives false when the owner said no there.
 */
export function requestHostAccess(): Promise<boolean> {
  return extensionApi.permissions.request({ ...everyWebHost })
}

/** Whether that access exists now. webRequest listeners registered while it does not stay deaf for the worker's life. */
export function hasHostAccess(): Promise<boolean> {
  return extensionApi.permissions.contains({ ...everyWebHost })
}

/** Gives the access back to the browser. */
export function removeHostAccess(): Promise<boolean> {
  return extensionApi.permissions.remove({ ...everyWebHost })
}

/** Gives the present state after every grant and every revoke, also those made in the browser's own settings. */
export function onHostAccessChanged(listener: (granted: boolean) => void): void {
  const report = () => void hasHostAccess().then(listener)
  extensionApi.permissions.onAdded.addListener(report)
  extensionApi.permissions.onRemoved.addListener(report)
}
