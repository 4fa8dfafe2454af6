import type { NotSharing, NotSharingReason, OwnerAnswers, Sharing } from '../messages/index.ts'
import type { OwnerState } from '../storage/index.ts'
import type { ReachedCap } from './line-meter.ts'
import type { ManagedPolicy } from './managed-policy.ts'
import { pauseAt } from './owner-pause.ts'
import { whyRest } from './owner-rest.ts'
import type { Presence } from './presence.ts'
import type { LinkStatus } from './relay-dialer.ts'

/** A version, and the hash of its words in each language. */
export type ConsentText = { version: string; sha256s: readonly string[] }

/** Everything that decides whether this node shares, from the owner's word down to the link. */
export type SharingFacts = {
  owner: Pick<OwnerState, 'consent' | 'pause' | 'unsafe' | 'linkStop' | 'settings'>
  /** The text of today, in each language: an agreement to another one does not count. */
  consentText: ConsentText
  /** Null while the browser has not said it yet. */
  managed: ManagedPolicy | null
  presence: Presence
  hostAccess: boolean
  addressLock: boolean
  relayUrl: string
  nowUnixMs: number
  timeZone: string
  cap: ReachedCap | null
  link: LinkStatus
}

/**
 * Why nothing may be dialled, or null where it may. The first reason that holds is the one the owner hears: what the owner cannot change
 * comes first, then what was agreed, what keeps the home safe, what the owner wished, and what the relay said.
 */
export function whyNotDial(facts: Omit<SharingFacts, 'link'>): NotSharing | null {
  const { owner, managed, hostAccess, addressLock, relayUrl, cap, nowUnixMs } = facts
  if (managed?.off) return off('switched-off-by-organisation')
  const open = whyNotAgreed(facts)
  if (open) return off(open)
  if (!addressLock) return off('address-lock-missing')
  if (!hostAccess) return off('permission-missing')
  if (owner.unsafe) return off('private-address-answered', `${owner.unsafe.host} (${owner.unsafe.address})`)
  const pause = pauseAt(owner.pause, nowUnixMs)
  if (pause) return pausedUntil(pause.untilUnixMs)
  // Whether the organisation allows it is not known yet; that takes some seconds when a browser starts.
  if (managed === null) return off('connecting')
  const rest = whyRest({ ...facts, settings: owner.settings })
  if (rest) return rest
  if (cap) return { phase: 'off', ...cap }
  if (owner.linkStop?.relayUrl === relayUrl) return off(reasonOf(owner.linkStop.code), owner.linkStop.detail)
  return null
}

/** What the owner is shown. */
export function sharingOf(facts: SharingFacts): Sharing {
  return whyNotDial(facts) ?? sharingOfLink(facts.link)
}

function sharingOfLink(link: LinkStatus): Sharing {
  switch (link.phase) {
    case 'idle':
    case 'connecting':
      return off('connecting')
    case 'linked':
      return { phase: 'sharing', exchangesInFlight: link.exchangesInFlight }
    case 'waiting':
    case 'stopped':
      return off(reasonOf(link.code), link.detail || undefined)
  }
}

function whyNotAgreed({ owner, consentText }: Omit<SharingFacts, 'link'>): NotSharingReason | null {
  if (owner.consent.said === 'no') return 'consent-declined'
  if (owner.consent.said === 'nothing') return 'consent-not-given'
  const { version, sha256 } = owner.consent.given
  if (version !== consentText.version || !consentText.sha256s.includes(sha256)) return 'consent-changed'
  return areAnswered(owner.settings) ? null : 'questions-open'
}

/** What a browser cannot tell, its owner has said. */
export function areAnswered({ mode, unlimitedConnection, shareOnBattery }: OwnerAnswers): boolean {
  return mode !== null && unlimitedConnection !== null && shareOnBattery !== null
}

const pausedUntil = (untilUnixMs: number | null): NotSharing =>
  untilUnixMs === null ? off('paused-by-you') : { ...off('paused-by-you'), untilUnixMs }

/** The link's closed list of endings, in the owner's words. */
function reasonOf(code: Extract<LinkStatus, { phase: 'waiting' | 'stopped' }>['code']): NotSharingReason {
  switch (code) {
    case 'unreachable':
    case 'silent-too-long':
    case 'hello-late':
    case 'relay-failed':
    case 'relay-overloaded':
      return 'relay-unreachable'
    case 'relay-draining':
      return 'relay-draining'
    case 'version-mismatch':
      return 'version-mismatch'
    case 'replaced-by-newer-link':
      return 'replaced-by-another-install'
    case 'lanes-used-up':
    case 'account-changed':
      return 'connecting'
    case 'owner-paused':
    case 'owner-resting':
    case 'node-forgotten':
    case 'node-leaving':
    case 'node-unsafe':
    case 'malformed-frame':
    case 'hello-refused':
    case 'out-of-order':
    case 'unknown-lane':
    case 'window-overrun':
    case 'frame-too-large':
    case 'stop-ignored':
    case 'header-invalid':
    case 'wrong-relay':
    case 'receipt-refused':
      return 'relay-refused'
  }
}

const off = (reason: NotSharingReason, detail?: string): NotSharing =>
  detail === undefined ? { phase: 'off', reason } : { phase: 'off', reason, detail }
