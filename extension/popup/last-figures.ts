import type { ReadonlySignal } from '@preact/signals'
import type { DayView, OwnerView } from '../messages/index.ts'

/** The figures of the last snapshot: what the popup shows, paler, while a sleeping background wakes. Never the state. */
export type LastFigures = Pick<OwnerView, 'points' | 'carried' | 'days'>

const storageKey = 'last-figures'

/** Read without waiting, because the first picture does not wait. Null when there are none, or of another version. */
export function readLastFigures(): LastFigures | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(storageKey) ?? 'null')
    return isLastFigures(kept) ? kept : null
  } catch {
    return null
  }
}

/** Figures move several times a second; keeping them waits for so long, so that it holds up no picture. */
const keepEveryMs = 250

/** Keeps the newest figures for the next time, as long as this page is open. */
export function keepLastFigures(view: ReadonlySignal<OwnerView | null>): void {
  let isDue = false
  view.subscribe((newest) => {
    if (newest && !isDue) setTimeout(keep, keepEveryMs)
    isDue ||= newest !== null
  })
  function keep(): void {
    isDue = false
    if (view.value) writeLastFigures(view.value)
  }
}

export function writeLastFigures({ points, carried, days }: LastFigures): void {
  localStorage.setItem(storageKey, JSON.stringify({ points, carried, days }))
}

function isLastFigures(kept: unknown): kept is LastFigures {
  const { points, carried, days } = (kept ?? {}) as Partial<LastFigures>
  return (
    /^-?\d+$/.test(points?.units ?? '') &&
    Number.isFinite(carried?.todayBytes) &&
    Number.isFinite(carried?.totalBytes) &&
    Array.isArray(days) &&
    days.every(isDay)
  )
}

const isDay = ({ day, carriedBytes, units }: Partial<DayView>): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(day ?? '') && Number.isFinite(carriedBytes) && /^\d+$/.test(units ?? '')
