import { extensionApi } from './extension-api.ts'
import { type Power, powerChannel } from './power-channel.ts'

type Battery = EventTarget & { readonly charging: boolean }

/**
 * Tells the background what the computer runs on, now and after each change. A Port that ended with its worker is opened
 * again for the next change alone, so that this page wakes nobody for nothing.
 */
export async function tellPower(): Promise<void> {
  let port: chrome.runtime.Port | null = null
  const tell = (power: Power) => {
    if (port === null) {
      port = extensionApi.runtime.connect({ name: powerChannel })
      port.onDisconnect.addListener(() => {
        port = null
      })
    }
    port.postMessage(power)
  }
  const battery = await readBattery()
  if (battery === null) return tell('unknown')
  const tellBattery = () => tell(battery.charging ? 'mains' : 'battery')
  battery.addEventListener('chargingchange', tellBattery)
  tellBattery()
}

/** A computer without a battery is charging, as browsers put it. Null where the browser cannot tell. */
async function readBattery(): Promise<Battery | null> {
  try {
    return await (navigator as Navigator & { getBattery(): Promise<Battery> }).getBattery()
  } catch {
    return null
  }
}
