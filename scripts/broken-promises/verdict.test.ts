import { describe, expect, test } from 'vitest'
import { applyEdit } from './source-edit.ts'
import { type JourneyReport, verdictOf, whyNotSound } from './verdict.ts'

const one = (fullName: string, status: string, said?: string) => ({
  fullName,
  status,
  failureMessages: said === undefined ? [] : [said],
})
const report = (...assertionResults: ReturnType<typeof one>[]): JourneyReport => ({
  testResults: [{ message: '', assertionResults }],
})
/** As vitest writes it where the house could not be built. */
const houseFell: JourneyReport = {
  testResults: [{ message: 'the build broke', assertionResults: [one('the caps hold', 'skipped')] }],
}
const said = 'AssertionError: expected 1 to be 2\n    at e2e/journeys/caps.test.ts:1:1'

describe('an edit', () => {
  const edit = { file: 'a.ts', find: 'old', replace: 'new $& $1' }

  test('changes the one place, and takes its replacement as it is', () => {
    expect(applyEdit('an old text', edit)).toBe('an new $& $1 text')
  })

  test.each(['a text', 'old and old', ''])(
    'is refused where its place is not there exactly once: %j',
    (text) => {
      expect(() => applyEdit(text, edit)).toThrow('exactly once')
    },
  )

  test('that changes nothing is refused', () => {
    expect(() => applyEdit('an old text', { ...edit, replace: 'old' })).toThrow('nothing would change')
    expect(() => applyEdit('an old text', { ...edit, find: '' })).toThrow('exactly once')
  })
})

describe('a broken promise', () => {
  test('was noticed where its test failed, whatever the others did', () => {
    const seen = report(one('the caps hold', 'failed', said), one('others', 'passed'), one('more', 'skipped'))
    expect(verdictOf(seen, 'caps hold')).toEqual({
      noticed: true,
      test: 'the caps hold',
      said: 'AssertionError: expected 1 to be 2',
    })
  })

  test('was noticed where a page waited in vain, and the line says for what', () => {
    const waited =
      'TimeoutError: Timeout 60000ms exceeded.\nCall log:\n\u001b[2m  - waiting for the popup\u001b[22m\n'
    expect(verdictOf(report(one('the caps hold', 'failed', waited)), 'caps')).toMatchObject({
      said: 'TimeoutError: Timeout 60000ms exceeded. waiting for the popup',
    })
  })

  test.each([
    ['its test passed', report(one('the caps hold', 'passed'), one('others', 'failed', said))],
    ['did not run', report(one('the caps hold', 'skipped'), one('others', 'failed', said))],
    [
      'stumbled',
      report(one('the caps hold', 'failed', 'TypeError: Cannot read properties of undefined\n  at x')),
    ],
    ['no test ran: the build broke', houseFell],
    ['no test ran', { testResults: [] }],
    ['left no report', null],
  ])('was not noticed: %s', (why, seen) => {
    expect(verdictOf(seen, 'caps hold')).toEqual({ noticed: false, why: expect.stringContaining(why) })
  })
})

describe('a journey of an unbroken product', () => {
  test('is sound where every one of the tests passed', () => {
    const seen = report(
      one('the caps hold', 'passed'),
      one('the rules hold', 'passed'),
      one('more', 'skipped'),
    )
    expect(whyNotSound(seen, ['caps', 'rules'])).toBeNull()
  })

  test.each([
    ['expected 1 to be 2', report(one('the caps hold', 'passed'), one('the rules hold', 'failed', said))],
    ['did not run: rules', report(one('the caps hold', 'passed'), one('the rules hold', 'skipped'))],
    ['no test ran: the build broke', houseFell],
    ['left no report', null],
  ])('is not: %s', (why, seen) => {
    expect(whyNotSound(seen, ['caps', 'rules'])).toContain(why)
  })
})
