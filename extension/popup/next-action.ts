import type { Sharing } from '../messages/index.ts'

/** The one thing the popup offers: what is most likely wanted in this state. */
export type NextAction = 'pause' | 'resume' | 'open-consent' | 'give-access' | 'none'

export function nextAction(sharing: Sharing): NextAction {
  if (sharing.phase === 'sharing') return 'pause'
  switch (sharing.reason) {
    case 'consent-not-given':
    case 'consent-declined':
    case 'consent-changed':
    case 'questions-open':
      return 'open-consent'
    case 'permission-missing':
      return 'give-access'
    case 'paused-by-you':
    case 'private-address-answered':
    case 'replaced-by-another-install':
      return 'resume'
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
      return 'pause'
    case 'switched-off-by-organisation':
    case 'address-lock-missing':
      return 'none'
  }
}
