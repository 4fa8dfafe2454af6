import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RawClient } from '../testing/raw-client.ts'
import { connectScriptedNode, type ScriptedLane, type ScriptedNode } from '../testing/scripted-node.ts'
import { startTestRelay, type TestCustomer, type TestRelay } from '../testing/test-relay.ts'

const url = 'https://93.184.216.34/'
const MIB = 1024 ** 2

let relay: TestRelay
let customer: TestCustomer
let node: ScriptedNode
let onLane: (lane: ScriptedLane) => void | Promise<void>
beforeAll(async () => {
  relay = await startTestRelay()
  customer = await relay.newCustomer()
  node = await connectScriptedNode({ relayUrl: relay.url, onLane: (lane) => onLane(lane) })
})
afterAll(() => relay.stop())

const answerPlainly = (lane: ScriptedLane) =>
  lane.answer({ headers: [['content-type', 'text/plain']], body: 'hello' })
const bearer = () => ({ authorization: `Bearer ${customer.apiKey}` })
const ask = (path: string, init: RequestInit = {}) => fetch(`${relay.url}${path}`, init)
const post = (body: RequestInit['body'], headers: Record<string, string> = {}) =>
  ask('/v1/fetch', {
    method: 'POST',
    headers: { ...bearer(), accept: 'application/json', ...headers },
    body: body ?? null,
  })

type Problem = {
  code: string
  status: number
  detail: string
  errors?: { pointer: string }[]
  [key: string]: unknown
}
async function problemOf(response: Response): Promise<Problem> {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const problem = (await response.json()) as Problem
  expect(problem.status).toBe(response.status)
  return problem
}

test('a problem document has every field, and no other', async () => {
  const response = await customer.fetch({ url, colour: 'red' })
  const problem = await problemOf(response)
  const id = response.headers.get('fallow-exchange-id')
  expect(id).toMatch(/^ex_[0-9a-f-]{36}$/)
  expect(problem).toEqual({
    type: 'urn:fallow:problem:invalid-request',
    title: 'The request is not valid',
    status: 400,
    detail: '/colour: is not a known field',
    instance: id,
    code: 'invalid-request',
    source: 'client',
    retryable: false,
    retryAfterMs: null,
    charged: false,
    attempts: [],
    errors: [{ pointer: '/colour', detail: 'is not a known field' }],
  })
  expect(response.headers.get('cache-control')).toBe('no-store')
})

describe('the API key', () => {
  const wrong: [string, Record<string, string>][] = [
    ['missing', {}],
    ['of another shape', { authorization: 'Bearer hello' }],
    ['unknown', { authorization: `Bearer fk_${'A'.repeat(43)}` }],
    ['under another scheme', { authorization: `Digest fk_${'A'.repeat(43)}` }],
    ['empty', { authorization: 'Bearer ' }],
    ['as a password', { authorization: `Basic ${Buffer.from(`:fk_${'A'.repeat(43)}`).toString('base64')}` }],
    ['not base64', { authorization: 'Basic %%%' }],
    ['very long', { authorization: `Bearer fk_${'A'.repeat(10_000)}` }],
  ]
  test.each(wrong)('that is %s is answered with 401 and what to do', async (_name, headers) => {
    const response = await ask('/v1/fetch', { method: 'POST', headers, body: '{}' })
    const problem = await problemOf(response)
    expect(problem).toMatchObject({ status: 401, code: 'invalid-key', source: 'account', retryable: false })
    expect(problem.detail).toContain('Bearer fk_')
    expect(response.headers.get('www-authenticate')).toContain('Bearer')
  })

  test('is taken as Bearer in any case, and as the user of Basic', async () => {
    onLane = answerPlainly
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
    const { apiKey } = customer
    for (const authorization of [
      `Bearer ${apiKey}`,
      `bearer ${apiKey}`,
      `BEARER  ${apiKey}`,
      basic(apiKey),
      basic(`${apiKey}:`),
      basic(`${apiKey}:x`),
    ])
      expect(
        (await post(JSON.stringify({ url }), { authorization })).status,
        authorization.slice(0, 10),
      ).toBe(200)
  })

  test('is looked at before anything else', async () => {
    expect(await problemOf(await post('this is no JSON', { authorization: 'Bearer x' }))).toMatchObject({
      code: 'invalid-key',
    })
  })

  test('never reaches the log', async () => {
    await customer.fetch({ url: 'http://127.0.0.1/' })
    expect(JSON.stringify(relay.logged)).not.toContain(customer.apiKey)
  })
})

describe('a document', () => {
  test.each([
    ['nothing', ''],
    ['half a document', '{"url":'],
    ['a text', '"hello"'],
    ['a list', '[]'],
    ['null', 'null'],
    ['two documents', '{}{}'],
    ['a form', 'url=https%3A%2F%2Fexample.com'],
    ['NaN', '{"url":"https://example.com/","timeoutMs":NaN}'],
    ['a very deep list', '['.repeat(200_000)],
    ['a very deep document', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['a huge number', '{"url":"https://example.com/","timeoutMs":1e400}'],
  ])('that is %s is an invalid request', async (_name, body) => {
    expect(await problemOf(await post(body))).toMatchObject({
      status: 400,
      code: 'invalid-request',
      charged: false,
    })
  })

  test('that is not UTF-8 is an invalid request', async () => {
    expect((await problemOf(await post(Buffer.from([0x7b, 0xff, 0x7d])))).detail).toContain('UTF-8')
  })

  test('may begin with a byte order mark', async () => {
    onLane = answerPlainly
    expect((await post(`\ufeff${JSON.stringify({ url })}`)).status).toBe(200)
  })

  test('larger than 16 MiB is refused with 413, announced or in chunks', async () => {
    const large = Buffer.alloc(16 * MIB + 1, ' ')
    const announced = new RawClient(relay.url)
    announced.send(
      `POST /v1/fetch HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer ${customer.apiKey}\r\nContent-Length: ${large.length}\r\n\r\n`,
    )
    await announced.until('"body-too-large"')
    expect(announced.received).toContain('HTTP/1.1 413 ')
    announced.vanish()
    const chunked = new RawClient(relay.url)
    chunked.send(
      `POST /v1/fetch HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer ${customer.apiKey}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    )
    chunked.send(`${large.length.toString(16)}\r\n`)
    chunked.send(large)
    chunked.send('\r\n')
    await chunked.until('"body-too-large"')
    expect(chunked.received).toContain('HTTP/1.1 413 ')
    chunked.vanish()
  })

  test('with a body over 8 MiB is refused with 413', async () => {
    expect(
      await problemOf(await customer.fetch({ url, method: 'POST', body: 'x'.repeat(8 * MIB + 1) })),
    ).toMatchObject({
      status: 413,
      code: 'body-too-large',
      errors: [{ pointer: '/body' }],
    })
  })

  test('with a body of 8 MiB as base64 reaches the target byte for byte', async () => {
    const body = Buffer.alloc(8 * MIB, 'fallow')
    onLane = async (lane) => lane.answer({ body: String((await lane.body()).equals(body)) })
    const response = await customer.fetch({ url, method: 'PUT', bodyBase64: body.toString('base64') })
    expect(await response.json()).toMatchObject({ status: 200, body: 'true' })
  })

  test('whose sender leaves in the middle harms nobody, and is nobody’s failure', async () => {
    const errors = relay.logged.filter(({ sentence }) => sentence.includes('failed inside')).length
    const client = new RawClient(relay.url)
    client.send(
      `POST /v1/fetch HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer ${customer.apiKey}\r\nContent-Length: 1000\r\n\r\n{"url"`,
    )
    await new Promise<void>((resolve) => client.socket.write('', () => resolve()))
    client.vanish()
    onLane = answerPlainly
    expect((await customer.fetch({ url })).status).toBe(200)
    expect(relay.logged.filter(({ sentence }) => sentence.includes('failed inside'))).toHaveLength(errors)
  })
})

describe('methods and paths', () => {
  test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'])(
    '%s is not how a page is asked for',
    async (method) => {
      const response = await ask('/v1/fetch', { method, headers: bearer() })
      expect(response.headers.get('allow')).toBe('GET, POST')
      expect(await problemOf(response)).toMatchObject({ status: 405, code: 'invalid-request' })
    },
  )
  test('HEAD fetches nothing, because nobody could see what was paid for', async () => {
    const lanes = node.lanes.size
    const response = await ask(`/v1/fetch?url=${url}`, { method: 'HEAD', headers: bearer() })
    expect(response.status).toBe(405)
    expect(node.lanes.size).toBe(lanes)
  })
  test.each(['/', '/v1', '/v1/fetch/', '/v1/fetches', '/admin', '//v1/fetch', '/v1/../etc/passwd', '/%00'])(
    '%s is nothing',
    async (path) => {
      expect(await problemOf(await ask(path, { headers: bearer() }))).toMatchObject({
        status: 404,
        code: 'not-found',
        instance: null,
      })
    },
  )
  test('a wish for another protocol is ignored, and the request served', async () => {
    onLane = answerPlainly
    for (const upgrade of ['h2c', 'websocket', 'TLS/1.0']) {
      const client = new RawClient(relay.url)
      const headers = { connection: 'upgrade', upgrade, accept: 'application/json' }
      client.post(customer.apiKey, { url }, { headers })
      await client.until('"body":"hello"')
      client.vanish()
    }
  })
  test('a request that is no HTTP is refused and the relay lives on', async () => {
    for (const nonsense of [
      '\0\0\0\0\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      'GET /v1/fetch HTTP/1.1\r\nHost: a b\r\n\r\n',
      'GET /v1/fetch HTTP/1.1\r\nX: a\0b\r\n\r\n',
    ]) {
      const client = new RawClient(relay.url)
      client.send(nonsense)
      await client.until(/^HTTP\/1\.1 4\d\d /)
      client.vanish()
    }
    expect((await ask('/healthz')).status).toBe(200)
  })
  test('too many header bytes are refused before they are read', async () => {
    const response = await ask('/v1/fetch', { headers: { 'x-large': 'x'.repeat(100_000) } }).catch(() => null)
    expect(response?.status ?? 431).toBe(431)
  })
})

describe('GET', () => {
  test('is the same request in a query', async () => {
    onLane = (lane) => lane.answer({ body: lane.open.url })
    const target = 'https://93.184.216.34/a?b=c&d=%20e'
    const response = await ask(`/v1/fetch?url=${encodeURIComponent(target)}&timeoutMs=5000`, {
      headers: bearer(),
    })
    expect(response.status).toBe(200)
    expect(await response.text()).toBe(target)
  })
  test('takes a URL of the largest length, percent-encoded', async () => {
    onLane = (lane) => lane.answer({ body: String(lane.open.url.length) })
    const target = `https://93.184.216.34/${'?'.repeat(8 * 1024 - 22)}`
    const response = await ask(`/v1/fetch?url=${encodeURIComponent(target)}`, { headers: bearer() })
    expect(await response.text()).toBe(String(8 * 1024))
  })
  test.each([
    ['/url', ''],
    ['/url', `?url=${url}&url=${url}`],
    ['/raw', `?url=${url}&raw=yes`],
    ['/colour', `?url=${url}&colour=red`],
    ['/timeoutMs', `?url=${url}&timeoutMs=soon`],
  ])('with a wrong query is refused at %s: %s', async (pointer, query) => {
    expect(await problemOf(await ask(`/v1/fetch${query}`, { headers: bearer() }))).toMatchObject({
      status: 400,
      errors: [{ pointer }],
    })
  })
  test('a POST takes only raw in its query, because nothing else there would be read', async () => {
    const response = await ask(`/v1/fetch?url=${url}`, {
      method: 'POST',
      headers: bearer(),
      body: JSON.stringify({ url }),
    })
    expect((await problemOf(response)).detail).toContain('"url"')
  })
})

describe('JSON or raw', () => {
  const kindOf = async (path: string, headers: Record<string, string>) => {
    onLane = answerPlainly
    const response = await ask(path, {
      method: 'POST',
      headers: { ...bearer(), ...headers },
      body: JSON.stringify({ url }),
    })
    expect(response.status).toBe(200)
    return (await response.text()) === 'hello' ? 'raw' : 'JSON'
  }
  test.each([
    ['JSON', '/v1/fetch', { accept: 'application/json' }],
    ['JSON', '/v1/fetch?raw=0', { accept: 'application/json, */*;q=0.1' }],
    ['raw', '/v1/fetch?raw=1', { accept: 'application/json' }],
    ['raw', '/v1/fetch', { accept: '*/*' }],
    ['raw', '/v1/fetch', { accept: 'text/html, application/json;q=0.9' }],
  ])('%s for %s and %o', async (kind, path, headers) => {
    expect(await kindOf(path, headers)).toBe(kind)
  })
})

describe('headers for the target', () => {
  test('arrive, without those that are dropped, which are named in both kinds of answer', async () => {
    onLane = (lane) => lane.answer({ body: JSON.stringify(lane.open.headers) })
    const headers = {
      'X-Custom': 'a',
      Host: 'evil.example',
      'Sec-Fetch-Mode': 'navigate',
      'X-Forwarded-For': '127.0.0.1',
    }
    const json = (await (await customer.fetch({ url, headers })).json()) as {
      body: string
      droppedHeaders: string[]
    }
    expect(JSON.parse(json.body)).toEqual([['x-custom', 'a']])
    expect(json.droppedHeaders).toEqual(['host', 'sec-fetch-mode', 'x-forwarded-for'])
    const raw = await customer.fetch({ url, headers }, { headers: { accept: '*/*' } })
    expect(raw.headers.get('fallow-dropped-headers')).toBe('host, sec-fetch-mode, x-forwarded-for')
  })
  test('that the node could read are refused, and the sentence says why', async () => {
    for (const name of ['Authorization', 'Cookie', 'Proxy-Authorization']) {
      const problem = await problemOf(await customer.fetch({ url, headers: { [name]: 'secret' } }))
      expect(problem).toMatchObject({
        status: 400,
        code: 'sensitive-header',
        errors: [{ pointer: `/headers/${name}` }],
      })
      expect(problem.detail).toContain('owner of the node could read')
      expect(problem.detail).not.toContain('secret')
    }
  })
  test('of this very request never reach the target', async () => {
    onLane = (lane) => lane.answer({ body: JSON.stringify(lane.open.headers) })
    const response = await post(JSON.stringify({ url }), {
      'x-mine': '1',
      cookie: 'a=b',
      'fallow-secret': 'x',
    })
    expect(await response.json()).toMatchObject({ body: '[]' })
  })
})

describe('refused addresses', () => {
  test.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://[::ffff:10.0.0.1]/',
    'http://169.254.169.254/',
    'http://localhost/',
    'http://router/',
    'http://nas.lan/',
    'https://example.com:8443/',
    'ftp://example.com/',
    'http://user:pw@example.com/',
  ])('%s is answered with 451 and no node hears of it', async (refusedUrl) => {
    const opened = node.lanes.size
    expect(await problemOf(await customer.fetch({ url: refusedUrl }))).toMatchObject({
      status: 451,
      code: 'policy-refused',
      source: 'policy',
      retryable: false,
      errors: [{ pointer: '/url' }],
    })
    expect(node.lanes.size).toBe(opened)
  })
  test('CR, LF and NUL in a URL change nothing but the URL', async () => {
    onLane = (lane) => lane.answer({ body: lane.open.url })
    const response = await customer.fetch({ url: 'https://93.184.216.34/a\r\nHost: evil\r\n\r\n\0b' })
    expect(await response.json()).toMatchObject({ body: 'https://93.184.216.34/aHost:%20evil%00b' })
  })
})

test('a JSON answer has a largest size, and the refusal names it', async () => {
  expect(await problemOf(await customer.fetch({ url, maxBytes: 32 * MIB + 1 }))).toMatchObject({
    status: 400,
    errors: [{ pointer: '/maxBytes' }],
  })
})
