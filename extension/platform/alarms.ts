import browser from 'webextension-polyfill'

/** Browsers raise a shorter period to this one. */
const alarmPeriodMinutesMin = 0.5

/** Wakes the background every `periodMinutes`, also after the browser stopped it. The same name replaces the alarm. */
export async function createAlarm(name: string, periodMinutes: number): Promise<void> {
  await browser.alarms.create(name, { periodInMinutes: Math.max(periodMinutes, alarmPeriodMinutesMin) })
}

/** Wakes the background once. A moment that has passed wakes it at once. */
export async function createAlarmAt(name: string, atUnixMs: number): Promise<void> {
  await browser.alarms.create(name, { when: atUnixMs })
}

export async function clearAlarm(name: string): Promise<void> {
  await browser.alarms.clear(name)
}

/** Register synchronously at start. */
export function onAlarm(listener: (name: string) => void): void {
  browser.alarms.onAlarm.addListener((alarm) => listener(alarm.name))
}
