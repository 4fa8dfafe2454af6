import type { OwnerView } from '../messages/index.ts'

/** The figures of the last snapshot: what the popup shows, paler, while a sleeping background wakes. Never the state. */
export type LastFigures = Pick<OwnerView, 'points' | 'carried'>

const storageKey = 'last-figures'

/** Read without waiting, because the first paint does not wait. Null when there are none, or of another version. */
export function readLastFigures(): LastFigures | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(storageKey) ?? 'null')
    return isLastFigures(kept) ? kept : null
  } catch {
    return null
  }
}

export function keepLastFigures({ points, carried }: OwnerView): void {
  localStorage.setItem(storageKey, JSON.stringify({ points, carried }))
}

function isLastFigures(kept: unknown): kept is LastFigures {
  const { points, carried } = (kept ?? {}) as Partial<LastFigures>
  return (
    /^-?\d+$/.test(points?.units ?? '') &&
    Number.isFinite(carried?.todayBytes) &&
    Number.isFinite(carried?.totalBytes)
  )
}
