import { type CloseCode, closes, type FrameOf } from '#protocol'
import { parseRelayUrl } from '../messages/index.ts'
import { backOffMs } from './back-off.ts'
import { ExchangeFailure } from './exchange-failure.ts'
import { nodeDoorOf } from './relay-address.ts'
import type { LinkEnd, LinkEvents, RelayLink } from './relay-link.ts'

/** Where the link to the relay stands, as far as the owner is concerned. */
export type LinkStatus =
  | { phase: 'idle' }
  | { phase: 'connecting' }
  | { phase: 'linked'; sinceUnixMs: number; exchangesInFlight: number }
  /** No link, and another dial comes by itself. */
  | { phase: 'waiting'; code: LinkEnd['code']; detail: string }
  /** No link until the owner, an update or a restart changes something. */
  | { phase: 'stopped'; code: CloseCode; detail: string }

export type DialerPorts = {
  /** Dials; rejects where the node is not ready to, which is tried again like a relay that does not answer. */
  dial(target: { relayUrl: string; nodeDoor: string }, events: LinkEvents): Promise<RelayLink>
  changed(status: LinkStatus): void
  welcomed(relayUrl: string, welcome: FrameOf<'welcome'>): void
  earned(relayUrl: string, earned: FrameOf<'earned'>): void
  quality(quality: FrameOf<'quality'>): void
  accountAnswered(answer: FrameOf<'account-answer'>): void
  carried(bytes: number): void
  moved(bytes: number): void
  linkEnded(): void
  random(): number
}

/** A link that stood for so long was a good one: what ended it is news, and the back-off begins anew. */
export const linkSteadyMs = 10_000

/** A relay may ask a node to stay away for an hour at most. Timers of browsers take no more than 24 days, and fire at once beyond. */
export const redialAfterMsMax = 3_600_000

/** Keeps one link to one relay, as long as it is wanted. A link that says its last words may live on beside the next. */
export class RelayDialer {
  readonly #ports: DialerPorts
  #status: LinkStatus = { phase: 'idle' }
  #relayUrl: string | null = null
  #link: RelayLink | null = null
  #gone: Promise<void> = Promise.resolve()
  /** Tells events of the present dial from those of one that was given up. */
  #dialNumber = 0
  #attemptsInVain = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(ports: DialerPorts) {
    this.#ports = ports
  }

  get status(): LinkStatus {
    return this.#status
  }

  /** The relay to which a link is wanted, whether or not one stands; null for none. */
  get wanted(): string | null {
    return this.#relayUrl
  }

  /** Wants a link to this relay: dials at once where none stands, waits or is under way. Another address replaces the present. */
  want(relayUrl: string): void {
    const isUnderWay = this.#status.phase !== 'idle' && this.#status.phase !== 'stopped'
    if (this.#relayUrl === relayUrl && isUnderWay) return
    this.#relayUrl = relayUrl
    this.#attemptsInVain = 0
    this.#dial()
  }

  /** The owner wants it now: a dial that waits for its back-off goes out at once. */
  dialIfWaiting(): void {
    if (this.#status.phase === 'waiting') this.#dial()
  }

  /** Asks over the link that stands; false where none does. */
  askAccount(request: Omit<FrameOf<'account-request'>, 'type'>): boolean {
    return this.#link?.askAccount(request) ?? false
  }

  /** Resolves when the link that was left last has said its last word. */
  get gone(): Promise<void> {
    return this.#gone
  }

  /** The owner allows something else from now on. */
  termsChanged(): void {
    this.#link?.termsChanged()
  }

  /** Wants no link. What runs ends with `failure`, and the relay hears `code`. */
  leave(code: CloseCode, failure: ExchangeFailure): void {
    this.#giveUpDial()
    if (this.#link) this.#gone = this.#link.gone
    this.#link?.leave(code, failure)
    this.#link = null
    this.#relayUrl = null
    this.#become({ phase: 'idle' })
  }

  #dial(): void {
    const relayUrl = this.#relayUrl as string
    this.#giveUpDial()
    const relay = parseRelayUrl(relayUrl)
    if (!relay.ok) return this.#become({ phase: 'stopped', code: 'wrong-relay', detail: relay.detail })
    const events = this.#eventsOf(this.#dialNumber, relayUrl)
    this.#become({ phase: 'connecting' })
    this.#ports.dial({ relayUrl, nodeDoor: nodeDoorOf(relay.url) }, events).then(
      (link) => this.#keep(link, events),
      (error) =>
        events.ended({ code: 'unreachable', detail: String(error), redialAfterMs: null, stoodMs: 0 }),
    )
  }

  #keep(link: RelayLink, { number }: { number: number }): void {
    if (number === this.#dialNumber && link.phase !== 'closed') this.#link = link
    else if (number !== this.#dialNumber) link.leave('node-leaving', givenUp)
  }

  #giveUpDial(): void {
    clearTimeout(this.#timer)
    this.#dialNumber += 1
  }

  #eventsOf(number: number, relayUrl: string): LinkEvents & { number: number } {
    const isPresent = () => number === this.#dialNumber
    return {
      number,
      welcomed: (welcome) => isPresent() && this.#welcomed(relayUrl, welcome),
      earned: (earned) => this.#ports.earned(relayUrl, earned),
      quality: (quality) => isPresent() && this.#ports.quality(quality),
      accountAnswered: (answer) => isPresent() && this.#ports.accountAnswered(answer),
      carried: this.#ports.carried,
      moved: this.#ports.moved,
      running: (exchangesInFlight) => isPresent() && this.#noteRunning(exchangesInFlight),
      leaving: (code) => isPresent() && this.#become({ phase: 'waiting', code, detail: '' }),
      ended: (end) => {
        this.#ports.linkEnded()
        if (isPresent()) this.#ended(end)
      },
    }
  }

  #welcomed(relayUrl: string, welcome: FrameOf<'welcome'>): void {
    this.#ports.welcomed(relayUrl, welcome)
    this.#become({ phase: 'linked', sinceUnixMs: Date.now(), exchangesInFlight: 0 })
  }

  #noteRunning(exchangesInFlight: number): void {
    if (this.#status.phase === 'linked') this.#become({ ...this.#status, exchangesInFlight })
  }

  #ended({ code, detail, redialAfterMs, stoodMs }: LinkEnd): void {
    this.#link = null
    const redial = code === 'unreachable' ? 'soon' : closes[code].redial
    if (redial === 'never' && code !== 'unreachable') return this.#become({ phase: 'stopped', code, detail })
    if (stoodMs >= linkSteadyMs) this.#attemptsInVain = 0
    const steadyNow = redial === 'now' && stoodMs >= linkSteadyMs
    const waitMs = steadyNow
      ? 0
      : Math.max(
          Math.min(redialAfterMs ?? 0, redialAfterMsMax),
          backOffMs(this.#attemptsInVain, this.#ports.random),
        )
    this.#attemptsInVain += 1
    this.#timer = setTimeout(() => this.#dial(), waitMs)
    this.#become({ phase: 'waiting', code, detail })
  }

  #become(status: LinkStatus): void {
    this.#status = status
    this.#ports.changed(status)
  }
}

const givenUp = new ExchangeFailure('node-failed', 'the node dials another relay')
