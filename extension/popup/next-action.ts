import { en } from '../messages/en.ts'
import type { Sharing } from '../messages/index.ts'

/** The one thing the popup offers: what is most likely wanted in this state. */
export type NextAction = { kind: 'pause' | 'resume' | 'open-consent'; label: string } | { kind: 'none' }

export function nextAction(sharing: Sharing): NextAction {
  if (sharing.phase === 'sharing') return { kind: 'pause', label: en.popup.pause }
  switch (sharing.reason) {
    case 'consent-not-given':
    case 'consent-declined':
      return { kind: 'open-consent', label: en.popup.readAgreement }
    case 'permission-missing':
      return { kind: 'open-consent', label: en.popup.giveAccess }
    case 'paused-by-you':
    case 'private-address-answered':
    case 'replaced-by-another-install':
      return { kind: 'resume', label: en.popup.resume }
    case 'connecting':
    case 'relay-unreachable':
    case 'relay-refused':
    case 'relay-draining':
    case 'version-mismatch':
      return { kind: 'pause', label: en.popup.pause }
    case 'address-lock-missing':
      return { kind: 'none' }
  }
}
