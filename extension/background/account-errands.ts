import type { AccountAction, AccountRefusal, Device, FrameOf } from '#protocol'
import { within } from './deadline.ts'

/** How long a relay may take to answer, the dial included where one is needed. */
export const accountAnswerDeadlineMs = 15_000

export type AccountOutcome =
  | { reached: true; refusal: AccountRefusal | null; devices: Device[] }
  | { reached: false }

export type ErrandPorts = {
  /** Asks over the link that stands; false where none does. */
  askOnLink(request: Omit<FrameOf<'account-request'>, 'type'>): boolean
  /** May a link be dialled for this alone? Not while one is wanted for sharing and does not come. */
  mayDial(): boolean
  /**
   * Dials a link that takes no work, asks over it once it is welcomed, and gives how to leave it. `ended` is called when it is gone.
   */
  dialFor(request: Omit<FrameOf<'account-request'>, 'type'>, ended: () => void): Promise<() => void>
}

/** Questions to the relay about the owner's account, each answered once or given up. */
export class AccountErrands {
  readonly #ports: ErrandPorts
  readonly #waiting = new Map<number, (outcome: AccountOutcome) => void>()
  /** Asked over the link that shares; the others have one of their own. */
  readonly #onLink = new Set<number>()
  #lastRequest = 0

  constructor(ports: ErrandPorts) {
    this.#ports = ports
  }

  async ask(action: AccountAction, value: string | null = null): Promise<AccountOutcome> {
    this.#lastRequest += 1
    const asked = { request: this.#lastRequest, action, value }
    const { promise, resolve } = Promise.withResolvers<AccountOutcome>()
    this.#waiting.set(asked.request, resolve)
    const isOnLink = this.#ports.askOnLink(asked)
    if (isOnLink) this.#onLink.add(asked.request)
    const leave = isOnLink ? null : await this.#dial(asked)
    try {
      return await within(promise, { ms: accountAnswerDeadlineMs, late: () => unreached })
    } finally {
      this.#waiting.delete(asked.request)
      this.#onLink.delete(asked.request)
      leave?.()
    }
  }

  heard({ request, refusal, devices }: FrameOf<'account-answer'>): void {
    this.#waiting.get(request)?.({ reached: true, refusal, devices })
  }

  /** The link that shares is gone: what was asked over it is not answered any more. */
  linkEnded(): void {
    for (const request of this.#onLink) this.#waiting.get(request)?.(unreached)
  }

  async #dial(asked: Omit<FrameOf<'account-request'>, 'type'>): Promise<(() => void) | null> {
    const giveUp = () => this.#waiting.get(asked.request)?.(unreached)
    if (!this.#ports.mayDial()) {
      giveUp()
      return null
    }
    return this.#ports.dialFor(asked, giveUp).catch(() => {
      giveUp()
      return null
    })
  }
}

const unreached: AccountOutcome = { reached: false }
