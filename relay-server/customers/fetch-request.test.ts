import { describe, expect, test } from 'vitest'
import { laterFields, readFetchQuery, readFetchRequest } from './fetch-request.ts'
import { droppedHeaders, sensitiveHeaders } from './request-headers.ts'

const url = 'https://example.com/'
const read = (fields: object) => readFetchRequest({ url, ...fields })
const parsed = (json: string) => readFetchRequest(JSON.parse(json))

function accepted(fields: object) {
  const verdict = read(fields)
  if (!verdict.ok) throw new Error(verdict.detail)
  return verdict.request
}

test('a request of a URL alone has every default filled in', () => {
  expect(accepted({})).toEqual({
    url,
    method: 'GET',
    headers: [],
    droppedHeaders: [],
    body: null,
    countries: null,
    redirect: 'follow',
    redirectsMax: 5,
    timeoutMs: 30_000,
    maxBytes: null,
    purpose: null,
  })
})

test('every field is read', () => {
  const request = accepted({
    method: 'POST',
    headers: { 'Content-Type': 'text/plain', 'X-Custom': ' a b ' },
    bodyBase64: 'aGVsbG8=',
    country: ['DE', 'FR'],
    redirect: 'manual',
    maxRedirects: 0,
    timeoutMs: 100,
    maxBytes: 1,
    purpose: 'price-check',
  })
  expect(request).toMatchObject({
    method: 'POST',
    countries: ['DE', 'FR'],
    redirect: 'manual',
    redirectsMax: 0,
  })
  expect(request).toMatchObject({ timeoutMs: 100, maxBytes: 1, purpose: 'price-check' })
  expect(request.headers).toEqual([
    ['content-type', 'text/plain'],
    ['x-custom', ' a b '],
  ])
  expect(Buffer.from(request.body ?? []).toString()).toBe('hello')
})

describe('a wrong field is named by a JSON pointer:', () => {
  const wrong: [pointer: string, fields: object][] = [
    ['/url', { url: '' }],
    ['/url', { url: 7 }],
    ['/url', { url: null }],
    ['/method', { method: 'get' }],
    ['/method', { method: 'CONNECT' }],
    ['/method', { method: 'TRACE' }],
    ['/method', { method: 'GET\r\nX: y' }],
    ['/method', { method: null }],
    ['/headers', { headers: [] }],
    ['/headers', { headers: null }],
    ['/headers', { headers: 'accept: text/html' }],
    ['/headers/accept', { headers: { accept: 1 } }],
    ['/headers/accept', { headers: { accept: ['text/html'] } }],
    ['/headers/a b', { headers: { 'a b': 'x' } }],
    ['/headers/', { headers: { '': 'x' } }],
    ['/headers/a~1b', { headers: { 'a/b': 'x' } }],
    ['/headers/x-a', { headers: { 'x-a': 'a\r\nHost: evil' } }],
    ['/headers/x-a', { headers: { 'x-a': 'a\n' } }],
    ['/headers/x-a', { headers: { 'x-a': 'a\rb' } }],
    ['/headers/x-a', { headers: { 'x-a': 'a\0b' } }],
    ['/headers/x-a', { headers: { 'x-a': 'a\u2028b' } }],
    ['/headers/x-a', { headers: { 'x-a': 'snow ☃' } }],
    ['/headers/x\r\ny', { headers: { 'x\r\ny': 'a' } }],
    ['/headers/x-A', { headers: { 'x-a': '1', 'x-A': '2' } }],
    [
      '/headers',
      { headers: Object.fromEntries(Array.from({ length: 129 }, (_, index) => [`x-${index}`, 'v'])) },
    ],
    [
      '/headers',
      { headers: Object.fromEntries(Array.from({ length: 129 }, (_, index) => [`sec-${index}`, 'v'])) },
    ],
    ['/headers', { headers: { 'x-large': 'v'.repeat(64 * 1024) } }],
    ['/body', { method: 'POST', body: {} }],
    ['/body', { body: 'a GET has none' }],
    ['/bodyBase64', { method: 'HEAD', bodyBase64: 'aGVsbG8=' }],
    ['/bodyBase64', { method: 'POST', bodyBase64: 'not base64!' }],
    ['/bodyBase64', { method: 'POST', bodyBase64: 'aGVsbG8' }],
    ['/bodyBase64', { method: 'POST', body: 'a', bodyBase64: 'Yg==' }],
    ['/country', { country: 'de' }],
    ['/country', { country: 'Germany' }],
    ['/country', { country: '' }],
    ['/country', { country: [] }],
    ['/country', { country: 49 }],
    ['/redirect', { redirect: 'never' }],
    ['/maxRedirects', { maxRedirects: 21 }],
    ['/maxRedirects', { maxRedirects: -1 }],
    ['/timeoutMs', { timeoutMs: 99 }],
    ['/timeoutMs', { timeoutMs: 120_001 }],
    ['/timeoutMs', { timeoutMs: 1_000.5 }],
    ['/timeoutMs', { timeoutMs: '1000' }],
    ['/timeoutMs', { timeoutMs: null }],
    ['/maxBytes', { maxBytes: 0 }],
    ['/maxBytes', { maxBytes: -1 }],
    ['/maxBytes', { maxBytes: 1024 ** 4 + 1 }],
    ['/maxBytes', { maxBytes: Number.MAX_SAFE_INTEGER + 1 }],
    ['/purpose', { purpose: '' }],
    ['/purpose', { purpose: 7 }],
    ['/purpose', { purpose: ['ai-retrieval'] }],
    ['/purpose', { purpose: 'a'.repeat(101) }],
    ['/colour', { colour: 'red' }],
    ['/Url', { Url: url }],
    ['/a~1b~0c', { 'a/b~c': 1 }],
    ['/constructor', { constructor: 'x' }],
    ['/toString', { toString: 'x' }],
    ['/hasOwnProperty', { hasOwnProperty: 'x' }],
  ]
  test.each(wrong)('%j', (pointer, fields) => {
    const verdict = read(fields)
    if (verdict.ok) throw new Error(`accepted: ${JSON.stringify(fields)}`)
    expect(verdict.code).toBe('invalid-request')
    expect(verdict.errors[0]?.pointer).toBe(pointer)
    expect(verdict.detail.startsWith(`${pointer}: `)).toBe(true)
    expect(verdict.detail).not.toMatch(/Invalid (type|key|format)/)
  })
})

test('a field or a header named __proto__ is seen, and refused', () => {
  expect(parsed(`{"url":"${url}","__proto__":{"method":"POST"}}`)).toMatchObject({
    ok: false,
    errors: [{ pointer: '/__proto__' }],
  })
  const verdict = parsed(`{"url":"${url}","headers":{"__proto__":"x","constructor":"y"}}`)
  expect(verdict).toMatchObject({
    ok: true,
    request: {
      headers: [
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ],
    },
  })
})

test('what is no object is refused', () => {
  for (const document of [null, 1, 'text', true, [], [{ url }]])
    expect(readFetchRequest(document)).toMatchObject({
      ok: false,
      code: 'invalid-request',
      errors: [{ pointer: '' }],
    })
})

test('all that is wrong is listed', () => {
  const verdict = read({ method: 'FETCH', timeoutMs: 1, colour: 'red' })
  const pointers = verdict.ok ? [] : verdict.errors.map(({ pointer }) => pointer)
  expect(pointers.sort()).toEqual(['/colour', '/method', '/timeoutMs'])
})

describe('a field of a later version', () => {
  test.each(Object.entries(laterFields))('%s is accepted with its default', (name, standard) => {
    expect(read({ [name]: standard })).toMatchObject({ ok: true })
  })
  const others: [string, unknown][] = [
    ['region', 'BY'],
    ['city', 'Munich'],
    ['asn', 3320],
    ['geoMode', 'prefer'],
    ['session', { id: 'cart1', ttlSeconds: 600, strict: true }],
    ['retries', 3],
    ['retries', '2'],
    ['formats', ['markdown']],
    ['formats', ['raw', 'text']],
    ['formats', []],
    ['formats', 'raw'],
    ['robots', 'ignore'],
    ['verify', 2],
    ['allowSensitive', true],
    ['chargeAnyStatus', true],
    ['maxCostBytes', 1],
    ['tags', { a: 'b' }],
    ['tags', []],
    ['echo', 'x'],
    ['echo', 0],
    ['dryRun', true],
  ]
  test.each(others)('%s: %j is answered with unsupported-feature and what is offered', (name, value) => {
    const verdict = read({ [name]: value })
    expect(verdict).toMatchObject({
      ok: false,
      code: 'unsupported-feature',
      errors: [{ pointer: `/${name}` }],
    })
    if (!verdict.ok) expect(verdict.detail).toContain(JSON.stringify(laterFields[name]))
  })
  test('may be as deep as it likes', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    expect(parsed(`{"url":"${url}","tags":${deep}}`)).toMatchObject({
      ok: false,
      code: 'unsupported-feature',
    })
    expect(parsed(`{"url":"${url}","headers":{"a":${deep}}}`)).toMatchObject({
      ok: false,
      code: 'invalid-request',
    })
    expect(parsed(`{"url":${deep}}`)).toMatchObject({ ok: false, code: 'invalid-request' })
  })
})

describe('headers', () => {
  test.each(sensitiveHeaders)('%s is refused in any spelling, because the node could read it', (name) => {
    for (const spelled of [name, name.toUpperCase()])
      expect(read({ headers: { [spelled]: 'secret' } })).toMatchObject({
        ok: false,
        code: 'sensitive-header',
        errors: [{ pointer: `/headers/${spelled}` }],
      })
  })
  test.each([...droppedHeaders, 'sec-fetch-mode', 'sec-ch-ua', 'proxy-anything', 'fallow-exchange-id'])(
    '%s is dropped, and named',
    (name) => {
      const request = accepted({ headers: { [name.toUpperCase()]: 'x', accept: 'text/html' } })
      expect(request.headers).toEqual([['accept', 'text/html']])
      expect(request.droppedHeaders).toEqual([name])
    },
  )
  test('what Connection names is dropped as well', () => {
    const request = accepted({ headers: { 'X-Hop': '1', Connection: 'close, x-hop', 'x-kept': '2' } })
    expect(request).toMatchObject({ headers: [['x-kept', '2']], droppedHeaders: ['x-hop', 'connection'] })
  })
  test('of the largest number and size pass', () => {
    const headers = Object.fromEntries(
      Array.from({ length: 128 }, (_, index) => [`x-${index}`, 'v'.repeat(500)]),
    )
    expect(accepted({ headers }).headers).toHaveLength(128)
  })
  test('may carry the upper half of Latin-1, as HTTP does', () => {
    expect(accepted({ headers: { 'x-name': 'Zoë' } }).headers).toEqual([['x-name', 'Zoë']])
  })
})

describe('a body', () => {
  test('of 8 MiB passes, one byte more does not', () => {
    expect(accepted({ method: 'POST', body: 'x'.repeat(8 * 1024 ** 2) }).body).toHaveLength(8 * 1024 ** 2)
    const whole = Buffer.alloc(8 * 1024 ** 2).toString('base64')
    expect(accepted({ method: 'POST', bodyBase64: whole }).body).toHaveLength(8 * 1024 ** 2)
    const larger = { code: 'body-too-large', ok: false }
    expect(read({ method: 'POST', body: 'x'.repeat(8 * 1024 ** 2 + 1) })).toMatchObject({
      ...larger,
      errors: [{ pointer: '/body' }],
    })
    expect(read({ method: 'POST', body: 'é'.repeat(4 * 1024 ** 2 + 1) })).toMatchObject(larger)
    const base64 = Buffer.alloc(8 * 1024 ** 2 + 1).toString('base64')
    expect(read({ method: 'POST', bodyBase64: base64 })).toMatchObject({
      ...larger,
      errors: [{ pointer: '/bodyBase64' }],
    })
  })
  test('of no bytes is none, also for a GET', () => {
    expect(accepted({ body: '' }).body).toBeNull()
    expect(accepted({ method: 'POST', bodyBase64: '' }).body).toBeNull()
  })
})

describe('a query', () => {
  const readQuery = (query: string) => readFetchQuery(new URLSearchParams(query))
  test('is the same request in another writing', () => {
    expect(
      readQuery(
        'url=https%3A%2F%2Fexample.com%2F&country=DE,FR&timeoutMs=500&maxBytes=10&maxRedirects=0&raw=1',
      ),
    ).toMatchObject({
      ok: true,
      request: { url, countries: ['DE', 'FR'], timeoutMs: 500, maxBytes: 10, redirectsMax: 0 },
    })
  })
  test('takes later fields with their default', () => {
    expect(
      readQuery(`url=${url}&verify=1&robots=obey&dryRun=false&region=null&formats=["raw"]`),
    ).toMatchObject({ ok: true })
    expect(readQuery(`url=${url}&verify=2`)).toMatchObject({ ok: false, code: 'unsupported-feature' })
  })
  test.each([
    ['/url', `url=${url}&url=${url}`],
    ['/url', 'country=DE'],
    ['/url', ''],
    ['/raw', `url=${url}&raw=1&raw=1`],
    ['/colour', `url=${url}&colour=red`],
    ['/constructor', `url=${url}&constructor=x`],
    ['/__proto__', `url=${url}&__proto__=x`],
    ['/timeoutMs', `url=${url}&timeoutMs=soon`],
    ['/timeoutMs', `url=${url}&timeoutMs=1e9`],
    ['/country/1', `url=${url}&country=DE,`],
    ['/headers', `url=${url}&headers=accept`],
  ])('is refused at %s: %s', (pointer, query) => {
    expect(readQuery(query)).toMatchObject({ ok: false, code: 'invalid-request', errors: [{ pointer }] })
  })
})
