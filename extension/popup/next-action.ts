import type { Sharing } from '../messages/index.ts'
import type { PopupWords } from './popup-words.ts'

/** The one thing the popup offers: what is most likely wanted in this state. */
export type NextAction = { kind: 'pause' | 'resume' | 'open-consent'; label: string } | { kind: 'none' }

export function nextAction(sharing: Sharing, words: PopupWords['popup']): NextAction {
  if (sharing.phase === 'sharing') return { kind: 'pause', label: words.pause }
  switch (sharing.reason) {
    case 'consent-not-given':
    case 'consent-declined':
    case 'consent-changed':
    case 'questions-open':
      return { kind: 'open-consent', label: words.readAgreement }
    case 'permission-missing':
      return { kind: 'open-consent', label: words.giveAccess }
    case 'paused-by-you':
    case 'private-address-answered':
    case 'replaced-by-another-install':
      return { kind: 'resume', label: words.resume }
    case 'outside-schedule':
    case 'you-are-here':
    case 'presence-unknown':
    case 'on-battery':
    case 'power-unknown':
    case 'data-saver':
    case 'connection-limited':
    case 'hour-cap-reached':
    case 'day-cap-reached':
    case 'month-cap-reached':
    case 'connecting':
    case 'relay-unreachable':
    case 'relay-refused':
    case 'relay-draining':
    case 'version-mismatch':
      return { kind: 'pause', label: words.pause }
    case 'switched-off-by-organisation':
    case 'address-lock-missing':
      return { kind: 'none' }
  }
}
