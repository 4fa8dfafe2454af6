import type { Sharing } from './owner-view.ts'

/** How a state is marked, on the icon and in the popup. */
export type Tone = 'good' | 'rest' | 'trouble'

/** Trouble is what the owner did not choose and what does not pass by itself. */
export function toneOf(sharing: Sharing): Tone {
  if (sharing.phase === 'sharing') return 'good'
  switch (sharing.reason) {
    case 'consent-not-given':
    case 'consent-declined':
    case 'switched-off-by-organisation':
    case 'paused-by-you':
    case 'outside-schedule':
    case 'you-are-here':
    case 'on-battery':
    case 'data-saver':
    case 'hour-cap-reached':
    case 'day-cap-reached':
    case 'month-cap-reached':
    case 'connecting':
    case 'relay-draining':
      return 'rest'
    case 'consent-changed':
    case 'questions-open':
    case 'presence-unknown':
    case 'power-unknown':
    case 'connection-limited':
    case 'relay-unreachable':
    case 'relay-refused':
    case 'version-mismatch':
    case 'permission-missing':
    case 'address-lock-missing':
    case 'private-address-answered':
    case 'replaced-by-another-install':
      return 'trouble'
  }
}
