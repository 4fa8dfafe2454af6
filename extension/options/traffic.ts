import { capBytesMax, capBytesMin } from '../messages/settings-check.ts'

/** Traffic as a provider writes it. */
export const trafficUnits = { MB: 1_000_000, GB: 1_000_000_000 } as const
export type TrafficUnit = keyof typeof trafficUnits
export const trafficUnitNames = Object.keys(trafficUnits) as TrafficUnit[]

export type Typed = { amount: string; unit: TrafficUnit }

/** In the largest unit that needs no more than two decimals; megabytes where there is no cap. */
export function typedOf(bytes: number | null, unitWithoutCap: TrafficUnit = 'GB'): Typed {
  if (bytes === null) return { amount: '', unit: unitWithoutCap }
  const unit = bytes % (trafficUnits.GB / 100) === 0 && bytes >= trafficUnits.GB ? 'GB' : 'MB'
  return { amount: String(bytes / trafficUnits[unit]), unit }
}

/** Null for no cap, `not-a-number` for what is none, or no cap that could be kept. A comma is read as a decimal point. */
export function bytesOf({ amount, unit }: Typed): number | null | 'not-a-number' {
  const text = amount.trim().replace(',', '.')
  if (text === '') return null
  const bytes = Math.round(Number(text) * trafficUnits[unit])
  return bytes >= capBytesMin && bytes <= capBytesMax ? bytes : 'not-a-number'
}

/** Null for what is no whole number between these two. */
export function countOf(text: string, least: number, most: number): number | null {
  const count = /^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN
  return count >= least && count <= most ? count : null
}
