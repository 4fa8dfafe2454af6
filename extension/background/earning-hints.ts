import type { EarningHint, LinkQuality, OwnerSettings, Sharing } from '../messages/index.ts'

/** So long after a link began little can be said of it. */
export const justLinkedMs = 10 * 60_000
/** Below these the owner is told. */
export const reachPercentMin = 70
export const speedPercentMin = 50
export const reliabilityPercentMin = 90
export const lanesFew = 8
export const weekHoursFew = 40

export type EarningFacts = {
  sharing: Sharing
  quality: LinkQuality | null
  settings: Pick<OwnerSettings, 'lanesMax' | 'schedule' | 'rules'>
  schemes: readonly string[]
  linkedForMs: number
}

/** Why this browser earns little, what weighs most first; empty where nothing holds it back. */
export function earningHints(facts: EarningFacts): EarningHint[] {
  if (facts.sharing.phase === 'off') return ['not-sharing']
  const { quality, settings, schemes, linkedForMs } = facts
  const hints: [EarningHint, boolean][] = [
    ['resting-after-failures', isUnreliable(quality)],
    ['no-demand', quality !== null && quality.askedLastHour === 0],
    ['rules-refuse-much', hasRules(settings.rules) && isBelow(quality?.reachPercent, reachPercentMin)],
    ['slow', isBelow(quality?.speedPercent, speedPercentMin)],
    ['few-hours', settings.schedule !== null && hoursOf(settings.schedule) < weekHoursFew],
    ['few-lanes', settings.lanesMax < lanesFew],
    ['http-not-offered', !schemes.includes('http')],
    ['just-linked', linkedForMs < justLinkedMs],
  ]
  return hints.filter(([, holds]) => holds).map(([hint]) => hint)
}

const isUnreliable = (quality: LinkQuality | null): boolean =>
  quality !== null && (quality.restMs > 0 || isBelow(quality.reliabilityPercent, reliabilityPercentMin))

const isBelow = (percent: number | null | undefined, min: number): boolean =>
  percent !== null && percent !== undefined && percent < min

const hoursOf = (schedule: string): number => [...schedule].filter((hour) => hour === '1').length

const hasRules = (rules: OwnerSettings['rules']): boolean =>
  rules.onlyAllowed ||
  rules.deniedCategories.length + rules.deniedHosts.length + rules.deniedCustomers.length > 0
