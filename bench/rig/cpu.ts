import type { Sample } from './row.ts'

/** Reads the CPU that a process of a rig has used so far, in microseconds. */
export type CpuMeter = () => number
/** By the name that the process has in the table. */
export type CpuMeters = Record<string, CpuMeter>

/** What each process has used, in microseconds. */
export type CpuUsed = Record<string, number>

/** Does the work, and gives what it gave together with the CPU that each process used meanwhile. */
export async function countCpu<T>(meters: CpuMeters, work: () => Promise<T>): Promise<[T, CpuUsed]> {
  const before = Object.entries(meters).map(([name, read]) => ({ name, read, usedBefore: read() }))
  const done = await work()
  return [done, Object.fromEntries(before.map(({ name, read, usedBefore }) => [name, read() - usedBefore]))]
}

/** `relayCpuUsPerRequest`, `nodeCpuUsPerRequest`, … */
export const perRequest = (used: CpuUsed, requests: number): Sample =>
  rename(used, (name, us) => [`${name}CpuUsPerRequest`, us / requests])

/** `relayCpuSecondsPerGigabyte`, … */
export const perGigabyte = (used: CpuUsed, bytes: number): Sample =>
  rename(used, (name, us) => [`${name}CpuSecondsPerGigabyte`, us / 1e6 / (bytes / 1e9)])

const rename = (used: CpuUsed, to: (name: string, us: number) => [string, number]): Sample =>
  Object.fromEntries(Object.entries(used).map(([name, us]) => to(name, us)))
