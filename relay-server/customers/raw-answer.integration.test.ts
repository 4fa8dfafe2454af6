import { randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { RawClient } from '../testing/raw-client.ts'
import { useRelayStage } from '../testing/relay-stage.ts'
import { connectScriptedNode, type ScriptedLane } from '../testing/scripted-node.ts'

const url = 'https://93.184.216.34/'
const MIB = 1024 ** 2

const stage = useRelayStage()

type Answer = {
  status: number
  headers: Record<string, string[]>
  body: Buffer
  trailers: Record<string, string>
  whole: boolean
}

/** Asks with Node's own client, which shows repeated headers and trailers. Resolves also where the answer broke off. */
function ask(request: object, { headers = {} }: { headers?: Record<string, string> } = {}): Promise<Answer> {
  const options = {
    method: 'POST',
    headers: { authorization: `Bearer ${stage.customer.apiKey}`, ...headers },
  }
  return new Promise((resolve, reject) => {
    const asking = httpRequest(`${stage.relay.url}/v1/fetch`, options, (response) => {
      const pieces: Buffer[] = []
      const settle = (whole: boolean) =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headersDistinct as Record<string, string[]>,
          body: Buffer.concat(pieces),
          trailers: response.trailers as Record<string, string>,
          whole,
        })
      response.on('data', (piece) => pieces.push(piece))
      response.on('end', () => settle(response.complete))
      response.on('error', () => settle(false))
    })
    asking.on('error', reject)
    asking.end(JSON.stringify(request))
  })
}

describe('a raw answer', () => {
  test('is the target’s body, with what is known at its end as trailers', async () => {
    stage.onLane = (lane) =>
      lane.answer({ headers: [['content-type', 'text/html; charset=utf-8']], body: '<h1>hello</h1>' })
    const balance = (await stage.relay.ledger.customerBalance(stage.customer.customerId)).balanceBytes
    const { status, headers, body, trailers, whole } = await ask({ url })
    expect({ status, whole, body: body.toString() }).toEqual({
      status: 200,
      whole: true,
      body: '<h1>hello</h1>',
    })
    expect(headers).toMatchObject({
      'content-type': ['text/html; charset=utf-8'],
      'content-security-policy': ['sandbox'],
      'x-content-type-options': ['nosniff'],
      'cache-control': ['no-store'],
      'fallow-target-status': ['200'],
      'fallow-node-country': ['unknown'],
      'fallow-attempts': ['1'],
      'fallow-final-url': [url],
      trailer: ['Fallow-Carried-Bytes, Fallow-Balance-Bytes, Fallow-Outcome'],
    })
    expect(headers['fallow-exchange-id']?.[0]).toMatch(/^ex_/)
    expect(headers['server-timing']?.[0]).toMatch(/^queue;dur=\d+, firstbyte;dur=\d+$/)
    expect(trailers).toEqual({
      'fallow-carried-bytes': '14',
      'fallow-balance-bytes': String(balance - 14n),
      'fallow-outcome': 'completed',
    })
  })

  test('shows a few of the target’s headers as themselves and every other one wrapped, repeated ones too', async () => {
    const passed = [
      ['content-language', 'de'],
      ['content-disposition', 'inline'],
      ['etag', '"1"'],
      ['last-modified', 'Mon, 01 Jan 2024 00:00:00 GMT'],
    ] as [string, string][]
    const wrapped = [
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['content-security-policy', "default-src 'none'"],
      ['x-content-type-options', 'sniff'],
      ['transfer-encoding', 'gzip'],
      ['content-encoding', 'br'],
      ['content-length', '3'],
      ['connection', 'close'],
      ['location', 'https://elsewhere.example/'],
      ['fallow-outcome', 'forged'],
      ['fallow-target-status', '418'],
      ['trailer', 'x'],
      ['access-control-allow-origin', '*'],
      ['clear-site-data', '"*"'],
      ['x-latin', 'Zoë'],
    ] as [string, string][]
    stage.onLane = (lane) => lane.answer({ status: 201, headers: [...passed, ...wrapped], body: 'hello' })
    const { headers, body, whole } = await ask({ url })
    expect({ whole, body: body.toString() }).toEqual({ whole: true, body: 'hello' })
    for (const [name, value] of passed) expect(headers[name]).toEqual([value])
    expect(headers['fallow-target-header']).toEqual(wrapped.map(([name, value]) => `${name}: ${value}`))
    expect(headers['content-security-policy']).toEqual(['sandbox'])
    expect(headers['x-content-type-options']).toEqual(['nosniff'])
    expect(headers['fallow-target-status']).toEqual(['201'])
    for (const name of [
      'set-cookie',
      'location',
      'access-control-allow-origin',
      'clear-site-data',
      'content-encoding',
    ])
      expect(headers[name], name).toBeUndefined()
  })

  test.each([
    [204, 'GET'],
    [304, 'GET'],
    [200, 'HEAD'],
    [404, 'HEAD'],
  ])('of a %i to %s has no body, and is whole', async (status, method) => {
    stage.onLane = (lane) => lane.answer({ status, headers: [['content-length', '1000']] })
    const answer = await ask({ url, method })
    expect(answer).toMatchObject({
      status: 200,
      whole: true,
      trailers: { 'fallow-carried-bytes': '0', 'fallow-outcome': 'completed' },
    })
    expect(answer.headers['fallow-target-status']).toEqual([String(status)])
    expect(answer.body).toHaveLength(0)
  })

  test('passes the node’s gzip through to who reads it, and asks the node not to pack for who does not', async () => {
    const page = 'all work and no play '.repeat(100)
    stage.onLane = (lane) =>
      lane.open.gzip ? lane.answer({ encoding: 'gzip', body: gzipSync(page) }) : lane.answer({ body: page })
    const packed = await ask({ url }, { headers: { 'accept-encoding': 'gzip' } })
    expect(packed.headers['content-encoding']).toEqual(['gzip'])
    expect(gunzipSync(packed.body).toString()).toBe(page)
    expect(packed.trailers['fallow-carried-bytes']).toBe(String(gzipSync(page).length))
    const plain = await ask({ url })
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(plain.body.toString()).toBe(page)
  })

  test('from a node that packs unasked is a failure of the node', async () => {
    stage.onLane = (lane) => lane.answer({ encoding: 'gzip', body: gzipSync('hello') })
    const { status, body } = await ask({ url })
    expect(status).toBe(502)
    expect(JSON.parse(body.toString())).toMatchObject({ source: 'node', retryable: true, charged: false })
  })

  test('reaches the customer while the node has not ended', async () => {
    const goOn = Promise.withResolvers<void>()
    stage.onLane = async (lane) => {
      lane.head(200)
      await lane.chunk(Buffer.from('first'))
      await goOn.promise
      await lane.chunk(Buffer.from(' last'))
      lane.end()
    }
    const client = new RawClient(stage.relay.url)
    client.post(stage.customer.apiKey, { url })
    await client.until('first')
    expect(client.received).not.toContain('last')
    goOn.resolve()
    await client.until(' last')
    await client.until(/\r\n0\r\nFallow-Carried-Bytes: 10\r\n/)
    client.vanish()
  })

  test('of many windows arrives byte for byte', async () => {
    const large = randomBytes(3 * MIB)
    stage.onLane = async (lane) => {
      lane.head(200)
      await lane.chunk(large)
      lane.end()
    }
    const { body, trailers, whole } = await ask({ url })
    expect(whole).toBe(true)
    expect(body.equals(large)).toBe(true)
    expect(trailers['fallow-carried-bytes']).toBe(String(large.length))
  })
})

describe('an answer that breaks off', () => {
  const breaks: [string, (lane: ScriptedLane) => void][] = [
    ['because the target broke off', (lane) => lane.failed('target-reset')],
    ['because the node cut it at a limit', (lane) => lane.end(true)],
    ['because its owner paused', (lane) => lane.failed('owner-paused')],
  ]
  describe.each(breaks)('%s', (_name, breakOff) => {
    test.each(['1.1', '1.0'])('is reset and never looks whole to HTTP/%s', async (version) => {
      stage.onLane = async (lane) => {
        lane.head(200, [['content-type', 'text/plain']])
        await lane.chunk(Buffer.from('only half'))
        breakOff(lane)
      }
      const client = new RawClient(stage.relay.url)
      client.post(stage.customer.apiKey, { url }, { version })
      expect(await client.end).toBe('reset')
      expect(client.received).not.toMatch(/\r\n0\r\n/)
      expect(client.received.toLowerCase()).not.toContain('content-length')
    })
  })

  test('with nothing of its body sent yet is reset as well', async () => {
    stage.onLane = (lane) => {
      lane.head(200)
      lane.failed('target-reset')
    }
    expect(
      await ask({ url }).then(
        ({ whole }) => whole,
        () => false,
      ),
    ).toBe(false)
  })

  test('a node that vanishes in the middle leaves a broken answer, not a short one', async () => {
    const other = await connectScriptedNode({
      relayUrl: stage.relay.url,
      onLane: async (lane) => {
        lane.head(200)
        await lane.chunk(Buffer.from('only half'))
        other.drop()
      },
    })
    stage.onLane = (lane) => lane.failed('node-failed')
    const client = new RawClient(stage.relay.url)
    client.post(stage.customer.apiKey, { url })
    expect(await client.end).toBe('reset')
    await other.closed
  })

  test('a whole answer to HTTP/1.0 ends with its connection, without chunks', async () => {
    stage.onLane = (lane) => lane.answer({ body: 'hello' })
    const client = new RawClient(stage.relay.url)
    client.post(stage.customer.apiKey, { url }, { version: '1.0' })
    expect(await client.end).toBe('ended')
    const [head = '', body] = client.received.split('\r\n\r\n')
    expect(body).toBe('hello')
    expect(head.toLowerCase()).not.toContain('transfer-encoding')
    expect(head.toLowerCase()).not.toContain('\r\ntrailer')
  })

  test('one that keeps its node over maxBytes is stopped by the relay', async () => {
    stage.onLane = async (lane) => {
      expect(lane.open.answerBytesMax).toBe(1_000)
      lane.head(200)
      await lane.chunk(Buffer.alloc(1_001)).catch(() => {})
      await new Promise((resolve) => lane.stopped.addEventListener('abort', resolve, { once: true }))
      lane.failed('stopped')
    }
    const client = new RawClient(stage.relay.url)
    client.post(stage.customer.apiKey, { url, maxBytes: 1_000 })
    expect(await client.end).toBe('reset')
    expect(await stage.node.frame('stop', ({ code }) => code === 'answer-too-large')).toBeDefined()
  })
})
