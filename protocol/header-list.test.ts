import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decode,
  type HeaderList,
  headerList,
  headersBytesMax,
  headersCountMax,
  isHeaderName,
  isHeaderValue,
} from './index.ts'
import { arbitraryHeaders } from './testing/arbitrary-frames.ts'

const invalid = expect.objectContaining({ code: 'header-invalid' })
const read = (value: unknown): HeaderList => headerList(value, 'headers')

test('headers keep their order and their repetitions', () => {
  fc.assert(
    fc.property(arbitraryHeaders, (headers) => {
      expect(read(headers)).toEqual(headers)
    }),
  )
  const twice: HeaderList = [
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
  ]
  expect(read(twice)).toEqual(twice)
})

test.each([
  ['CR', 'a\rb'],
  ['LF', 'a\nb'],
  ['CR LF and a header of its own', 'a\r\nset-cookie: b'],
  ['NUL', 'a\0b'],
  ['DEL', 'a\x7fb'],
  ['escape', 'a\x1bb'],
  ['a character that no byte stands for', 'a\u0100b'],
  ['a lone surrogate', 'a\ud800'],
])('a value with %s is refused', (_what, value) => {
  expect(isHeaderValue(value)).toBe(false)
  expect(() => read([['x', value]])).toThrow(invalid)
})

test.each(['', 'X', 'content type', 'a:b', 'a\r\nb', 'é', 'a\0', '(x)', ':authority'])(
  '"%s" is not a header name',
  (name) => {
    expect(isHeaderName(name)).toBe(false)
    expect(() => read([[name, 'v']])).toThrow(invalid)
  },
)

test.each([null, {}, 'a: b', [['a']], [['a', 'b', 'c']], [['a', 1]], [[1, 'a']], ['a', 'b'], [null]])(
  '%j is not a header list',
  (value) => {
    expect(() => read(value)).toThrow(invalid)
  },
)

test('a list has a largest count and a largest size', () => {
  const many = (count: number, value: string): HeaderList => Array.from({ length: count }, () => ['x', value])
  expect(read(many(headersCountMax, ''))).toHaveLength(headersCountMax)
  expect(() => read(many(headersCountMax + 1, ''))).toThrow(invalid)
  expect(read(many(1, 'v'.repeat(headersBytesMax - 1)))).toHaveLength(1)
  expect(() => read(many(1, 'v'.repeat(headersBytesMax)))).toThrow(invalid)
})

test('a head with a broken header ends the link with a code that says so', () => {
  const head = { type: 'head', lane: 1, status: 200, headers: [['x', 'a\rb']], encoding: 'identity' }
  expect(() => decode(JSON.stringify(head))).toThrow(invalid)
  const answer = Buffer.from(JSON.stringify({ ...head, type: undefined, lane: undefined, truncated: false }))
  const prefix = Buffer.from([2, 0, 0, 0, 1, 0, 0, 0, answer.length])
  expect(() => decode(Buffer.concat([prefix, answer]))).toThrow(invalid)
})
