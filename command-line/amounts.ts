import { amountBytesMax, unitsPerPoint } from '#points-ledger'
import { UsageError } from './usage-error.ts'

const bytesPerUnit = new Map([
  ['', 1n],
  ['B', 1n],
  ['KiB', 2n ** 10n],
  ['MiB', 2n ** 20n],
  ['GiB', 2n ** 30n],
  ['TiB', 2n ** 40n],
])

const sizeShape = /^(\d{1,20}) ?([A-Za-z]*)$/

/** Reads `10GiB`, `512 MiB` or plain bytes, exactly. `option` is named when it cannot. */
export function parseSize(text: string, option: string): bigint {
  const [, digits = '', unit = ''] = sizeShape.exec(text) ?? []
  const factor = bytesPerUnit.get(unit)
  if (digits === '' || factor === undefined) {
    throw new UsageError(
      `${option} must be a whole number of B, KiB, MiB, GiB or TiB, like 10GiB, not "${text}".`,
    )
  }
  const bytes = BigInt(digits) * factor
  if (bytes > amountBytesMax) {
    throw new UsageError(`${option} can be at most ${formatBytes(amountBytesMax)}, "${text}" is more.`)
  }
  return bytes
}

/** `1.5 GiB`: at most two decimals, rounded down, so that nothing looks like more than it is. */
export function formatBytes(bytes: bigint): string {
  const size = bytes < 0n ? -bytes : bytes
  const [unit, factor] = [...bytesPerUnit].findLast(([, least]) => size >= least) ?? ['B', 1n]
  if (factor === 1n) return `${bytes} B`
  const hundredths = String((size * 100n) / factor).padStart(3, '0')
  const decimals = hundredths.slice(-2).replace(/0+$/, '')
  return `${bytes < 0n ? '-' : ''}${hundredths.slice(0, -2)}${decimals && `.${decimals}`} ${unit}`
}

/** `1,234.567`: points with three decimals, rounded down. */
export function formatPoints(units: bigint): string {
  const thousandths = String((units % unitsPerPoint) / (unitsPerPoint / 1000n)).padStart(3, '0')
  return `${formatCount(units / unitsPerPoint)}.${thousandths}`
}

/** `1,234,567` */
export const formatCount = (count: number | bigint) => count.toLocaleString('en-US')
