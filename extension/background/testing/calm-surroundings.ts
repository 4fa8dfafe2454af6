import { noManagedPolicy } from '../managed-policy.ts'
import type { Surroundings } from '../surroundings.ts'

/** Nobody manages this browser, its owner is away, and it runs on mains. Tests change what they are about. */
export function calmSurroundings(changes: Partial<Surroundings> = {}): Surroundings {
  return {
    nowUnixMs: Date.now,
    timeZone: () => 'UTC',
    presence: () => ({ owner: 'away', power: 'mains', savesData: false, isCellular: false }),
    needPower: () => {},
    managed: () => noManagedPolicy,
    ...changes,
  }
}
