import { describe, expect, test } from 'vitest'
import { type Hop, nextHop } from './redirects.ts'

const body = new Uint8Array([1, 2, 3])
const asked = (method: string, url = 'https://a.example/dir/page'): Hop => ({
  method,
  url,
  headers: [
    ['accept', 'text/html'],
    ['content-type', 'text/plain'],
    ['authorization', 'secret'],
    ['cookie', 'secret'],
  ],
  body: method === 'GET' || method === 'HEAD' ? null : body,
})
const answer = (status: number, location: string) => ({
  status,
  headers: [['location', location]] as [string, string][],
})

function followed(hop: Hop, status: number, location: string): Hop {
  const next = nextHop(hop, answer(status, location))
  if (next === null || 'refuse' in next) throw new Error(`not followed: ${JSON.stringify(next)}`)
  return next.follow
}

describe('the method of the next hop', () => {
  test.each([
    [301, 'GET', 'GET'],
    [301, 'HEAD', 'HEAD'],
    [301, 'POST', 'GET'],
    [301, 'PUT', 'GET'],
    [302, 'GET', 'GET'],
    [302, 'HEAD', 'HEAD'],
    [302, 'POST', 'GET'],
    [302, 'DELETE', 'GET'],
    [303, 'GET', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [303, 'POST', 'GET'],
    [303, 'PATCH', 'GET'],
    [307, 'GET', 'GET'],
    [307, 'POST', 'POST'],
    [307, 'PUT', 'PUT'],
    [308, 'HEAD', 'HEAD'],
    [308, 'POST', 'POST'],
    [308, 'DELETE', 'DELETE'],
  ])('after a %i, a %s becomes a %s', (status, method, becomes) => {
    const hop = followed(asked(method), status, '/next')
    expect(hop.method).toBe(becomes)
    const keepsBody = method === becomes && method !== 'GET' && method !== 'HEAD'
    expect(hop.body).toEqual(keepsBody ? body : null)
    expect(hop.headers.some(([name]) => name === 'content-type')).toBe(method === becomes)
  })
})

test.each([200, 204, 300, 304, 305, 306, 404, 500])('a %i leads nowhere', (status) => {
  expect(nextHop(asked('GET'), answer(status, '/next'))).toBeNull()
})

test('a redirect without a Location is an answer like any other', () => {
  expect(nextHop(asked('GET'), { status: 302, headers: [] })).toBeNull()
})

describe('the address of the next hop', () => {
  test.each([
    ['/root', 'https://a.example/root'],
    ['sibling?q=1', 'https://a.example/dir/sibling?q=1'],
    ['../up', 'https://a.example/up'],
    ['//b.example/x', 'https://b.example/x'],
    ['https://b.example', 'https://b.example/'],
    ['?only=query', 'https://a.example/dir/page?only=query'],
    ['HTTPS://A.EXAMPLE:443/x', 'https://a.example/x'],
  ])('%s is read against the page it stands on', (location, url) => {
    expect(followed(asked('GET'), 302, location).url).toBe(url)
  })

  test('keeps the bytes that the target wrote, whatever their text is', () => {
    const utf8AsBytes = Buffer.from('/straße', 'utf8').toString('latin1')
    expect(followed(asked('GET'), 302, utf8AsBytes).url).toBe('https://a.example/stra%C3%9Fe')
  })

  test.each([
    ['http://a.example/', 'from https to http'],
    ['https://', 'cannot be read'],
    ['https://a b/', 'cannot be read'],
  ])('%s is refused', (location, reason) => {
    expect(nextHop(asked('GET'), answer(302, location))).toEqual({ refuse: expect.stringContaining(reason) })
  })

  test('may go from http to https', () => {
    expect(followed(asked('GET', 'http://a.example/'), 301, 'https://a.example/').url).toBe(
      'https://a.example/',
    )
  })
})

describe('sensitive headers', () => {
  const names = (location: string, from?: string) =>
    followed(asked('GET', from), 307, location).headers.map(([name]) => name)

  test('stay within the origin', () => {
    expect(names('/next')).toEqual(['accept', 'content-type', 'authorization', 'cookie'])
  })

  test.each([
    ['another host', 'https://b.example/', undefined],
    ['a subdomain', 'https://www.a.example/', undefined],
    ['another port', 'https://a.example:80/', undefined],
    ['another scheme', 'https://a.example/', 'http://a.example/'],
  ])('are dropped for %s', (_what, location, from) => {
    expect(names(location, from)).toEqual(['accept', 'content-type'])
  })
})
