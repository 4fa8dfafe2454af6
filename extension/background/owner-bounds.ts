import type { NodeTerms } from '#protocol'
import type { OwnerSettings } from '../messages/index.ts'
import { type NodeDatabase, readLine, saveLine } from '../storage/index.ts'
import { LineCaps } from './line-caps.ts'
import { lineKeptMs } from './line-meter.ts'
import { limitsOf, type OwnerLimits } from './owner-limits.ts'
import { createRuleKeeper } from './owner-rules.ts'
import { termsOf } from './owner-terms.ts'

export type OwnerBounds = ReturnType<typeof createOwnerBounds>

type OwnerBoundsPorts = {
  database: NodeDatabase
  settings(): OwnerSettings
  /** What is left of sharing while the owner is here; null where that limits nothing. */
  presenceLimits(): OwnerLimits | null
  nowUnixMs(): number
  /** A cap was reached, or is no longer. */
  turned(): void
}

/** How much the owner allows, and of what: caps, lanes, rate and rules, and what the relay is told of them. */
export function createOwnerBounds({
  database,
  settings,
  presenceLimits,
  nowUnixMs,
  turned,
}: OwnerBoundsPorts) {
  const caps = new LineCaps({
    caps: () => settings().caps,
    nowUnixMs,
    save: (rows) => saveLine(database, rows, nowUnixMs() - lineKeptMs),
    turned,
  })
  const rules = createRuleKeeper(() => settings().rules)
  const limits = (): OwnerLimits => limitsOf(settings(), presenceLimits())
  return {
    caps,
    limits,
    refusalOf: rules.refusalOf,
    terms: (): NodeTerms => termsOf(settings().rules, limits().lanesMax),
    begin: async (): Promise<void> => caps.begin(await readLine(database)),
  }
}
