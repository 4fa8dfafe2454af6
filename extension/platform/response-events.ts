import browser, { type WebRequest } from 'webextension-polyfill'
import { extensionOrigin } from './pages.ts'

/** One thing that happened to a request of this extension's own background. Nothing but the URL ties it to a fetch. */
export type ResponseEvent = {
  requestId: string
  url: string
  method: string
  status: number
  /** In the order received, repeated ones included; `[]` where the event carries none. */
  headers: [name: string, value: string][]
  /** The address that answered, or null where the browser does not say (`onHeadersReceived`, caches). */
  ip: string | null
}

export type ResponseListeners = {
  /** Status, Location and every Set-Cookie of each answer, redirects included. Never has `ip`. */
  onHeadersReceived(event: ResponseEvent): void
  /** A 3xx that names a next address. Has `ip`. */
  onBeforeRedirect(event: ResponseEvent & { redirectUrl: string }): void
  /** The first byte of the body is about to come. Has `ip`. */
  onResponseStarted(event: ResponseEvent): void
  /** The request failed, before or after its answer began; `error` is the network stack's word, `net::ERR_…` in Chromium. */
  onErrorOccurred(event: Pick<ResponseEvent, 'requestId' | 'url'> & { error: string }): void
}

/**
 * Reports the answers to the extension's own fetches, and nothing of the owner's. Call it ONLY while `hasHostAccess()`
 * is true: Chromium never wakes a listener that was registered before. On a revoke call what it returns.
 */
export function listenToOwnResponses(listeners: ResponseListeners): () => void {
  const { webRequest } = browser
  const mine = isOwn(extensionOrigin())
  const onHeadersReceived = (details: WebRequest.OnHeadersReceivedDetailsType) => {
    if (mine(details)) listeners.onHeadersReceived(eventOf(details))
  }
  const onBeforeRedirect = (details: WebRequest.OnBeforeRedirectDetailsType) => {
    if (mine(details)) listeners.onBeforeRedirect({ ...eventOf(details), redirectUrl: details.redirectUrl })
  }
  const onResponseStarted = (details: WebRequest.OnResponseStartedDetailsType) => {
    if (mine(details)) listeners.onResponseStarted(eventOf(details))
  }
  const onErrorOccurred = (details: WebRequest.OnErrorOccurredDetailsType) => {
    const { requestId, url, error } = details
    if (mine(details)) listeners.onErrorOccurred({ requestId, url, error })
  }

  webRequest.onHeadersReceived.addListener(onHeadersReceived, { ...fetches }, wholeHeaders())
  webRequest.onBeforeRedirect.addListener(onBeforeRedirect, { ...fetches })
  webRequest.onResponseStarted.addListener(onResponseStarted, { ...fetches })
  webRequest.onErrorOccurred.addListener(onErrorOccurred, { ...fetches })
  return () => {
    webRequest.onHeadersReceived.removeListener(onHeadersReceived)
    webRequest.onBeforeRedirect.removeListener(onBeforeRedirect)
    webRequest.onResponseStarted.removeListener(onResponseStarted)
    webRequest.onErrorOccurred.removeListener(onErrorOccurred)
  }
}

/** `fetch` has this type in both browsers; images, frames and sockets of the owner's pages never reach us. */
const fetches: WebRequest.RequestFilter = { urls: ['http://*/*', 'https://*/*'], types: ['xmlhttprequest'] }

/** Chromium hides Set-Cookie without `extraHeaders`; Firefox does not know the word and throws at it. */
function wholeHeaders(): WebRequest.OnHeadersReceivedOptions[] {
  const known = Reflect.get(browser.webRequest, 'OnHeadersReceivedOptions') as
    | Record<string, string>
    | undefined
  return known && 'EXTRA_HEADERS' in known ? ['responseHeaders', 'extraHeaders'] : ['responseHeaders']
}

/** Chromium names the initiator's origin, Firefox the URL of the page that asked. */
function isOwn(origin: string): (details: { initiator?: string; originUrl?: string }) => boolean {
  return ({ initiator, originUrl }) => initiator === origin || (originUrl?.startsWith(`${origin}/`) ?? false)
}

type AnyDetails = {
  requestId: string
  url: string
  method: string
  statusCode: number
  responseHeaders?: WebRequest.HttpHeaders
  ip?: string
}

function eventOf(details: AnyDetails): ResponseEvent {
  return {
    requestId: details.requestId,
    url: details.url,
    method: details.method,
    status: details.statusCode,
    headers: (details.responseHeaders ?? []).map(({ name, value }) => [name, value ?? '']),
    ip: details.ip ?? null,
  }
}
