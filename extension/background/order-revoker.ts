import type { AddressRules } from '#addresses'
import type { HeaderList } from '#protocol'
import { ExchangeFailure } from './exchange-failure.ts'
import { ordersIn } from './protections.ts'

export type RevokerPorts = {
  /** What the present relay allows beside public addresses. */
  rules(): AddressRules
  forgetReports(origins: readonly string[]): Promise<void>
  forgetAlternatives(): Promise<void>
}

/** A site that is dropped from here, the oldest first, had its orders revoked when it gave them. */
const refusedOriginsMax = 2_000

/**
 * Has the browser forget what answers order it to do later: reports, which a site may send for to a device in the owner's home, and
 * other addresses. It costs some milliseconds, and nothing where an answer orders nothing. A site that leads elsewhere is not asked again.
 */
export class OrderRevoker {
  readonly #ports: RevokerPorts
  readonly #refused = new Set<string>()
  readonly #reporting = new Set<string>()
  #alternatives = false
  #revoking: Promise<void> | null = null

  constructor(ports: RevokerPorts) {
    this.#ports = ports
  }

  /** Call with every answer to an own request, also one that nobody waits for. */
  heard(answer: { url: string; headers: HeaderList }): void {
    const orders = ordersIn(answer, this.#ports.rules())
    if (orders === null) return
    const { origin } = new URL(answer.url)
    if (orders.elsewhere) this.#refuse(origin)
    this.#alternatives ||= orders.elsewhere
    if (orders.reports) this.#reporting.add(origin)
    this.#begin()
  }

  /**
   * The relay's own order to report, for a group that nobody names an endpoint for, stays. Says whether it names one all the same, or leads
   * elsewhere: that is revoked like a site's.
   */
  heardRelay(answer: { url: string; headers: HeaderList }): boolean {
    const orders = ordersIn(answer, this.#ports.rules())
    const namesGroups = answer.headers.some(([name]) => name.toLowerCase() === 'report-to')
    if (orders === null || !(orders.elsewhere || namesGroups)) return false
    this.heard(answer)
    return true
  }

  /**
   * Call when the opening of a socket was answered, well or not. Browsers obey `Alt-Svc` there and tell no extension of it, so the worst is taken
   * for said. `url` is the socket's, with `http` in place of `ws`.
   */
  socketAnswered(url: string): void {
    if (ordersIn({ url, headers: [unread] }, this.#ports.rules()) === null) return
    this.#alternatives = true
    this.#begin()
  }

  /** Why nothing more is asked of this place, or null. */
  refusalOf({ url }: { url: string }): ExchangeFailure | null {
    if (this.#refused.size === 0 || !this.#refused.has(new URL(url).origin)) return null
    return new ExchangeFailure('policy-refused', refusedDetail)
  }

  /** Resolves when nothing is left to revoke. */
  get idle(): Promise<void> {
    return this.#revoking ?? Promise.resolve()
  }

  #begin(): void {
    this.#revoking ??= this.#revoke().finally(() => {
      this.#revoking = null
    })
  }

  /** One removal at a time; what comes meanwhile goes into the next one. */
  async #revoke(): Promise<void> {
    while (this.#reporting.size > 0 || this.#alternatives) {
      const origins = [...this.#reporting]
      const alternatives = this.#alternatives
      this.#reporting.clear()
      this.#alternatives = false
      try {
        if (origins.length > 0) await this.#ports.forgetReports(origins)
        if (alternatives) await this.#ports.forgetAlternatives()
      } catch (error) {
        console.error('the browser did not forget what a site had ordered; it is not asked again', error)
        for (const origin of origins) this.#refuse(origin)
      }
    }
  }

  #refuse(origin: string): void {
    this.#refused.delete(origin)
    this.#refused.add(origin)
    const [oldest] = this.#refused
    if (this.#refused.size > refusedOriginsMax && oldest !== undefined) this.#refused.delete(oldest)
  }
}

/** What no browser understands counts as elsewhere. */
const unread: HeaderList[number] = ['alt-svc', '"unread"']

const refusedDetail =
  'This site tells browsers to go to another host or port, or to send reports where nothing may be sent: no node asks it again.'
