/** How numbers are written for the owner. Nothing is rounded up: what is shown has been earned, or carried. */

const unitsPerPoint = 1_000_000n
const unitsPerThousandth = unitsPerPoint / 1_000n

/** Points with three decimals from the ledger's units: `1234567n` units are `1.234`. */
export function formatPoints(units: string): string {
  const total = BigInt(units)
  const absolute = total < 0n ? -total : total
  const whole = new Intl.NumberFormat('en').format(absolute / unitsPerPoint)
  const thousandths = String((absolute % unitsPerPoint) / unitsPerThousandth).padStart(3, '0')
  return `${total < 0n ? '-' : ''}${whole}.${thousandths}`
}

const steps = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const
const bytesPerStep = 1024

/** Bytes in the unit points are counted in (1 MiB is 1 point), three figures, rounded down: `1.49 MiB`. */
export function formatBytes(bytes: number): string {
  const step = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), steps.length - 1)
  if (step <= 0) return `${Math.floor(bytes)} ${bytes === 1 ? 'byte' : 'bytes'}`
  const amount = bytes / bytesPerStep ** step
  const decimals = amount < 10 ? 2 : amount < 100 ? 1 : 0
  const shown = Math.floor(amount * 10 ** decimals) / 10 ** decimals
  return `${shown.toFixed(decimals)} ${steps[step]}`
}

/** The same to the byte, for the tooltip. */
export function formatBytesExactly(bytes: number): string {
  return `${new Intl.NumberFormat('en').format(bytes)} ${bytes === 1 ? 'byte' : 'bytes'}`
}

/** `1.49 MiB/s` */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(Math.round(bytesPerSecond))}/s`
}

/** An ISO instant in the owner's own time zone, to the minute. */
export function formatInstant(iso: string): string {
  return new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'short' }).format(new Date(iso))
}
