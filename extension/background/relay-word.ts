import type { AddressRules } from '#addresses'
import type { Device, FrameOf } from '#protocol'
import type { LinkQuality } from '../messages/index.ts'
import { overridesFrom } from './relay-address.ts'

/** Before a welcome: public addresses and nothing else. */
const closedRules: AddressRules = { overrides: [], ownAddress: null }

/** What the relay has said of this node and its account, each for as long as it holds. */
export class RelayWord {
  #country: string | null = null
  #rules = closedRules
  #quality: LinkQuality | null = null
  #devices: Device[] | null = null

  get country(): string | null {
    return this.#country
  }

  /** What a target's address is judged by. */
  get rules(): AddressRules {
    return this.#rules
  }

  /** Of the link that stands; null without one. */
  get quality(): LinkQuality | null {
    return this.#quality
  }

  /** Null until the relay was asked. */
  get devices(): readonly Device[] | null {
    return this.#devices
  }

  welcomed(
    relayUrl: string,
    { country, publicAddress, addressSpaceOverrides }: Omit<FrameOf<'welcome'>, 'type'>,
  ): void {
    this.#country = country
    this.#rules = { overrides: overridesFrom(relayUrl, addressSpaceOverrides), ownAddress: publicAddress }
  }

  judged({ type: _, ...quality }: FrameOf<'quality'>): void {
    this.#quality = quality
  }

  listed(devices: Device[]): void {
    this.#devices = devices
  }

  /** No link stands. */
  unlinked(): void {
    this.#quality = null
  }

  /** This node has left its link, and what the relay overrode there counts no more. */
  left(): void {
    this.#rules = closedRules
  }

  /** The owner has deleted everything. */
  forget(): void {
    this.#country = null
    this.#quality = null
    this.#devices = null
  }
}
