import type { OwnerSettings } from '../messages/index.ts'

/** What bounds the work of one link. Null for no limit. */
export type OwnerLimits = { lanesMax: number; upBytesPerSecondMax: number | null }

/** What the owner has set, and what holds while the owner is here: the smaller of each. */
export function limitsOf(
  { lanesMax, upBytesPerSecondMax }: Pick<OwnerSettings, 'lanesMax' | 'upBytesPerSecondMax'>,
  presence: OwnerLimits | null,
): OwnerLimits {
  if (!presence) return { lanesMax, upBytesPerSecondMax }
  const rates = [upBytesPerSecondMax, presence.upBytesPerSecondMax].filter((rate) => rate !== null)
  return {
    lanesMax: Math.min(lanesMax, presence.lanesMax),
    upBytesPerSecondMax: rates.length > 0 ? Math.min(...rates) : null,
  }
}
