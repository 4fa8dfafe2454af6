import { expect, test } from 'vitest'
import { printable, readArguments, UsageError } from './arguments.ts'

test('without arguments the demo fetches its own page', () => {
  expect(readArguments([])).toEqual({ kind: 'run', url: null, keep: false })
})

test('a URL and --keep may stand in any order', () => {
  const wanted = { kind: 'run', url: 'https://example.com/a', keep: true }
  expect(readArguments(['--keep', 'https://example.com/a'])).toEqual(wanted)
  expect(readArguments(['https://example.com/a', '--keep'])).toEqual(wanted)
})

test.each([[['--help']], [['-h', 'https://example.com/']]])('%s shows how the demo is used', (given) => {
  expect(readArguments(given)).toEqual({ kind: 'help' })
})

test.each([
  [['--fast']],
  [['example.com']],
  [['ftp://example.com/']],
  [['https://']],
  [['http://a.com/', 'http://b.com/']],
  [['']],
])('%j is refused with a sentence', (given) => {
  expect(() => readArguments(given)).toThrow(UsageError)
  expect(() => readArguments(given)).toThrow(/\.$/)
})

test('what a page or a command line says cannot steer the terminal', () => {
  expect(printable('a\u001b[31mred\u0007\u202e')).toBe('a [31mred  ')
})
