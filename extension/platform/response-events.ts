import browser, { type WebRequest } from 'webextension-polyfill'
import { mayCancelAnswers } from './home-protection.ts'
import { extensionOrigin } from './pages.ts'

/** One thing that happened to a request of this extension's own background. Nothing but the URL ties it to a fetch. */
export type ResponseEvent = {
  requestId: string
  url: string
  method: string
  status: number
  /** In the order received, repeated ones included; `[]` where the event carries none. */
  headers: [name: string, value: string][]
  /** The address that answered, or null where the browser does not say (`onHeadersReceived` in Chromium, caches). */
  ip: string | null
}

export type ResponseListeners = {
  /**
   * Status, Location and every Set-Cookie of each answer, redirects included. Has `ip` in Firefox, and there `drop` cancels the
   * answer before its body is handed out; elsewhere nothing can.
   */
  onHeadersReceived(event: ResponseEvent): 'pass' | 'drop'
  /** A 3xx that names a next address. Has `ip`. */
  onBeforeRedirect(event: ResponseEvent & { redirectUrl: string }): void
  /** The first byte of the body is about to come. Has `ip`. */
  onResponseStarted(event: ResponseEvent): void
  /** The request failed, before or after its answer began; `error` is the network stack's word, `net::ERR_…` in Chromium. */
  onErrorOccurred(event: Pick<ResponseEvent, 'requestId' | 'url'> & { error: string }): void
}

/**
 * Reports the answers to the extension's own fetches, and nothing of the owner's. Call it ONLY while `hasHostAccess()`
 * is true: Chromium never wakes a listener that was registered before. On a revoke call what it returns. Where a header rule
 * cannot, this removes the headers named in `tracesInProfile`, once they were reported.
 */
export function listenToOwnResponses(
  listeners: ResponseListeners,
  tracesInProfile: readonly string[],
): () => void {
  const { webRequest } = browser
  const mine = isOwn(extensionOrigin())
  const blocks = mayCancelAnswers()
  const onHeadersReceived = (details: WebRequest.OnHeadersReceivedDetailsType) => {
    if (!mine(details)) return
    const event = eventOf(details)
    const verdict = listeners.onHeadersReceived(event)
    if (!blocks) return undefined
    // An answer without an address could have come from anywhere.
    if (verdict === 'drop' || event.ip === null) return { cancel: true }
    return { responseHeaders: without(details.responseHeaders ?? [], tracesInProfile) }
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

  webRequest.onHeadersReceived.addListener(onHeadersReceived, { ...fetches }, [
    ...wholeHeaders(),
    ...(blocks ? (['blocking'] as const) : []),
  ])
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

const without = (headers: WebRequest.HttpHeaders, names: readonly string[]): WebRequest.HttpHeaders =>
  headers.filter(({ name }) => !names.includes(name.toLowerCase()))

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Firefox gives a value as it was on the wire, one character a byte; Chromium gives the text that the bytes mean. */
function asText(value: string): string {
  if (!/^[\0-\xff]*$/.test(value) || !/[\x80-\xff]/.test(value)) return value
  try {
    return utf8.decode(Uint8Array.from(value, (character) => character.charCodeAt(0)))
  } catch {
    return value
  }
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
    // Firefox joins the lines of Set-Cookie by the one character that no header's value holds.
    headers: (details.responseHeaders ?? []).flatMap(({ name, value = '' }) =>
      value.split('\n').map((line): [string, string] => [name, asText(line)]),
    ),
    ip: details.ip ?? null,
  }
}
