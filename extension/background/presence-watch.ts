import type { Presence } from './presence.ts'

export type PresencePorts = {
  /** Whether the owner has touched the computer lately. Rejects where the browser cannot tell. */
  readOwner(): Promise<'here' | 'away'>
  /** Opens the page that tells `heardPower` what the computer runs on. Rejects where there is none. */
  openPowerPage(): Promise<void>
  closePowerPage(): Promise<void>
  readConnection(): Pick<Presence, 'savesData' | 'isCellular'>
  /** Something is not as it was. */
  changed(): void
}

/** Far longer than any browser takes to open its page and say it; after it nobody knows. */
export const powerDeadlineMs = 5_000

/** Keeps what the browser says of its owner. Whatever it stops saying becomes `unknown`, never the last that it said. */
export class PresenceWatch {
  readonly #ports: PresencePorts
  #owner: Presence['owner'] = 'unread'
  #power: Presence['power'] = 'unread'
  #needsPower = false
  /** Tells the newest answer from one that was overtaken. */
  #ownerReads = 0
  #powerDeadline: ReturnType<typeof setTimeout> | undefined

  constructor(ports: PresencePorts) {
    this.#ports = ports
  }

  /** As things stand; the connection is read each time, because it costs nothing and not every change of it is told. */
  now(): Presence {
    return { owner: this.#owner, power: this.#power, ...this.#ports.readConnection() }
  }

  /** Asks the browser anew, at the start and now and then. */
  async look(): Promise<void> {
    if (this.#needsPower && this.#power === 'unknown') this.#openPowerPage()
    this.#ownerReads += 1
    const read = this.#ownerReads
    const owner = await this.#ports.readOwner().catch(() => 'unknown' as const)
    if (read === this.#ownerReads) this.#setOwner(owner)
  }

  /** The browser says by itself that the owner came or went. */
  heardOwner(owner: 'here' | 'away'): void {
    this.#ownerReads += 1
    this.#setOwner(owner)
  }

  /** The page is open only while somebody needs to know. */
  needPower(needed: boolean): void {
    if (needed === this.#needsPower) return
    this.#needsPower = needed
    this.#power = 'unread'
    if (needed) return this.#openPowerPage()
    clearTimeout(this.#powerDeadline)
    void this.#ports.closePowerPage().catch(() => {})
  }

  heardPower(power: 'mains' | 'battery' | 'unknown'): void {
    if (!this.#needsPower) return
    clearTimeout(this.#powerDeadline)
    this.#setPower(power)
  }

  /** The page is gone, and nobody tells any more. One that is just being opened has its deadline. */
  lostPower(): void {
    if (this.#needsPower && this.#power !== 'unread') this.#setPower('unknown')
  }

  #openPowerPage(): void {
    clearTimeout(this.#powerDeadline)
    this.#powerDeadline = setTimeout(() => this.#setPower('unknown'), powerDeadlineMs)
    this.#ports.openPowerPage().catch(() => this.heardPower('unknown'))
  }

  #setOwner(owner: Presence['owner']): void {
    if (owner === this.#owner) return
    this.#owner = owner
    this.#ports.changed()
  }

  #setPower(power: Presence['power']): void {
    if (power === this.#power) return
    this.#power = power
    this.#ports.changed()
  }
}
