import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { NodeFailureCode } from '#protocol'
import { type Books, openBooks } from '../testing/books.ts'
import { type NodeSide, readBody, startNodeSide } from '../testing/node-side.ts'
import { connectScriptedNode, type ScriptedLane, type ScriptedNode } from '../testing/scripted-node.ts'
import { TestBudget } from '../testing/test-budget.ts'
import { ExchangeFailure } from './exchange-failure.ts'

let side: NodeSide
let books: Books
let nodes: ScriptedNode[] = []
beforeAll(async () => {
  side = await startNodeSide({ queueMsMax: 1_500, limits: { stopDeadlineMs: 500 } })
})
afterAll(() => side.stop())
beforeEach(async () => {
  nodes = []
  books = await openBooks(side.ledger)
})
afterEach(async () => {
  for (const node of nodes) if (node.socket.readyState === node.socket.OPEN) node.leave()
  await Promise.all(nodes.map((node) => node.closed))
  await side.settled()
  expect(side.openAttempts).toBe(0)
  expect(side.roster.all()).toEqual([])
  await books.expectBalanceWithin(nodes)
})

type Play = (lane: ScriptedLane, node: ScriptedNode) => void | Promise<void>
async function link(
  play: Play,
  options: { country?: string; lanesMax?: number } = {},
): Promise<ScriptedNode> {
  const started = connectScriptedNode({
    relayUrl: side.url,
    onLane: async (lane) => play(lane, await started),
    ...(options.country && { forwardedFor: options.country }),
    ...(options.lanesMax && { lanesMax: options.lanesMax }),
  })
  const node = await started
  nodes.push(node)
  return node
}

const failureOf = (asking: Promise<unknown>): Promise<ExchangeFailure> =>
  asking.then(
    () => Promise.reject(new Error('an answer came')),
    (error: unknown) => (error instanceof ExchangeFailure ? error : Promise.reject(error)),
  )
const outcomes = ({ attempts }: { attempts: { outcome: string }[] }) => attempts.map(({ outcome }) => outcome)
const fails =
  (code: NodeFailureCode): Play =>
  (lane) =>
    lane.failed(code, 'as the test wants')

/** Nodes that fail, until one answers: which is tried first is the picker's choice. */
const failFirst = (fail: Play): { play: Play; asked: () => number } => {
  let asked = 0
  return {
    asked: () => asked,
    play: (lane, node) => {
      asked += 1
      return asked === 1 ? fail(lane, node) : lane.answer({ body: 'second' })
    },
  }
}

describe('a node that fails before the first byte', () => {
  test.each<[string, Play, string]>([
    ['vanishes', (_lane, node) => node.drop(), 'node-vanished'],
    ['says goodbye', (_lane, node) => node.leave('owner-paused'), 'node-vanished'],
    ['is paused', fails('owner-paused'), 'owner-paused'],
    ['is blocked by another extension', fails('node-blocked'), 'node-blocked'],
    ['is unsafe', fails('node-unsafe'), 'node-unsafe'],
    ['fails', fails('node-failed'), 'node-failed'],
    ['stops by itself', fails('stopped'), 'node-failed'],
  ])('is replaced by another one when it %s', async (_how, fail, outcome) => {
    const { play } = failFirst(fail)
    await link(play)
    await link(play)
    const answer = await side.ask()
    const { bytes, ending } = await readBody(answer)
    expect(bytes.toString()).toBe('second')
    expect(outcomes(answer)).toEqual([outcome, 'completed'])
    expect(ending).toMatchObject({ outcome: 'completed', charged: true, carriedBytes: 6 })
  })

  test.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])('is replaced for a %s', async (method) => {
    const { play } = failFirst((_lane, node) => node.drop())
    await link(play)
    await link(play)
    const { ending } = await readBody(await side.ask({ method }))
    expect(ending.outcome).toBe('completed')
  })

  test.each(['POST', 'PATCH'])('is not replaced for a %s, which must not be sent twice', async (method) => {
    const { play, asked } = failFirst((_lane, node) => node.drop())
    await link(play)
    await link(play)
    const failure = await failureOf(side.ask({ method, body: new Uint8Array(3) }))
    expect(failure).toMatchObject({ code: 'node-vanished', source: 'node', retryable: true })
    expect(outcomes(failure)).toEqual(['node-vanished'])
    expect(asked()).toBe(1)
  })

  test('is replaced at most twice', async () => {
    for (let index = 0; index < 4; index += 1) await link(fails('node-failed'))
    const failure = await failureOf(side.ask())
    expect(failure.code).toBe('node-failed')
    expect(outcomes(failure)).toEqual(['node-failed', 'node-failed', 'node-failed'])
  })

  test('is not asked again where there is no other', async () => {
    const node = await link(fails('node-failed'))
    const failure = await failureOf(side.ask())
    expect(failure.code).toBe('node-failed')
    expect(node.lanes.size).toBe(1)
  })
})

test.each<[NodeFailureCode, string]>([
  ['target-dns', 'target'],
  ['target-refused', 'target'],
  ['target-tls', 'target'],
  ['target-reset', 'target'],
  ['target-protocol', 'target'],
  ['target-timeout', 'target'],
  ['policy-refused', 'policy'],
])('%s is the same from everywhere, so no other node is asked', async (code, source) => {
  const all = [await link(fails(code)), await link(fails(code))]
  const failure = await failureOf(side.ask())
  expect(failure).toMatchObject({ code, source })
  expect(outcomes(failure)).toEqual([code])
  expect(all.reduce((sum, node) => sum + node.lanes.size, 0)).toBe(1)
})

describe('a node that fails after the head', () => {
  test.each<[string, Play, string]>([
    ['vanishes', (_lane, node) => node.drop(), 'node-vanished'],
    ['says goodbye', (_lane, node) => node.leave('owner-paused'), 'node-vanished'],
    ['is paused', fails('owner-paused'), 'owner-paused'],
    ['loses its target', fails('target-reset'), 'target-reset'],
    ['stops by itself', fails('stopped'), 'node-failed'],
    ['cuts the body without a limit', (lane) => lane.end(true), 'node-failed'],
  ])('breaks the answer when it %s: never a short one, and free', async (_how, fail, outcome) => {
    const node = await link(async (lane, self) => {
      lane.head()
      await lane.chunk(new Uint8Array(1_000))
      await fail(lane, self)
    })
    const answer = await side.ask()
    const { ending } = await readBody(answer)
    expect(ending).toMatchObject({ outcome, charged: false })
    expect(outcomes(answer)).toEqual([outcome])
    expect(node.lanes.size).toBe(1)
    await side.settled()
    expect((await books.since()).chargedBytes).toBe(0n)
  })
})

describe('time', () => {
  test('a node that says nothing is a node-timeout, and rests', async () => {
    await link((lane) => lane.stopped.addEventListener('abort', () => lane.failed('stopped')))
    const failure = await failureOf(side.ask({ timeoutMs: 300 }))
    expect(failure).toMatchObject({ code: 'node-timeout', source: 'node' })
    expect(outcomes(failure)).toEqual(['node-timeout'])
    expect(await failureOf(side.ask({ timeoutMs: 100 }))).toMatchObject({ code: 'no-node-available' })
  })

  test('the node gets less time than the customer, and most of it', async () => {
    const node = await link((lane) => lane.failed('target-timeout'))
    await failureOf(side.ask({ timeoutMs: 100, url: 'https://a.example/' }))
    await failureOf(side.ask({ timeoutMs: 20_000, url: 'https://b.example/' }))
    const [short, long] = [...node.lanes.values()].map((lane) => lane.open.headDeadlineMs) as [number, number]
    expect(short).toSatisfy((ms: number) => ms > 0 && ms <= 80)
    expect(long).toSatisfy((ms: number) => ms > 15_000 && ms <= 19_750)
  })

  test('waiting for a busy node counts', async () => {
    await link((lane) => lane.stopped.addEventListener('abort', () => lane.failed('stopped')), {
      lanesMax: 1,
    })
    const leaving = new AbortController()
    const busy = failureOf(side.ask({ signal: leaving.signal }))
    const started = performance.now()
    const failure = await failureOf(side.ask({ timeoutMs: 200 }))
    expect(failure).toMatchObject({ code: 'no-node-available', source: 'relay' })
    expect(failure.message).toContain('busy')
    expect(performance.now() - started).toBeLessThan(1_400)
    leaving.abort()
    expect(await busy).toMatchObject({ code: 'stopped' })
  })

  test('a redirect whose lane does not end does not hold the customer up', async () => {
    const node = await link((lane) => lane.head(302, [['location', '/next']]))
    expect(await failureOf(side.ask({ timeoutMs: 250 }))).toMatchObject({ code: 'node-timeout' })
    expect(await node.frame('goodbye')).toMatchObject({ code: 'stop-ignored' })
  })
})

describe('the queue', () => {
  test('a busy node that comes free serves who waits', async () => {
    const { promise: mayAnswer, resolve: letAnswer } = Promise.withResolvers<void>()
    await link(
      async (lane) => {
        if (lane.open.lane === 1) await mayAnswer
        lane.answer({ body: lane.open.url })
      },
      { lanesMax: 1 },
    )
    const first = side.ask({ url: 'https://one.example/' })
    const second = side.ask({ url: 'https://two.example/' })
    letAnswer()
    expect((await readBody(await first)).bytes.toString()).toBe('https://one.example/')
    expect((await readBody(await second)).bytes.toString()).toBe('https://two.example/')
  })

  test('many at once on a node of few lanes are all served, and never more at once than it has', async () => {
    let running = 0
    let most = 0
    await link(
      async (lane) => {
        running += 1
        most = Math.max(most, running)
        await new Promise((resolve) => setImmediate(resolve))
        running -= 1
        lane.answer({ body: lane.open.url })
      },
      { lanesMax: 3 },
    )
    const urls = Array.from({ length: 40 }, (_, index) => `https://host${index}.example/`)
    const bodies = await Promise.all(
      urls.map(async (url) => (await readBody(await side.ask({ url }))).bytes.toString()),
    )
    expect(bodies).toEqual(urls)
    expect(most).toBeLessThanOrEqual(3)
  })

  test('nobody at all is said at once, with the country', async () => {
    expect((await failureOf(side.ask({ countries: ['FR'] }))).message).toContain('FR')
    await link((lane) => lane.answer(), { country: 'DE' })
    const failure = await failureOf(side.ask({ countries: ['FR', 'AT'] }))
    expect(failure).toMatchObject({ code: 'no-node-available', retryable: true })
    expect(failure.message).toContain('FR, AT')
  })
})

describe('redirects', () => {
  const redirecting: Play = async (lane) => {
    const { pathname } = new URL(lane.open.url)
    if (pathname === '/end')
      return lane.answer({ body: `${lane.open.method} ${(await lane.body()).toString()}` })
    if (pathname === '/loop') return lane.answer({ status: 302, headers: [['location', '/loop']] })
    const [, status, ...rest] = pathname.split('/') as [string, string, ...string[]]
    return lane.answer({
      status: Number(status),
      headers: [['location', `/${rest.join('/')}`]],
      body: 'moved',
    })
  }

  test('are followed on the same node, and the bytes of every hop are counted and paid', async () => {
    const all = [await link(redirecting), await link(redirecting)]
    const answer = await side.ask({ url: 'https://a.example/301/302/end' })
    const { bytes, ending } = await readBody(answer)
    expect(bytes.toString()).toBe('GET ')
    expect(answer).toMatchObject({ status: 200, finalUrl: 'https://a.example/end' })
    expect(outcomes(answer)).toEqual(['completed'])
    expect(ending).toMatchObject({ carriedBytes: 14, charged: true })
    expect(all.map((node) => node.lanes.size).sort()).toEqual([0, 3])
  })

  test('resend the body after 307 and 308, and all of it counts', async () => {
    await link(redirecting)
    const { bytes, ending } = await readBody(
      await side.ask({ method: 'POST', url: 'https://a.example/307/308/end', body: Buffer.from('hello') }),
    )
    expect(bytes.toString()).toBe('POST hello')
    expect(ending.carriedBytes).toBe(3 * 5 + 2 * 5 + 10)
  })

  test.each([
    ['manual', 'https://a.example/302/end', 'manual', 5, null],
    ['error', 'https://a.example/302/end', 'error', 5, 'redirect-refused'],
    ['one more than the most', 'https://a.example/302/302/end', 'follow', 1, 'redirect-refused'],
    ['none allowed', 'https://a.example/302/end', 'follow', 0, 'redirect-refused'],
    ['a loop', 'https://a.example/loop', 'follow', 20, 'redirect-refused'],
  ] as const)('%s', async (_what, url, redirect, redirectsMax, code) => {
    await link(redirecting)
    const asking = side.ask({ url, redirect, redirectsMax })
    if (code) return expect(await failureOf(asking)).toMatchObject({ code, source: 'policy' })
    const answer = await asking
    await readBody(answer)
    expect(answer).toMatchObject({ status: 302, finalUrl: url, headers: [['location', '/end']] })
  })

  test('stop the body of a redirect, which nobody reads', async () => {
    const node = await link(async (lane) => {
      if (new URL(lane.open.url).pathname === '/end') return lane.answer({ body: 'end' })
      lane.head(302, [['location', '/end']])
      await lane.chunk(new Uint8Array(1024 * 1024)).catch(() => lane.failed('stopped'))
    })
    const { ending } = await readBody(await side.ask())
    expect(ending.outcome).toBe('completed')
    expect(ending.carriedBytes).toBe(node.count.carriedUp)
    expect(node.count.carriedUp).toBeLessThanOrEqual(256 * 1024 + 3)
  })

  test('set no more traffic aside than the longest hop needs', async () => {
    await link(redirecting)
    const budget = new TestBudget()
    await readBody(await side.ask({ url: `https://a.example${'/302'.repeat(5)}/end`, budget }))
    expect(budget.reservedBytes).toBeLessThan(256 * 1024 + 100)
    expect(budget.closedWith).toEqual([5 * 5 + 4])
  })
})

test('a redirect to a refused address ends there: the node is not asked for it, and each hop is checked', async () => {
  const checkedUrls: string[] = []
  const strict = await startNodeSide({
    checkTarget: async (text) => {
      checkedUrls.push(text)
      const url = new URL(text)
      return url.hostname === '192.168.1.1'
        ? { ok: false, code: 'policy-refused', detail: 'private' }
        : { ok: true, url }
    },
  })
  const node = await connectScriptedNode({
    relayUrl: strict.url,
    onLane: (lane) =>
      lane.answer({
        status: 302,
        headers: [['location', lane.open.url.includes('/b') ? 'http://192.168.1.1/admin' : '/b']],
      }),
  })
  const failure = await failureOf(strict.ask({ url: 'http://a.example/a' }))
  expect(failure).toMatchObject({ code: 'policy-refused', source: 'policy', retryable: false })
  expect(checkedUrls).toEqual(['http://a.example/a', 'http://a.example/b', 'http://192.168.1.1/admin'])
  expect([...node.lanes.values()].map((lane) => lane.open.url)).toEqual([
    'http://a.example/a',
    'http://a.example/b',
  ])
  expect(node.socket.readyState).toBe(node.socket.OPEN)
  await strict.stop()
})

describe('the balance', () => {
  test('that is used up before the start is said before a node is asked', async () => {
    const node = await link((lane) => lane.answer())
    const budget = new TestBudget(0)
    expect(await failureOf(side.ask({ budget }))).toMatchObject({
      code: 'balance-exhausted',
      source: 'account',
    })
    expect(node.lanes.size).toBe(0)
    expect(budget.closedWith).toEqual([0])
  })

  test('that ends in mid-body breaks the answer, and what was carried is charged', async () => {
    await link(async (lane) => {
      lane.head()
      await lane.chunk(new Uint8Array(1024 * 1024)).catch(() => lane.failed('stopped'))
    })
    const budget = new TestBudget(300_000)
    const { ending } = await readBody(await side.ask({ budget }))
    expect(ending).toMatchObject({ outcome: 'balance-exhausted', charged: true, carriedBytes: 300_000 })
    expect(budget.closedWith).toEqual([300_000])
  })

  test('that cannot be asked is a failure of the relay, and leaves no lane behind', async () => {
    const node = await link((lane) => lane.answer())
    const budget = new TestBudget()
    budget.reserve = () => Promise.reject(new Error('the database is away')) as never
    expect(await failureOf(side.ask({ budget }))).toMatchObject({ code: 'relay-failed', source: 'relay' })
    expect(node.lanes.size).toBe(0)
    expect(side.roster.all()[0]?.slotsTaken).toBe(0)
    expect(budget.closedWith).toEqual([0])
  })
})

test('a node that sends more than the customer asked for is cut off', async () => {
  await link(async (lane) => {
    lane.head()
    await lane.chunk(new Uint8Array(1024 * 1024)).catch(() => lane.failed('stopped'))
  })
  const { bytes, ending } = await readBody(await side.ask({ answerBytesMax: 100_000 }))
  expect(ending.outcome).toBe('answer-too-large')
  expect(bytes.length).toBeLessThan(400_000)
})

test('an error page is free, and cut where it is large', async () => {
  await link(async (lane) => {
    lane.head(500)
    await lane.chunk(new Uint8Array(2 * 1024 * 1024)).catch(() => lane.failed('stopped'))
  })
  const { ending } = await readBody(await side.ask())
  expect(ending).toMatchObject({ outcome: 'answer-too-large', charged: false })
  expect(ending.carriedBytes).toBeLessThan(1024 * 1024)
  await side.settled()
})
