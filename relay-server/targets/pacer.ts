import { LRUCache } from 'lru-cache'
import type { Rate } from '#network-policy'

/** A turn that was given: after `waitMs`. `giveBack` is for who leaves before that. */
export type Turn = { ok: true; waitMs: number; giveBack(): void } | { ok: false; retryAfterMs: number }

export type Pacer = ReturnType<typeof createPacer>

/**
 * Turns for each key at a rate: `burst` at once after a rest, then one every interval, handed out ahead of time to those who wait.
 * Kept as one number a key, the moment at which its bucket would be full again (ITU-T I.371, generic cell rate algorithm). Of
 * more than `keysMax` keys the one that was asked for longest ago is forgotten, and starts rested.
 */
export function createPacer({
  keysMax,
  nowMs = () => performance.now(),
}: {
  keysMax: number
  nowMs?(): number
}) {
  const fullAtMs = new LRUCache<string, number>({ max: keysMax })
  const waitMsOf = (key: string, { perSecond, burst }: Rate, now: number): number =>
    Math.max(0, (fullAtMs.get(key) ?? now) - ((burst - 1) * 1_000) / perSecond - now)

  return {
    /** How long somebody who asked now would wait. Takes nothing. */
    waitMs: (key: string, rate: Rate): number => waitMsOf(key, rate, nowMs()),

    /** Takes the next turn, unless it is more than `waitMsMax` away. */
    take(key: string, rate: Rate, waitMsMax: number): Turn {
      const now = nowMs()
      const waitMs = waitMsOf(key, rate, now)
      if (waitMs > waitMsMax) return { ok: false, retryAfterMs: Math.ceil(waitMs - waitMsMax) }
      const intervalMs = 1_000 / rate.perSecond
      const mineMs = Math.max(fullAtMs.get(key) ?? now, now) + intervalMs
      fullAtMs.set(key, mineMs)
      return {
        ok: true,
        waitMs,
        // Only the last turn: those behind another one were promised for their moment, and moving them would crowd it.
        giveBack() {
          if (fullAtMs.get(key) === mineMs) fullAtMs.set(key, mineMs - intervalMs)
        },
      }
    },
  }
}
