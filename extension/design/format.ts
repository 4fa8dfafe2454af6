import { type Language, languages } from '../messages/language.ts'

/** How numbers are written for the owner. Nothing is rounded up: what is shown has been earned, or carried. */

const unitsPerPoint = 1_000_000n
const unitsPerThousandth = unitsPerPoint / 1_000n

/** Points with three decimals from the ledger's units: `1234567n` units are `1.234`. */
export function formatPoints(units: string, language: Language): string {
  const total = BigInt(units)
  const absolute = total < 0n ? -total : total
  const whole = wholeNumbers[language]().format(absolute / unitsPerPoint)
  const thousandths = String((absolute % unitsPerPoint) / unitsPerThousandth).padStart(3, '0')
  return `${total < 0n ? '-' : ''}${whole}.${thousandths}`
}

export function formatCount(count: number, language: Language): string {
  return wholeNumbers[language]().format(count)
}

const steps = ['KiB', 'MiB', 'GiB', 'TiB'] as const
const bytesPerStep = 1024
const byteWords: Record<Language, { one: string; other: string }> = {
  en: { one: 'byte', other: 'bytes' },
  ja: { one: 'バイト', other: 'バイト' },
}

/** Bytes in the unit points are counted in (1 MiB is 1 point), three figures, rounded down: `1.49 MiB`. */
export function formatBytes(bytes: number, language: Language): string {
  const step = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), steps.length)
  if (step <= 0) return `${Math.floor(bytes)} ${byteWord(bytes, language)}`
  const amount = bytes / bytesPerStep ** step
  const decimals = amount < 10 ? 2 : amount < 100 ? 1 : 0
  const shown = Math.floor(amount * 10 ** decimals) / 10 ** decimals
  return `${shown.toFixed(decimals)} ${steps[step - 1]}`
}

/** The same to the byte, for the tooltip. */
export function formatBytesExactly(bytes: number, language: Language): string {
  return `${formatCount(bytes, language)} ${byteWord(bytes, language)}`
}

/** `1.49 MiB/s` */
export function formatRate(bytesPerSecond: number, language: Language): string {
  return `${formatBytes(Math.round(bytesPerSecond), language)}/s`
}

/** A moment in the owner's own time zone, to the minute: an ISO instant, or milliseconds since 1970. */
export function formatInstant(instant: string | number, language: Language): string {
  return instants[language]().format(new Date(instant))
}

/** When something ends: the time alone where that is today, else with its day. */
export function formatUntil(untilUnixMs: number, nowUnixMs: number, language: Language): string {
  const isToday = new Date(untilUnixMs).toDateString() === new Date(nowUnixMs).toDateString()
  return (isToday ? times : dayTimes)[language]().format(untilUnixMs)
}

/** `92%`, rounded down: nothing is shown better than it is. */
export function formatPercent(percent: number, language: Language): string {
  return percents[language]().format(Math.floor(percent) / 100)
}

/** `2026-11-23`, written out. */
export function formatDate(day: string, language: Language): string {
  return dates[language]().format(new Date(`${day}T00:00:00Z`))
}

/** The same in short, with its day of the week. */
export function formatDay(day: string, language: Language): string {
  return days[language]().format(new Date(`${day}T00:00:00Z`))
}

/** From Monday, as the weekly plan has them. */
export function weekDayNames(language: Language): { short: string; long: string }[] {
  const monday = Date.UTC(2026, 0, 5)
  const dayMs = 86_400_000
  return Array.from({ length: 7 }, (_, day) => ({
    short: shortWeekDays[language]().format(monday + day * dayMs),
    long: longWeekDays[language]().format(monday + day * dayMs),
  }))
}

/** `5 PM` or `17:00`, as the language writes the hour. */
export function hourName(hour: number, language: Language): string {
  return hourNames[language]().format(Date.UTC(2026, 0, 5, hour))
}

const trafficSteps = ['KB', 'MB', 'GB', 'TB'] as const
const bytesPerTrafficStep = 1_000

/** Line bytes as a provider writes them, rounded up, because it is what an owner may have to pay: `61.3 MB`. */
export function formatTraffic(bytes: number): string {
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), trafficSteps.length)
  if (step <= 0) return bytes > 0 ? `1 ${trafficSteps[0]}` : `0 ${trafficSteps[0]}`
  const amount = bytes / bytesPerTrafficStep ** step
  const decimals = amount < 100 ? 1 : 0
  const shown = Math.ceil(amount * 10 ** decimals) / 10 ** decimals
  return `${shown.toFixed(decimals)} ${trafficSteps[step - 1]}`
}

const byteWord = (bytes: number, language: Language): string =>
  bytes === 1 ? byteWords[language].one : byteWords[language].other

/** Made when it is first used, because making one takes longer than all the rest of a first picture. */
function once<T>(make: (language: Language) => T): Record<Language, () => T> {
  const lazily = (language: Language) => {
    let made: T | undefined
    return () => {
      made ??= make(language)
      return made
    }
  }
  return Object.fromEntries(languages.map((language) => [language, lazily(language)])) as Record<
    Language,
    () => T
  >
}

const wholeNumbers = once((language) => new Intl.NumberFormat(language))
const instants = once(
  (language) => new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short' }),
)
const times = once((language) => new Intl.DateTimeFormat(language, { timeStyle: 'short' }))
const dates = once((language) => new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }))
const percents = once((language) => new Intl.NumberFormat(language, { style: 'percent' }))
const dayTimes = once(
  (language) =>
    new Intl.DateTimeFormat(language, {
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      hour: 'numeric',
      minute: '2-digit',
    }),
)
const shortWeekDays = once(
  (language) => new Intl.DateTimeFormat(language, { weekday: 'short', timeZone: 'UTC' }),
)
const longWeekDays = once(
  (language) => new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' }),
)
const hourNames = once(
  (language) => new Intl.DateTimeFormat(language, { timeStyle: 'short', timeZone: 'UTC' }),
)
const days = once(
  (language) =>
    new Intl.DateTimeFormat(language, { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' }),
)
