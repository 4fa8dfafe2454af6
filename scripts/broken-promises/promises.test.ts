import { expect, test } from 'vitest'
import { textOf } from '../house/repository-files.ts'
import { journeyFileOf, testsOf } from './broken-promise.ts'
import { promises } from './promises.ts'
import { applyEdit } from './source-edit.ts'

/** In a table of tests the first word of a name comes from its row. */
const isNameOfTest = (journey: string, name: string): boolean =>
  [name, name.replace(/^[\w-]+:/, '%s:'), name.replace(/ [\d.]+,/, ' %s,')].some((text) =>
    journey.includes(text),
  )

test.each(promises.map((each) => [each.promise, each] as const))('%s This can still be broken', (_, each) => {
  const broken = new Map<string, string>()
  for (const edit of each.edits)
    broken.set(edit.file, applyEdit(broken.get(edit.file) ?? textOf(edit.file), edit))
  expect(broken.size).toBeGreaterThan(0)
  const journey = textOf(journeyFileOf(each))
  expect(journey, `${journeyFileOf(each)} is there`).not.toBe('')
  for (const name of testsOf(each))
    expect(isNameOfTest(journey, name), `${journeyFileOf(each)} has a test "${name}"`).toBe(true)
})

test('no promise stands in the table twice', () => {
  const all = promises.map(({ promise }) => promise)
  expect(all.toSorted()).toEqual([...new Set(all)].toSorted())
})
