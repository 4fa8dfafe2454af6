import { type SharingFacts, whyNotDial } from './sharing-state.ts'

/**
 * A browser that cannot keep requests out of its owner's home takes no exchange. Its relay hears so once in the life of a worker, on a
 * link that is left as soon as it stands, and only where all else would allow a link.
 */
export class UnprotectedNotice {
  #told: string | null = null

  isDue(facts: SharingFacts): boolean {
    if (this.#told === facts.relayUrl || whyNotDial(facts)?.reason !== 'address-lock-missing') return false
    return whyNotDial({ ...facts, addressLock: true }) === null
  }

  /** The link stands: true where it stands for the notice alone, which the goodbye that follows gives. */
  isGivenOn(facts: SharingFacts): boolean {
    const isDue = this.isDue(facts)
    if (isDue) this.#told = facts.relayUrl
    return isDue
  }
}
