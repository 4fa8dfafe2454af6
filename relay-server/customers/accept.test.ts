import { describe, expect, test } from 'vitest'
import { acceptsGzip, wantsJson } from './accept.ts'

describe('the answer is JSON', () => {
  test.each([
    'application/json',
    'APPLICATION/JSON',
    'application/json; charset=utf-8',
    'application/json, */*',
    'application/json, text/plain, */*',
    'text/html;q=0.9, application/json',
    '*/*;q=0.1, application/json;q=0.2',
    ' application/json ;q=1.0',
  ])('for "%s"', (accept) => expect(wantsJson(accept)).toBe(true))
})

describe('the answer is raw', () => {
  test.each([
    undefined,
    '',
    '*/*',
    'application/*',
    'text/html',
    'application/json;q=0',
    'application/json;q=0.5, text/html',
    'application/json;q=0.9, */*',
    'application/json;q=nonsense',
    'application/json;q=-1',
    'application/jsonp',
    'application/problem+json',
    ',,,;;;',
  ])('for "%s"', (accept) => expect(wantsJson(accept)).toBe(false))
})

test('gzip is read by who names it, or anything', () => {
  for (const yes of ['gzip', 'GZIP', 'x-gzip', 'br, gzip;q=0.1', '*', 'identity;q=0.5, *;q=0.1'])
    expect(acceptsGzip(yes), yes).toBe(true)
  for (const no of [undefined, '', 'identity', 'br', 'gzip;q=0', '*, gzip;q=0', 'gzip;q=0.000', 'notgzip'])
    expect(acceptsGzip(no), String(no)).toBe(false)
})
