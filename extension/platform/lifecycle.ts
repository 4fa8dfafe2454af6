import browser from 'webextension-polyfill'

/** Called once after the first install, after an update of the extension, and after one of the browser. */
export function onInstalled(listener: (reason: 'install' | 'update' | 'browser-update') => void): void {
  browser.runtime.onInstalled.addListener(({ reason }) => {
    listener(reason === 'install' || reason === 'update' ? reason : 'browser-update')
  })
}

/** Called when the browser starts with this extension installed, so that the background runs without a page. */
export function onStartup(listener: () => void): void {
  browser.runtime.onStartup.addListener(listener)
}
