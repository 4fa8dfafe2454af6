import { type Signal, useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { hourName, weekDayNames } from '../design/format.ts'
import { useLanguage } from '../design/language.ts'
import { useWords } from '../design/use-words.ts'
import { fill } from '../messages/index.ts'
import { dayHours, type Hours, indexOf, paint, rectangle, weekDays } from './schedule.ts'

type ScheduleGridProps = { hours: Hours; change(hours: Hours): void }

/** The week as a grid (WAI-ARIA): one tab stop, arrow keys inside, space to switch, shift or the mouse to paint. */
export function ScheduleGrid({ hours, change }: ScheduleGridProps) {
  const { options } = useWords()
  const language = useLanguage()
  const grid = useRef<HTMLTableElement>(null)
  const focused = useSignal(0)
  const stroke = useStroke(hours, change)
  const onKeyDown = useGridKeys({ hours, change, focused, grid })
  return (
    <div class="schedule-scroll">
      <table
        ref={grid}
        class="schedule"
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table of switches, as WAI-ARIA describes a grid
        role="grid"
        aria-label={options.when.scheduleGrid}
        aria-multiselectable="true"
        data-testid="schedule"
        onKeyDown={onKeyDown}
      >
        <HourHeads />
        <tbody>
          {weekDayNames(language).map((name, day) => (
            <DayRow key={name.long} day={day} name={name} focused={focused} stroke={stroke} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

type Stroke = ReturnType<typeof useStroke>

/** What the pointer paints while it is down. It is saved when it is let go, wherever that is. */
function useStroke(hours: Hours, change: (hours: Hours) => void) {
  const stroke = useSignal<{ from: number; to: number; isShared: boolean } | null>(null)
  const painted = (): Hours => {
    const now = stroke.value
    return now ? paint(hours, rectangle(now.from, now.to), now.isShared) : hours
  }
  useEffect(() => {
    const finish = () => {
      if (!stroke.value) return
      const result = painted()
      stroke.value = null
      change(result)
    }
    addEventListener('pointerup', finish)
    return () => removeEventListener('pointerup', finish)
  })
  return {
    shown: painted(),
    begin(index: number) {
      stroke.value = { from: index, to: index, isShared: !hours[index] }
    },
    enter(index: number) {
      if (stroke.value) stroke.value = { ...stroke.value, to: index }
    },
  }
}

type GridKeys = ScheduleGridProps & { focused: Signal<number>; grid: RefObject<HTMLTableElement | null> }

function useGridKeys({ hours, change, focused, grid }: GridKeys): (event: KeyboardEvent) => void {
  return (event) => {
    const here = focused.value
    if (event.key === ' ' || event.key === 'Enter') {
      event.preventDefault()
      return change(paint(hours, [here], !hours[here]))
    }
    const next = nextHour(here, event.key)
    if (next === null) return
    event.preventDefault()
    if (event.shiftKey) change(paint(hours, [here, next], hours[here] ?? false))
    focused.value = next
    grid.current?.querySelector<HTMLElement>(`[data-hour="${next}"]`)?.focus()
  }
}

const steps: Record<string, [days: number, hours: number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
}

/** Null for a key that does not move, and at the grid's edges the hour itself. */
function nextHour(index: number, key: string): number | null {
  const day = Math.floor(index / dayHours)
  if (key === 'Home') return indexOf(day, 0)
  if (key === 'End') return indexOf(day, dayHours - 1)
  const step = steps[key]
  if (!step) return null
  const clamp = (value: number, most: number) => Math.min(Math.max(value, 0), most)
  return indexOf(clamp(day + step[0], weekDays - 1), clamp((index % dayHours) + step[1], dayHours - 1))
}

/** Every hour has a head for those who listen; every third is written, because there is no room for more. */
const writtenEveryHours = 3

function HourHeads() {
  const language = useLanguage()
  return (
    <thead>
      <tr>
        <td />
        {Array.from({ length: dayHours }, (_, hour) => (
          <th key={hourName(hour, language)} scope="col" abbr={hourName(hour, language)}>
            <span class={hour % writtenEveryHours === 0 ? undefined : 'unseen'}>{hour}</span>
          </th>
        ))}
      </tr>
    </thead>
  )
}

type DayRowProps = {
  day: number
  name: { short: string; long: string }
  focused: Signal<number>
  stroke: Stroke
}

function DayRow({ day, name, focused, stroke }: DayRowProps) {
  return (
    <tr>
      <th scope="row" abbr={name.long}>
        {name.short}
      </th>
      {Array.from({ length: dayHours }, (_, hour) => (
        <HourCell
          key={indexOf(day, hour)}
          index={indexOf(day, hour)}
          dayName={name.long}
          focused={focused}
          stroke={stroke}
        />
      ))}
    </tr>
  )
}

type HourCellProps = { index: number; dayName: string; focused: Signal<number>; stroke: Stroke }

function HourCell({ index, dayName, focused, stroke }: HourCellProps) {
  const { options } = useWords()
  const language = useLanguage()
  const hour = index % dayHours
  const values = {
    day: dayName,
    from: hourName(hour, language),
    to: hourName((hour + 1) % dayHours, language),
  }
  return (
    <td
      // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: one switch of the grid
      role="gridcell"
      tabIndex={index === focused.value ? 0 : -1}
      aria-selected={stroke.shown[index] ?? false}
      aria-label={fill(options.when.cell, values)}
      data-hour={index}
      onFocus={() => {
        focused.value = index
      }}
      onPointerDown={(event) => {
        if (event.button !== 0) return
        letGo(event)
        stroke.begin(index)
      }}
      onPointerEnter={() => stroke.enter(index)}
    />
  )
}

/** A touch stays with the cell where it began unless it is let go. */
function letGo({ currentTarget, pointerId }: PointerEvent): void {
  if (currentTarget instanceof Element && currentTarget.hasPointerCapture?.(pointerId))
    currentTarget.releasePointerCapture(pointerId)
}
