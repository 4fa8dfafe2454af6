import type { PreparedRow, Sample, Side } from './row.ts'

export type Spread = { median: number; min: number; max: number }
export type SideResult = { side: string; figures: Record<string, Spread> }

/** Runs every side once per round, in an order that turns with each round, so that a noisy moment hits all alike. */
export async function measure({ sides }: PreparedRow, rounds: number): Promise<SideResult[]> {
  const samples = new Map<Side, Sample[]>(sides.map((side) => [side, []]))
  for (const side of sides) await side.run() // warm-up, not counted
  for (let round = 0; round < rounds; round += 1) {
    for (const side of turned(sides, round)) samples.get(side)?.push(await side.run())
  }
  return sides.map((side) => ({ side: side.name, figures: summarise(samples.get(side) ?? []) }))
}

const turned = <T>(list: T[], by: number): T[] =>
  list.map((_, index) => list[(index + by) % list.length] as T)

function summarise(samples: Sample[]): Record<string, Spread> {
  const names = Object.keys(samples[0] ?? {})
  return Object.fromEntries(
    names.map((name) => [name, spread(samples.map((sample) => sample[name] ?? Number.NaN))]),
  )
}

export function spread(values: number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN }
}
