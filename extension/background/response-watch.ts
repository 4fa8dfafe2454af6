import { type AddressRules, portOf } from '#addresses'
import type { HeaderList } from '#protocol'
import { isAllowedAnswer } from './protections.ts'

/** What the browser's own network events say of one answer. `address` is null where they do not say it. */
export type WatchedAnswer = {
  status: number
  headers: HeaderList
  address: string | null
  /** Where the target sends us next, or null when a body follows. */
  redirectUrl: string | null
  /** The browser made this redirect by itself, such as to https, and asked no network: so no address has answered. */
  madeByBrowser: boolean
}

/** The part of a browser event that is used here. Nothing but the URL ties it to a fetch. */
export type WatchedEvent = {
  requestId: string
  url: string
  status: number
  headers: HeaderList
  ip: string | null
}

export type TrippedAnswer = { host: string; address: string }

export type ResponseWatchPorts = {
  /** Whether this is the node's own question to its relay, and none to a target. */
  isForRelay(url: string): boolean
  /** What the present relay allows beside public addresses. */
  rules(): AddressRules
  /** An address that is not allowed has answered one of our own requests: stop sharing. */
  tripped(answer: TrippedAnswer): void
  /** An own request has an answer, with these raw headers. */
  received(answer: { url: string; headers: HeaderList }): void
  /** So has a question to the relay. */
  relayAnswered(answer: { url: string; headers: HeaderList }): void
}

/** Far more than can have events under way at once. */
const pastRequestsMax = 1_024

/**
 * Listens to the answers to this extension's own fetches: status, raw headers and, above all, the address that answered.
 * One watched request per exact URL at a time; the runner's queue sees to it.
 */
export class ResponseWatch {
  readonly #ports: ResponseWatchPorts
  readonly #byUrl = new Map<string, WatchedRequest>()
  /** Request ids that are over, with the rules they were asked under: their late events must not be taken for a later fetch of the same URL. */
  readonly #past = new Map<string, AddressRules>()

  constructor(ports: ResponseWatchPorts) {
    this.#ports = ports
  }

  /** Call before the fetch. The caller calls `close` when it is done with it. */
  expect(url: string): WatchedRequest {
    const watched = new WatchedRequest(this.#ports.rules(), (requestId) => {
      if (this.#byUrl.get(url) === watched) this.#byUrl.delete(url)
      if (requestId !== null) this.#rememberPast(requestId, watched.rules)
    })
    this.#byUrl.set(url, watched)
    return watched
  }

  /** Says whether the answer may go on, where the browser tells its address so early and can still cancel it. */
  onHeadersReceived(event: WatchedEvent): 'pass' | 'drop' {
    if (this.#ports.isForRelay(event.url)) this.#ports.relayAnswered(event)
    else this.#ports.received(event)
    this.#watchedBy(event)?.noteHeaders(event.headers)
    return this.#judge(event)
  }

  onBeforeRedirect(event: WatchedEvent & { redirectUrl: string }): void {
    this.#judge(event)
    this.#watchedBy(event)?.noteAnswer(event.status, event.ip, event.redirectUrl)
  }

  onResponseStarted(event: WatchedEvent): void {
    this.#judge(event)
    this.#watchedBy(event)?.noteAnswer(event.status, event.ip, null)
  }

  onErrorOccurred(event: Pick<WatchedEvent, 'requestId' | 'url'> & { error: string }): void {
    this.#watchedBy(event)?.noteError(event.error)
  }

  /** The first event with the URL binds the browser's request id; an older request's late events bear another one. */
  #watchedBy({ url, requestId }: Pick<WatchedEvent, 'url' | 'requestId'>): WatchedRequest | undefined {
    if (this.#past.has(requestId)) return undefined
    const watched = this.#byUrl.get(url)
    return watched?.bind(requestId) ? watched : undefined
  }

  #rememberPast(requestId: string, rules: AddressRules): void {
    this.#past.set(requestId, rules)
    const [oldest] = this.#past.keys()
    if (this.#past.size > pastRequestsMax && oldest !== undefined) this.#past.delete(oldest)
  }

  /**
   * The tripwire: it judges every own answer, also one that nobody waits for any more, by the rules under which it was asked: the link may
   * have been left meanwhile.
   */
  #judge({ url, ip, requestId }: WatchedEvent): 'pass' | 'drop' {
    if (ip === null || this.#ports.isForRelay(url)) return 'pass'
    const parsed = new URL(url)
    const rules = this.#past.get(requestId) ?? this.#byUrl.get(url)?.rules ?? this.#ports.rules()
    if (isAllowedAnswer(ip, portOf(parsed), rules)) return 'pass'
    this.#ports.tripped({ host: parsed.hostname, address: ip })
    return 'drop'
  }
}

/** The events of one fetch. Its promises resolve and never reject; what does not come is the caller's deadline to name. */
export class WatchedRequest {
  #requestId: string | null = null
  #headers: HeaderList | null = null
  readonly #answer = Promise.withResolvers<WatchedAnswer>()
  readonly #error = Promise.withResolvers<string>()
  readonly #heard = Promise.withResolvers<void>()
  /** What the relay allowed when this was asked. */
  readonly rules: AddressRules
  readonly #closed: (requestId: string | null) => void

  constructor(rules: AddressRules, closed: (requestId: string | null) => void) {
    this.rules = rules
    this.#closed = closed
  }

  close(): void {
    this.#closed(this.#requestId)
  }

  /** Status, headers and address, once the first byte is about to come. */
  get answer(): Promise<WatchedAnswer> {
    return this.#answer.promise
  }

  /** The network stack's word for what went wrong, before or after the answer began. */
  get error(): Promise<string> {
    return this.#error.promise
  }

  /** Resolves when the browser has said anything final: after that no event can be taken for a later fetch's. */
  get heard(): Promise<void> {
    return this.#heard.promise
  }

  bind(requestId: string): boolean {
    this.#requestId ??= requestId
    return this.#requestId === requestId
  }

  noteHeaders(headers: HeaderList): void {
    this.#headers = headers
  }

  /** Only what came over the network had headers before. */
  noteAnswer(status: number, address: string | null, redirectUrl: string | null): void {
    const madeByBrowser = redirectUrl !== null && address === null && this.#headers === null
    const headers: HeaderList = madeByBrowser ? [['location', redirectUrl]] : (this.#headers ?? [])
    this.#answer.resolve({ status, headers, address, redirectUrl, madeByBrowser })
    this.#heard.resolve()
  }

  noteError(error: string): void {
    this.#error.resolve(error)
    this.#heard.resolve()
  }
}
