import type { OwnerSettings } from '../messages/index.ts'
import type { OwnerLimits } from './owner-limits.ts'

/**
 * What the browser says of its owner and its connection now. `unread`: it was asked and has not answered yet; `unknown`: it
 * cannot say.
 */
export type Presence = {
  owner: 'here' | 'away' | 'unread' | 'unknown'
  /** Stays `unread` where nobody needs to know. */
  power: 'mains' | 'battery' | 'unread' | 'unknown'
  savesData: boolean
  /** A connection that is billed by volume as a rule. False also where the browser cannot say: then the owner was asked. */
  isCellular: boolean
}

/** `gently`, while the owner is here: little enough that a video call beside it does not feel it. */
export const gentleLanesMax = 2
export const gentleUpBytesPerSecondMax = 128 * 1024

/** What is left of sharing while the owner is here; null where that limits nothing. */
export function presenceLimitsOf(
  { mode }: Pick<OwnerSettings, 'mode'>,
  { owner }: Presence,
): OwnerLimits | null {
  const isGentle = mode === 'gently' && owner !== 'away'
  return isGentle ? { lanesMax: gentleLanesMax, upBytesPerSecondMax: gentleUpBytesPerSecondMax } : null
}

/** Whether it matters what the computer runs on. */
export const needsPower = ({ shareOnBattery }: Pick<OwnerSettings, 'shareOnBattery'>): boolean =>
  shareOnBattery === false
