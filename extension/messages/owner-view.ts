/**
 * What the owner is shown: one snapshot of the node, made by the background and pushed to every open page. Numbers
 * that may outgrow a double (points) travel as decimal strings, because a runtime message carries no bigint.
 */

/** Why nothing is shared. Closed: each reason has exactly one sentence in `en.ts`. */
export const notSharingReasons = [
  'consent-not-given',
  'consent-declined',
  'paused-by-you',
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

/** `detail` is what the other side said (a host, a version), shown small below the sentence; never a URL's path. */
export type Sharing =
  | { phase: 'sharing'; exchangesInFlight: number }
  | { phase: 'off'; reason: NotSharingReason; detail?: string }

/** The text the owner agreed to: its version, the SHA-256 of its words (lower-case hex), and when (ISO 8601, UTC). */
export type ConsentGiven = { version: string; sha256: string; agreedAt: string }

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
}
