import type { HeaderList } from '#protocol'
import { within } from './deadline.ts'

/** Browsers drop a report that could not be sent after 15 minutes. */
const holdMs = 4 * 60_000
/** A relay that does not answer is dialled all the same, and then is not linked to either. */
const askMsMax = 3_000

export type ReportHoldPorts = {
  /** Asks without the owner's accounts and without keeping anything. */
  ask(url: string): Promise<unknown>
  nowMs(): number
}

/**
 * A browser that has no report waiting sends the next one at once; otherwise all of them once a minute. So that there is time to revoke
 * what a site orders, one report waits here all the time: about a request to the relay, for a group that has no endpoint. Nobody gets it.
 */
export class ReportHold {
  readonly #ports: ReportHoldPorts
  #held: { relayUrl: string; atMs: number } | null = null
  #asking: { relayUrl: string; ordered: PromiseWithResolvers<boolean>; done: Promise<void> } | null = null

  constructor(ports: ReportHoldPorts) {
    this.#ports = ports
  }

  /**
   * Call before each dial, and now and then while a link stands. A node that may not share has nothing to hold, and asks nobody. Resolves when
   * what the relay answered was heard, or has not come in time; rejects where the node may not share any more by then.
   */
  async keep(relayUrl: string, node: { readonly mayShare: boolean }): Promise<void> {
    // Over plain http no browser takes such an order.
    if (!node.mayShare || !relayUrl.startsWith('https:') || this.#holdsAt(relayUrl)) return
    if (this.#asking?.relayUrl !== relayUrl) {
      const ordered = Promise.withResolvers<boolean>()
      this.#asking = { relayUrl, ordered, done: this.#ask(relayUrl, ordered.promise) }
    }
    await this.#asking.done
    if (!node.mayShare) throw new Error('the relay’s answer, or the owner meanwhile, speaks against a link')
  }

  /** Call with the raw headers of every answer of a relay. The browser tells them beside the answer itself, before or after it. */
  answered({ url, headers }: { url: string; headers: HeaderList }): void {
    if (this.#asking && url === holdUrlOf(this.#asking.relayUrl))
      this.#asking.ordered.resolve(ordersReport(headers))
  }

  #holdsAt(relayUrl: string): boolean {
    return this.#held?.relayUrl === relayUrl && this.#ports.nowMs() - this.#held.atMs < holdMs
  }

  async #ask(relayUrl: string, ordered: Promise<boolean>): Promise<void> {
    const atMs = this.#ports.nowMs()
    const asked = this.#ports.ask(holdUrlOf(relayUrl)).then(
      () => ordered,
      () => false,
    )
    if (await within(asked, { ms: askMsMax, late: () => false })) this.#held = { relayUrl, atMs }
    if (this.#asking?.relayUrl === relayUrl) this.#asking = null
  }
}

/** A proxy may have dropped the order or added one of its own, and only a report about every success waits from now on. */
function ordersReport(headers: HeaderList): boolean {
  const [order, ...more] = headers.filter(([name]) => name.toLowerCase() === 'nel')
  if (order === undefined || more.length > 0) return false
  try {
    const { report_to, max_age, success_fraction } = JSON.parse(order[1])
    return typeof report_to === 'string' && max_age > 0 && success_fraction === 1
  } catch {
    return false
  }
}

/** Its answer carries the order to report, so it must not be revoked. The question mark tells it apart from the same document as a target. */
export const holdUrlOf = (relayUrl: string): string => `${relayUrl}/v1/policy?`
