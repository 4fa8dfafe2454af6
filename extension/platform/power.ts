import { extensionApi } from './extension-api.ts'
import { extensionOrigin } from './pages.ts'
import { isPower, type Power, powerChannel } from './power-channel.ts'

const powerPage = 'offscreen/index.html'

/**
 * A worker cannot ask what the computer runs on; a page can, so one without a window asks for it (Chromium). Opens it anew,
 * because one that an earlier worker opened has told that worker. Rejects in a browser without such pages.
 */
export const openPowerPage = (): Promise<void> =>
  inTurn(async () => {
    if (!extensionApi.offscreen) throw new Error('this browser does not tell what the computer runs on')
    await closeOpenPage()
    await extensionApi.offscreen.createDocument({
      url: powerPage,
      reasons: ['BATTERY_STATUS' as chrome.offscreen.Reason],
      justification: 'To share only while the computer is plugged in, as its owner chose.',
    })
  })

export const closePowerPage = (): Promise<void> => inTurn(closeOpenPage)

async function closeOpenPage(): Promise<void> {
  if (!extensionApi.offscreen) return
  const open = await extensionApi.runtime.getContexts({
    contextTypes: ['OFFSCREEN_DOCUMENT' as chrome.runtime.ContextType],
  })
  if (open.length > 0) await extensionApi.offscreen.closeDocument()
}

let turn: Promise<unknown> = Promise.resolve()

/** There is one such page at most, and opening takes time: who changes their mind waits for it. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = turn.then(work, work)
  turn = done
  return done
}

/** Hears the power page, which also wakes the background. Register synchronously at start. */
export function onPower(on: { heard(power: Power): void; lost(): void }): void {
  let newest: chrome.runtime.Port | null = null
  extensionApi.runtime.onConnect.addListener((port) => {
    if (port.name !== powerChannel || port.sender?.url !== `${extensionOrigin()}/${powerPage}`) return
    newest = port
    port.onMessage.addListener((power) => on.heard(isPower(power) ? power : 'unknown'))
    port.onDisconnect.addListener(() => port === newest && on.lost())
  })
}
