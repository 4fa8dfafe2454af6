import { createHash, randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { useRelayStage } from '../testing/relay-stage.ts'
import { connectScriptedNode, type ScriptedLane } from '../testing/scripted-node.ts'
import type { Envelope } from './envelope.ts'

const url = 'https://93.184.216.34/'
const MIB = 1024 ** 2

const stage = useRelayStage()

async function ask(request: object = {}): Promise<Envelope> {
  const response = await stage.customer.fetch({ url, ...request })
  const text = await response.text()
  if (response.status !== 200) throw new Error(text)
  return JSON.parse(text)
}
async function askInVain(request: object = {}) {
  const response = await stage.customer.fetch({ url, ...request })
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  return (await response.json()) as Record<string, unknown>
}

test('a JSON answer has every field of its description, and no other', async () => {
  stage.onLane = (lane) =>
    lane.answer({
      status: 404,
      headers: [
        ['content-type', 'text/html'],
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ],
      body: 'gone',
    })
  const balance = Number((await stage.relay.ledger.customerBalance(stage.customer.customerId)).balanceBytes)
  const response = await stage.customer.fetch({ url })
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(response.headers.get('cache-control')).toBe('no-store')
  const answer = (await response.json()) as Envelope
  expect(answer).toEqual({
    id: response.headers.get('fallow-exchange-id'),
    url,
    finalUrl: url,
    status: 404,
    ok: false,
    headers: [
      ['content-type', 'text/html'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ],
    body: 'gone',
    encoding: 'utf8',
    truncated: false,
    node: { country: null, asn: null, kind: null, pseudonym: expect.stringMatching(/^n_[0-9a-f]{16}$/) },
    attempts: [{ outcome: 'completed', ms: expect.any(Number) }],
    timing: { queueMs: expect.any(Number), firstByteMs: expect.any(Number), totalMs: expect.any(Number) },
    policy: { robots: 'not-checked' },
    usage: { charged: true, carriedBytes: 4, balanceBytes: balance - 4 },
    droppedHeaders: [],
    deliveryNote: null,
    echo: null,
  })
})

test('a node has one name for a customer and another for the next, and its own id for none', async () => {
  stage.onLane = (lane) => lane.answer()
  const [first, again] = [await ask(), await ask()]
  expect(again.node.pseudonym).toBe(first.node.pseudonym)
  const other = (await (await (await stage.relay.newCustomer()).fetch({ url })).json()) as Envelope
  expect(other.node.pseudonym).not.toBe(first.node.pseudonym)
  expect(JSON.stringify([first, other])).not.toContain(stage.node.nodeId)
})

describe('a body', () => {
  test('of text is text, of anything else base64, and nothing is lost either way', async () => {
    const texts = ['', 'hello', 'Zoë ☃ 𝄞', '\ufeffwith a mark', 'a\0b', '"\\\n\u2028']
    for (const text of texts) {
      stage.onLane = (lane) => lane.answer({ body: text })
      expect(await ask()).toMatchObject({ body: text, encoding: 'utf8' })
    }
    const binary = [
      Buffer.from([0xff, 0xfe]),
      Buffer.from([0xc3]),
      Buffer.from([0xed, 0xa0, 0x80]),
      randomBytes(5_000),
    ]
    for (const bytes of binary) {
      stage.onLane = (lane) => lane.answer({ body: bytes })
      expect(await ask()).toMatchObject({ body: bytes.toString('base64'), encoding: 'base64' })
    }
  })

  test('that the node packed is unpacked, and its headers say nothing of it', async () => {
    const page = 'all work and no play '.repeat(1_000)
    stage.onLane = (lane) => lane.answer({ encoding: 'gzip', body: gzipSync(page) })
    const answer = await ask()
    expect(answer.body).toBe(page)
    expect(answer.usage.carriedBytes).toBe(gzipSync(page).length)
    expect(answer.headers).toEqual([])
  })

  test('over maxBytes is cut by the node, and the answer says so', async () => {
    stage.onLane = (lane) => lane.answer({ truncated: true, body: 'x'.repeat(lane.open.answerBytesMax ?? 0) })
    expect(await ask({ maxBytes: 10 })).toMatchObject({
      body: 'x'.repeat(10),
      truncated: true,
      usage: { charged: true, carriedBytes: 10 },
    })
  })

  test('over maxBytes from a node that does not cut is cut by the relay, and the node stopped', async () => {
    stage.onLane = async (lane) => {
      lane.head(200)
      await lane.chunk(Buffer.alloc(5 * MIB, 'x')).catch(() => {})
      lane.failed('stopped')
    }
    const answer = await ask({ maxBytes: 100_000 })
    expect(answer).toMatchObject({
      truncated: true,
      encoding: 'utf8',
      attempts: [{ outcome: 'answer-too-large' }],
    })
    expect(answer.body.length).toBeGreaterThan(0)
    expect(answer.body.length).toBeLessThanOrEqual(100_000)
    expect(answer.usage.carriedBytes).toBeLessThan(MIB)
  })

  test('that would inflate without end is cut at maxBytes', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * MIB), { level: 9 })
    stage.onLane = async (lane) => {
      lane.head(200, [], 'gzip')
      await lane.chunk(bomb).catch(() => {})
      if (lane.stopped.aborted) lane.failed('stopped')
      else lane.end()
    }
    const answer = await ask({ maxBytes: MIB })
    expect(answer.truncated).toBe(true)
    expect(answer.body).toHaveLength(MIB)
  })

  test('is cut at 10 MiB unless the request says more, and never asked for over 32 MiB', async () => {
    stage.onLane = (lane) => lane.answer({ body: String(lane.open.answerBytesMax) })
    expect((await ask()).body).toBe(String(10 * MIB))
    expect((await ask({ maxBytes: 32 * MIB })).body).toBe(String(32 * MIB))
    expect(await askInVain({ maxBytes: 32 * MIB + 1 })).toMatchObject({
      status: 400,
      errors: [{ pointer: '/maxBytes' }],
    })
  })

  test('of 32 MiB that is no text comes back whole', async () => {
    const large = randomBytes(32 * MIB)
    stage.onLane = async (lane) => {
      lane.head(200)
      await lane.chunk(large)
      lane.end()
    }
    const answer = await ask({ maxBytes: 32 * MIB })
    const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
    expect(sha256(Buffer.from(answer.body, 'base64'))).toBe(sha256(large))
    expect(answer.truncated).toBe(false)
  })
})

describe('a node that packs badly', () => {
  const bad: [string, (lane: ScriptedLane) => void][] = [
    ['with bytes that are no gzip', (lane) => lane.answer({ encoding: 'gzip', body: '<h1>hello</h1>' })],
    [
      'with gzip that ends early',
      (lane) => lane.answer({ encoding: 'gzip', body: gzipSync(randomBytes(1_000)).subarray(0, 500) }),
    ],
  ]
  test.each(bad)('%s has failed, and another try may help', async (_name, play) => {
    stage.onLane = play
    const problem = await askInVain()
    expect(problem).toMatchObject({
      status: 502,
      code: 'node-failed',
      source: 'node',
      retryable: true,
      charged: false,
    })
    expect(problem.attempts).toHaveLength(1)
  })

  test('in the middle of a long answer is stopped, and costs the customer nothing', async () => {
    stage.onLane = async (lane) => {
      lane.head(200, [], 'gzip')
      await lane.chunk(Buffer.from('<h1>this is no gzip</h1>'))
      await new Promise((resolve) => lane.stopped.addEventListener('abort', resolve, { once: true }))
      lane.failed('stopped')
    }
    expect(await askInVain()).toMatchObject({ code: 'node-failed', charged: false })
  })
})

describe('a body that breaks off', () => {
  test.each(['target-reset', 'owner-paused', 'node-failed', 'node-unsafe'] as const)(
    'with %s is a problem that names it, and is free',
    async (code) => {
      stage.onLane = async (lane) => {
        lane.head(200)
        await lane.chunk(Buffer.from('only half'))
        lane.failed(code)
      }
      const problem = await askInVain()
      expect(problem).toMatchObject({ code, charged: false, attempts: [{ outcome: code }] })
      expect(problem.instance).toMatch(/^ex_/)
    },
  )

  test('because the node left is a problem, and nobody else is asked', async () => {
    const opened = stage.node.lanes.size
    const other = await connectScriptedNode({
      relayUrl: stage.relay.url,
      onLane: async (lane) => {
        lane.head(200)
        await lane.chunk(Buffer.from('only half'))
        other.drop()
      },
    })
    stage.onLane = (lane) => lane.failed('node-failed')
    expect(await askInVain()).toMatchObject({ status: 502, code: 'node-vanished', charged: false })
    expect(stage.node.lanes.size - opened).toBeLessThanOrEqual(1)
  })

  test('and a customer that leaves while a body is collected stops the node', async () => {
    const stopped = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    stage.onLane = async (lane) => {
      lane.head(200)
      await lane.chunk(Buffer.from('first'))
      begun.resolve()
      lane.stopped.addEventListener('abort', () => {
        lane.failed('stopped')
        stopped.resolve()
      })
    }
    const leaving = new AbortController()
    const asked = stage.customer.fetch({ url }, { signal: leaving.signal }).catch(() => 'left')
    await begun.promise
    leaving.abort()
    await stopped.promise
    expect(await asked).toBe('left')
  })
})

test('a relay whose buffers are full says so, and has room again afterwards', async () => {
  const packed = gzipSync(Buffer.alloc(30 * MIB, 'x'))
  const goOn = Promise.withResolvers<void>()
  stage.onLane = async (lane) => {
    lane.head(200, [], 'gzip')
    await lane.chunk(packed)
    await Promise.race([
      goOn.promise,
      new Promise((resolve) => lane.stopped.addEventListener('abort', resolve, { once: true })),
    ])
    lane.failed(lane.stopped.aborted ? 'stopped' : 'target-reset')
  }
  const asked = Array.from({ length: 9 }, (_, index) =>
    stage.customer.fetch({ url: `https://93.184.216.${index}/`, maxBytes: 32 * MIB }),
  )
  const refused = await Promise.race(asked)
  expect(refused.status).toBe(503)
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(await refused.json()).toMatchObject({
    code: 'relay-overloaded',
    source: 'relay',
    retryable: true,
    charged: false,
  })
  goOn.resolve()
  const statuses = (await Promise.all(asked)).map(({ status }) => status)
  expect(
    statuses.filter((status) => status === 502),
    'only as many are refused as do not fit',
  ).toHaveLength(8)
  stage.onLane = (lane) => lane.answer({ encoding: 'gzip', body: packed })
  expect((await ask({ maxBytes: 32 * MIB })).body).toHaveLength(30 * MIB)
})
