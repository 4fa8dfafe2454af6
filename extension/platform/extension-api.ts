/**
 * The browser's own API, for the modules that pages load: a page must open at once, and what it calls answers with promises
 * in every browser that runs Manifest V3. The background takes webextension-polyfill, which evens out its listeners.
 */
export const extensionApi = (Reflect.get(globalThis, 'browser') ??
  Reflect.get(globalThis, 'chrome')) as typeof chrome
