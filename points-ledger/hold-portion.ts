import { holdBytesMax, holdBytesMin, holdPartOfFreeBalance } from './limits.ts'

/**
 * How much one hold, or one topping-up of a hold, takes from a free balance: a quarter of it, at least 1 MiB or all of
 * it, at most 64 MiB. So that several relays share one balance and a small balance can still be used to its end.
 */
export function holdPortion(freeBytes: bigint): bigint {
  const part = freeBytes / holdPartOfFreeBalance
  const wanted = part < holdBytesMin ? holdBytesMin : part
  const capped = wanted > holdBytesMax ? holdBytesMax : wanted
  return capped > freeBytes ? freeBytes : capped
}
