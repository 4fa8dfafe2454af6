/**
 * Zones with and without daylight saving, in both hemispheres, off UTC by whole hours, halves and quarters, and one (Lord
 * Howe) whose clocks go back by half an hour.
 */
export const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Australia/Adelaide',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Africa/Cairo',
  'Pacific/Chatham',
  'America/Havana',
]

/**
 * Runs with the process in another zone, so that a date's own getters are an answer from elsewhere to compare with.
 */
export function withProcessZone(timeZone: string, run: () => void): void {
  const before = process.env.TZ
  process.env.TZ = timeZone
  try {
    run()
  } finally {
    if (before === undefined) delete process.env.TZ
    else process.env.TZ = before
  }
}

const yearMs = 365 * 24 * 60 * 60 * 1000
const aroundChangeMs = 5 * 60 * 60 * 1000
const from = Date.UTC(2026, 0, 1)

/** The same moment for the same seed. Every second one lies within hours of a change of the clocks, where there is one. */
export function randomMoment(timeZone: string, seed: number): number {
  const dice = diceOf(seed)
  const anywhere = from + Math.floor(dice() * yearMs)
  const changes = changesOf(timeZone)
  const change = changes[Math.floor(dice() * changes.length)]
  if (seed % 2 === 0 || change === undefined) return anywhere
  return change + Math.floor((dice() * 2 - 1) * aroundChangeMs)
}

const hourMs = 60 * 60 * 1000
const changesKnown = new Map<string, number[]>()

/** The hours of the year at which the process's own zone changes its offset. */
function changesOf(timeZone: string): number[] {
  const known = changesKnown.get(timeZone)
  if (known) return known
  const offsetAt = (unixMs: number) => new Date(unixMs).getTimezoneOffset()
  const found: number[] = []
  for (let hour = from; hour < from + yearMs; hour += hourMs)
    if (offsetAt(hour) !== offsetAt(hour + hourMs)) found.push(hour)
  changesKnown.set(timeZone, found)
  return found
}

/** Mulberry32. */
export function diceOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
