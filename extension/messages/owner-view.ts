import type { ActivityRow } from './activity.ts'
import type { Language } from './language.ts'
import type { OwnerSettings } from './owner-settings.ts'

/**
 * What the owner is shown: one snapshot of the node, made by the background and pushed to every open page. Numbers
 * that may outgrow a double (points) travel as decimal strings, because a runtime message carries no bigint.
 */

/** Why nothing is shared. Closed: each reason has exactly one sentence in the catalogue. */
export const notSharingReasons = [
  'consent-not-given',
  'consent-declined',
  'consent-changed',
  'questions-open',
  'switched-off-by-organisation',
  'paused-by-you',
  'outside-schedule',
  'you-are-here',
  'presence-unknown',
  'on-battery',
  'power-unknown',
  'data-saver',
  'connection-limited',
  'hour-cap-reached',
  'day-cap-reached',
  'month-cap-reached',
  'connecting',
  'relay-unreachable',
  'relay-refused',
  'relay-draining',
  'version-mismatch',
  'permission-missing',
  'address-lock-missing',
  'private-address-answered',
  'replaced-by-another-install',
] as const

export type NotSharingReason = (typeof notSharingReasons)[number]

/**
 * `detail` is what the other side said (a host, a version), shown small below the sentence; never a URL's path. `untilUnixMs` is when it
 * ends by itself, where that is known.
 */
export type NotSharing = { phase: 'off'; reason: NotSharingReason; detail?: string; untilUnixMs?: number }

export type Sharing = { phase: 'sharing'; exchangesInFlight: number } | NotSharing

/**
 * The text the owner agreed to: its version, the SHA-256 of its words (lower-case hex), and when (ISO 8601, UTC). The hash is that of one
 * language's words; agreements from before there were several do not name it.
 */
export type ConsentGiven = { version: string; sha256: string; agreedAt: string; language?: Language }

/** What the relay makes of this link; null where it does not know yet. Percent are 0 to 100. */
export type LinkQuality = {
  scorePercent: number | null
  /** Of the exchanges that this browser was asked for, those that did not fail on its side. */
  reliabilityPercent: number | null
  speedPercent: number | null
  /** Of what customers asked for in the last hour, how much this browser could have been asked for. */
  reachPercent: number | null
  askedLastHour: number
  offeredLastHour: number
  restMs: number
}

/** One browser of the owner's account. */
export type DeviceView = {
  nodeId: string
  kind: 'chromium' | 'firefox' | 'other'
  country: string | null
  linked: boolean
  isThisOne: boolean
  firstSeenUnixMs: number
  lastSeenUnixMs: number
  carriedBytes: number
}

/** One day of the owner's calendar (`2026-11-23`), this browser alone. Units as decimal text. */
export type DayView = { day: string; carriedBytes: number; units: string }

/** Why this browser earns little, each with something to know or to do; the sentences are the pages' own. */
export const earningHints = [
  'not-sharing',
  'no-demand',
  'rules-refuse-much',
  'resting-after-failures',
  'slow',
  'few-hours',
  'few-lanes',
  'http-not-offered',
  'just-linked',
] as const
export type EarningHint = (typeof earningHints)[number]

export type OwnerView = {
  sharing: Sharing
  /** Decimal bigint in the ledger's smallest unit: 1 point = 1,000,000 units. */
  points: { units: string }
  /** Carried bytes, both directions. A day begins at the owner's local midnight. */
  carried: { todayBytes: number; totalBytes: number }
  live: { bytesPerSecond: number }
  /** `linkedSince` is ISO 8601 (UTC) while a link is open, else null. */
  relay: { url: string; linkedSince: string | null }
  /** `id` is null before the first consent; `country` is what the relay thinks, ISO 3166-1 alpha-2, or null. */
  node: { id: string | null; country: string | null }
  consent: ConsentGiven | null
  settings: OwnerSettings
  /** The pause that the owner asked for; `untilUnixMs` null until resumed. */
  pause: { untilUnixMs: number | null } | null
  /** Line bytes of the present hour, day and month (from the owner's reset day). */
  line: { hourBytes: number; dayBytes: number; monthBytes: number }
  /** The last 30 days, the oldest first, days without traffic included. */
  days: DayView[]
  quality: LinkQuality | null
  hints: EarningHint[]
  /** Null until the relay was asked. */
  devices: DeviceView[] | null
  /** The last five exchanges, the newest first. */
  recent: ActivityRow[]
  activity: { newestId: number; rows: number }
  /** What the owner's organisation has fixed. */
  managed: { relayUrl: boolean; off: boolean }
}
