import browser, { type Idle } from 'webextension-polyfill'

/** After so long without a key or a move of the mouse the owner counts as away. */
const awayAfterSeconds = 60

/** Whether the owner has touched this computer lately, in any program. Rejects where the browser cannot tell. */
export async function readOwnerPresence(): Promise<'here' | 'away'> {
  return presenceOf(await browser.idle.queryState(awayAfterSeconds))
}

/** Register synchronously at start. */
export function onOwnerPresence(listener: (owner: 'here' | 'away') => void): void {
  browser.idle.setDetectionInterval(awayAfterSeconds)
  browser.idle.onStateChanged.addListener((state) => listener(presenceOf(state)))
}

const presenceOf = (state: Idle.IdleState): 'here' | 'away' => (state === 'active' ? 'here' : 'away')
