import { scheduleHours } from '../messages/index.ts'

export const weekDays = 7
export const dayHours = scheduleHours / weekDays

/** One character an hour, from Monday 0:00. Null is the whole week. */
export type Hours = readonly boolean[]

export const hoursOf = (schedule: string | null): Hours =>
  Array.from({ length: scheduleHours }, (_, hour) => schedule === null || schedule[hour] === '1')

/** The whole week is written as null, because that is what "no plan" means. */
export const scheduleOf = (hours: Hours): string | null =>
  hours.every(Boolean) ? null : hours.map((isShared) => (isShared ? '1' : '0')).join('')

export const indexOf = (day: number, hour: number): number => day * dayHours + hour

/** With these hours set, all others as they were. */
export function paint(hours: Hours, indices: Iterable<number>, isShared: boolean): Hours {
  const painted = new Set(indices)
  return hours.map((before, index) => (painted.has(index) ? isShared : before))
}

/** Every hour in the rectangle between two, as one drags over it. */
export function rectangle(from: number, to: number): number[] {
  const [fromDay, toDay] = sorted(Math.floor(from / dayHours), Math.floor(to / dayHours))
  const [fromHour, toHour] = sorted(from % dayHours, to % dayHours)
  const days = range(fromDay, toDay)
  return days.flatMap((day) => range(fromHour, toHour).map((hour) => indexOf(day, hour)))
}

const nightFrom = 22
const nightTo = 7
const officeFrom = 8
const officeTo = 18
const saturday = 5

export const presetNames = ['always', 'nights', 'work', 'weekends', 'none'] as const
export type PresetName = (typeof presetNames)[number]

const presetRules: Record<PresetName, (day: number, hour: number) => boolean> = {
  always: () => true,
  nights: (_day, hour) => hour >= nightFrom || hour < nightTo,
  work: (day, hour) => day >= saturday || hour < officeFrom || hour >= officeTo,
  weekends: (day) => day >= saturday,
  none: () => false,
}

export const presetHours = (name: PresetName): Hours =>
  Array.from({ length: scheduleHours }, (_, index) =>
    presetRules[name](Math.floor(index / dayHours), index % dayHours),
  )

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, step) => from + step)

const sorted = (a: number, b: number): [number, number] => (a <= b ? [a, b] : [b, a])
