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
  /** Whether the relay's last answer gave the order: a proxy before it may have dropped it. */
  #ordered = false

  constructor(ports: ReportHoldPorts) {
    this.#ports = ports
  }

  /** Call before each dial, and now and then while a link stands. Never rejects. Over plain http no browser takes such an order. */
  async keep(relayUrl: string): Promise<void> {
    const atMs = this.#ports.nowMs()
    if (!relayUrl.startsWith('https:')) return
    if (this.#held?.relayUrl === relayUrl && atMs - this.#held.atMs < holdMs) return
    this.#ordered = false
    const asked = this.#ports.ask(holdUrlOf(relayUrl)).then(
      () => this.#ordered,
      () => false,
    )
    if (await within(asked, { ms: askMsMax, late: () => false })) this.#held = { relayUrl, atMs }
  }

  /** Call with the raw headers of the relay's answer, before the answer itself is here. */
  answered({ headers }: { headers: HeaderList }): void {
    this.#ordered = headers.some(([name]) => name.toLowerCase() === 'nel')
  }
}

/** Its answer carries the order to report, so it must not be revoked. The question mark tells it apart from the same document as a target. */
export const holdUrlOf = (relayUrl: string): string => `${relayUrl}/v1/policy?`
