import { expect, test } from 'vitest'
import { hoursOf, indexOf, paint, presetHours, presetNames, rectangle, scheduleOf } from './schedule.ts'

test('a plan is written and read again as it was, for every preset', () => {
  for (const name of presetNames) {
    const hours = presetHours(name)
    expect(hours).toHaveLength(168)
    expect(hoursOf(scheduleOf(hours))).toEqual(hours)
  }
})

test('the whole week is no plan', () => {
  expect(scheduleOf(hoursOf(null))).toBeNull()
  expect(hoursOf(null).every(Boolean)).toBe(true)
})

test('outside of office hours is the night, the evening, and the weekend', () => {
  const hours = presetHours('work')
  expect([7, 8, 17, 18].map((hour) => hours[indexOf(0, hour)])).toEqual([true, false, false, true])
  expect(hours[indexOf(5, 12)]).toBe(true)
})

test('a stroke covers the rectangle between its ends, in whichever direction it was drawn', () => {
  const forwards = rectangle(indexOf(1, 8), indexOf(2, 9))
  expect(forwards).toEqual([indexOf(1, 8), indexOf(1, 9), indexOf(2, 8), indexOf(2, 9)])
  expect(rectangle(indexOf(2, 9), indexOf(1, 8))).toEqual(forwards)
  expect(rectangle(indexOf(2, 8), indexOf(1, 9))).toEqual(forwards)
})

test('painting changes these hours and no other', () => {
  const painted = paint(hoursOf(null), [3, 5], false)
  expect(painted.flatMap((isShared, index) => (isShared ? [] : [index]))).toEqual([3, 5])
})
