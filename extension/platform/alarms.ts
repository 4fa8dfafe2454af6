import browser from 'webextension-polyfill'
import { browserKind } from './browser-kind.ts'

/** Chromium raises a shorter period to this one. */
const alarmPeriodMinutesMin = 0.5

/**
 * Firefox stops a background that has had no event of the extension API for 30 s, and what comes through a socket is none. An alarm
 * that rings more often keeps it, and the link, alive.
 */
const firefoxPeriodMinutes = 1 / 3

/** Wakes the background every `periodMinutes` or more often, also after the browser stopped it. The same name replaces the alarm. */
export async function createAlarm(name: string, periodMinutes: number): Promise<void> {
  const periodInMinutes =
    browserKind() === 'firefox'
      ? Math.min(periodMinutes, firefoxPeriodMinutes)
      : Math.max(periodMinutes, alarmPeriodMinutesMin)
  await browser.alarms.create(name, { periodInMinutes })
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
