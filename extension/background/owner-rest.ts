import type { NotSharing, NotSharingReason, OwnerSettings } from '../messages/index.ts'
import { needsPower, type Presence } from './presence.ts'
import { isSharedAt, nextChangeAfter } from './weekly-schedule.ts'

export type RestFacts = {
  settings: OwnerSettings
  presence: Presence
  nowUnixMs: number
  timeZone: string
}

/** Why the owner's own wishes keep this hour, this place or this connection free; null where they do not. */
export function whyRest(facts: RestFacts): NotSharing | null {
  return outsideSchedule(facts) ?? ownersPresence(facts) ?? powerOf(facts) ?? connectionOf(facts)
}

function outsideSchedule({ settings: { schedule }, nowUnixMs, timeZone }: RestFacts): NotSharing | null {
  if (schedule === null || isSharedAt(schedule, nowUnixMs, timeZone)) return null
  const untilUnixMs = nextChangeAfter(schedule, nowUnixMs, timeZone)
  return untilUnixMs === null ? off('outside-schedule') : { ...off('outside-schedule'), untilUnixMs }
}

function ownersPresence({ settings: { mode }, presence: { owner } }: RestFacts): NotSharing | null {
  if (mode === 'always') return null
  if (owner === 'unread') return off('connecting')
  if (owner === 'unknown') return off('presence-unknown')
  return mode === 'when-away' && owner === 'here' ? off('you-are-here') : null
}

function powerOf({ settings, presence: { power } }: RestFacts): NotSharing | null {
  if (!needsPower(settings)) return null
  switch (power) {
    case 'mains':
      return null
    case 'battery':
      return off('on-battery')
    case 'unread':
      return off('connecting')
    case 'unknown':
      return off('power-unknown')
  }
}

function connectionOf({ settings, presence }: RestFacts): NotSharing | null {
  if (presence.savesData) return off('data-saver')
  const isLimited = presence.isCellular || settings.unlimitedConnection === false
  return isLimited && settings.caps.monthBytes === null ? off('connection-limited') : null
}

/** A state that may end without an event to tell of it is looked at again after so long. */
export const lookAgainMs = 5 * 60 * 1000

/** When to look again: at the moment that is known to change something, and else now and then; null where only an event can. */
export function nextLookAt(
  why: NotSharing | null,
  { settings, nowUnixMs, timeZone }: RestFacts,
): number | null {
  if (why === null)
    return settings.schedule === null ? null : nextChangeAfter(settings.schedule, nowUnixMs, timeZone)
  const soonUnixMs = nowUnixMs + lookAgainMs
  if (why.untilUnixMs !== undefined) return Math.min(why.untilUnixMs, soonUnixMs)
  return endsByItself.has(why.reason) ? soonUnixMs : null
}

const endsByItself = new Set<NotSharingReason>([
  'you-are-here',
  'presence-unknown',
  'on-battery',
  'power-unknown',
  'data-saver',
  'connection-limited',
])

const off = (reason: NotSharingReason): NotSharing => ({ phase: 'off', reason })
