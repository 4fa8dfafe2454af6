import type { NotSharingReason, Sharing } from '../messages/index.ts'
import type { OwnerState } from '../storage/index.ts'
import type { LinkStatus } from './relay-dialer.ts'

/** Everything that decides whether this node shares, from the owner's word down to the link. */
export type SharingFacts = {
  owner: Pick<OwnerState, 'consent' | 'pause' | 'unsafe' | 'linkStop'>
  /** The text of today: an agreement to another one does not count. */
  consentText: { version: string; sha256: string }
  hostAccess: boolean
  addressLock: boolean
  relayUrl: string
  link: LinkStatus
}

/** Why nothing may be dialled, or null where it may. The first reason that holds is the one the owner hears. */
export function whyNotDial(facts: Omit<SharingFacts, 'link'>): Extract<Sharing, { phase: 'off' }> | null {
  const { owner, hostAccess, addressLock, relayUrl } = facts
  if (owner.consent.said === 'no') return off('consent-declined')
  if (!agreedToThis(facts)) return off('consent-not-given')
  if (!addressLock) return off('address-lock-missing')
  if (!hostAccess) return off('permission-missing')
  if (owner.unsafe) return off('private-address-answered', `${owner.unsafe.host} (${owner.unsafe.address})`)
  if (owner.pause) return off('paused-by-you')
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

function agreedToThis({ owner, consentText }: Pick<SharingFacts, 'owner' | 'consentText'>): boolean {
  if (owner.consent.said !== 'yes') return false
  const { version, sha256 } = owner.consent.given
  return version === consentText.version && sha256 === consentText.sha256
}

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

const off = (reason: NotSharingReason, detail?: string): Extract<Sharing, { phase: 'off' }> =>
  detail === undefined ? { phase: 'off', reason } : { phase: 'off', reason, detail }
