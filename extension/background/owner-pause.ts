import { type PauseLength, pauseLengths } from '../messages/index.ts'
import type { OwnerState } from '../storage/index.ts'
import { nextMidnightAfter } from './owner-calendar.ts'

export const halfHourMs = 30 * 60 * 1000

/** The pause that the owner asks for. What no page of this version says is the longest one. */
export function pauseFor(
  wanted: unknown,
  nowUnixMs: number,
  timeZone: string,
): NonNullable<OwnerState['pause']> {
  const length: PauseLength = pauseLengths.find((known) => known === wanted) ?? 'until-resumed'
  switch (length) {
    case 'half-hour':
      return { untilUnixMs: nowUnixMs + halfHourMs }
    case 'until-tomorrow':
      return { untilUnixMs: nextMidnightAfter(nowUnixMs, timeZone) }
    case 'until-resumed':
      return { untilUnixMs: null }
  }
}

/** The pause that holds now: one whose time has come is over, whether or not anybody has looked since. */
export function pauseAt(pause: OwnerState['pause'], nowUnixMs: number): OwnerState['pause'] {
  const isOver = pause !== null && pause.untilUnixMs !== null && pause.untilUnixMs <= nowUnixMs
  return isOver ? null : pause
}
