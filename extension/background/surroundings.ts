import {
  closePowerPage,
  onConnectionChanged,
  onManagedChanged,
  onOwnerPresence,
  onPower,
  openPowerPage,
  readConnection,
  readManaged,
  readOwnerPresence,
} from '../platform/index.ts'
import { type ManagedPolicy, managedPolicyOf } from './managed-policy.ts'
import type { Presence } from './presence.ts'
import { PresenceWatch } from './presence-watch.ts'

/** The clock, the place and the organisation around a node: what may change without any word of owner or relay. */
export type Surroundings = {
  nowUnixMs(): number
  /** IANA name. */
  timeZone(): string
  presence(): Presence
  /** Whether it matters what the computer runs on. */
  needPower(needed: boolean): void
  /** Null until the browser has said it. */
  managed(): ManagedPolicy | null
}

export type BrowserSurroundings = Surroundings & {
  /** Asks the browser once more what it may not have told. */
  look(): void
}

/** The clock, the owner's presence and the organisation as this browser tells them. Create at the top of the background. */
export function createSurroundings(changed: () => void): BrowserSurroundings {
  let managed: ManagedPolicy | null = null
  const presence = new PresenceWatch({
    readOwner: readOwnerPresence,
    openPowerPage,
    closePowerPage,
    readConnection,
    changed,
  })
  const learnPolicy = async () => {
    managed = await readManaged().then(managedPolicyOf, () => unreadablePolicy)
    changed()
  }
  onOwnerPresence((owner) => presence.heardOwner(owner))
  onPower({ heard: (power) => presence.heardPower(power), lost: () => presence.lostPower() })
  onConnectionChanged(changed)
  onManagedChanged(() => void learnPolicy())
  void learnPolicy()
  void presence.look()

  return {
    nowUnixMs: Date.now,
    timeZone: () => Intl.DateTimeFormat().resolvedOptions().timeZone,
    presence: () => presence.now(),
    needPower: (needed) => presence.needPower(needed),
    managed: () => managed,
    look: () => void presence.look(),
  }
}

/** Something is fixed, and nobody can say what: the careful choice. */
const unreadablePolicy: ManagedPolicy = { relayUrl: null, off: true }
