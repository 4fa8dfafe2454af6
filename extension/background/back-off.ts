/** The first wait, doubled after each attempt in vain, up to the cap. */
export const backOffMsMin = 500
export const backOffMsMax = 60_000

/**
 * How long to wait before the next dial: half of it fixed, half by chance, so that the nodes of a relay that restarts
 * do not all come back in one moment.
 */
export function backOffMs(attemptsInVain: number, random: () => number): number {
  const wholeMs = Math.min(backOffMsMax, backOffMsMin * 2 ** Math.min(attemptsInVain, 16))
  return wholeMs / 2 + random() * (wholeMs / 2)
}
