import { describe, expect, test } from 'vitest'
import type { NodeFailureCode } from '#protocol'
import { readBody } from '../testing/node-side.ts'
import { failureOf, outcomes, type Play, useNodeStage } from '../testing/node-stage.ts'
import { TestBudget } from '../testing/test-budget.ts'

const stage = useNodeStage({ queueMsMax: 1_500, limits: { stopDeadlineMs: 500 } })

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
    await stage.link(play)
    await stage.link(play)
    const answer = await stage.side.ask()
    const { bytes, ending } = await readBody(answer)
    expect(bytes.toString()).toBe('second')
    expect(outcomes(answer)).toEqual([outcome, 'completed'])
    expect(ending).toMatchObject({ outcome: 'completed', charged: true, carriedBytes: 6 })
  })

  test.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])('is replaced for a %s', async (method) => {
    const { play } = failFirst((_lane, node) => node.drop())
    await stage.link(play)
    await stage.link(play)
    const { ending } = await readBody(await stage.side.ask({ method }))
    expect(ending.outcome).toBe('completed')
  })

  test.each(['POST', 'PATCH'])('is not replaced for a %s, which must not be sent twice', async (method) => {
    const { play, asked } = failFirst((_lane, node) => node.drop())
    await stage.link(play)
    await stage.link(play)
    const failure = await failureOf(stage.side.ask({ method, body: new Uint8Array(3) }))
    expect(failure).toMatchObject({ code: 'node-vanished', source: 'node', retryable: true })
    expect(outcomes(failure)).toEqual(['node-vanished'])
    expect(asked()).toBe(1)
  })

  test('is replaced at most twice', async () => {
    for (let index = 0; index < 4; index += 1) await stage.link(fails('node-failed'))
    const failure = await failureOf(stage.side.ask())
    expect(failure.code).toBe('node-failed')
    expect(outcomes(failure)).toEqual(['node-failed', 'node-failed', 'node-failed'])
  })

  test('is not asked again where there is no other', async () => {
    const node = await stage.link(fails('node-failed'))
    const failure = await failureOf(stage.side.ask())
    expect(failure.code).toBe('node-failed')
    expect(node.lanes.size).toBe(1)
  })

  test('has carried for nothing: the customer pays, and is told of, the try that served', async () => {
    const { play } = failFirst(async (lane) => {
      await lane.body()
      lane.failed('node-failed')
    })
    const nodes = [await stage.link(play), await stage.link(play)]
    const body = new Uint8Array(100_000)
    const { ending } = await readBody(await stage.side.ask({ method: 'PUT', body }))
    const paid = body.length + 'second'.length
    expect(ending).toMatchObject({ outcome: 'completed', charged: true, carriedBytes: paid })
    for (const node of nodes) node.leave()
    await Promise.all(nodes.map((node) => node.closed))
    await stage.side.settled()
    expect(await stage.books.since()).toMatchObject({
      chargedBytes: BigInt(paid),
      goodwillBytes: BigInt(body.length),
    })
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
  const all = [await stage.link(fails(code)), await stage.link(fails(code))]
  const failure = await failureOf(stage.side.ask())
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
    const node = await stage.link(async (lane, self) => {
      lane.head()
      await lane.chunk(new Uint8Array(1_000))
      await fail(lane, self)
    })
    const answer = await stage.side.ask()
    const { ending } = await readBody(answer)
    expect(ending).toMatchObject({ outcome, charged: false })
    expect(outcomes(answer)).toEqual([outcome])
    expect(node.lanes.size).toBe(1)
    await stage.side.settled()
    expect((await stage.books.since()).chargedBytes).toBe(0n)
  })
})

describe('time', () => {
  test('a node that says nothing is a node-timeout, and rests', async () => {
    await stage.link((lane) => lane.stopped.addEventListener('abort', () => lane.failed('stopped')))
    const failure = await failureOf(stage.side.ask({ timeoutMs: 300 }))
    expect(failure).toMatchObject({ code: 'node-timeout', source: 'node' })
    expect(outcomes(failure)).toEqual(['node-timeout'])
    expect(await failureOf(stage.side.ask({ timeoutMs: 100 }))).toMatchObject({ code: 'no-node-available' })
  })

  test('the node gets less time than the customer, and most of it', async () => {
    const node = await stage.link((lane) => lane.failed('target-timeout'))
    await failureOf(stage.side.ask({ timeoutMs: 100, url: 'https://a.example/' }))
    await failureOf(stage.side.ask({ timeoutMs: 20_000, url: 'https://b.example/' }))
    const [short, long] = [...node.lanes.values()].map((lane) => lane.open.headDeadlineMs) as [number, number]
    expect(short).toSatisfy((ms: number) => ms > 0 && ms <= 80)
    expect(long).toSatisfy((ms: number) => ms > 15_000 && ms <= 19_750)
  })

  test('waiting for a busy node counts', async () => {
    await stage.link((lane) => lane.stopped.addEventListener('abort', () => lane.failed('stopped')), {
      lanesMax: 1,
    })
    const leaving = new AbortController()
    const busy = failureOf(stage.side.ask({ signal: leaving.signal }))
    const started = performance.now()
    const failure = await failureOf(stage.side.ask({ timeoutMs: 200 }))
    expect(failure).toMatchObject({ code: 'no-node-available', source: 'relay' })
    expect(failure.message).toContain('busy')
    expect(performance.now() - started).toBeLessThan(1_400)
    leaving.abort()
    expect(await busy).toMatchObject({ code: 'stopped' })
  })

  test('a redirect whose lane does not end does not hold the customer up', async () => {
    const node = await stage.link((lane) => lane.head(302, [['location', '/next']]))
    expect(await failureOf(stage.side.ask({ timeoutMs: 250 }))).toMatchObject({ code: 'node-timeout' })
    expect(await node.frame('goodbye')).toMatchObject({ code: 'stop-ignored' })
  })
})

describe('the queue', () => {
  test('a busy node that comes free serves who waits', async () => {
    const { promise: mayAnswer, resolve: letAnswer } = Promise.withResolvers<void>()
    await stage.link(
      async (lane) => {
        if (lane.open.lane === 1) await mayAnswer
        lane.answer({ body: lane.open.url })
      },
      { lanesMax: 1 },
    )
    const first = stage.side.ask({ url: 'https://one.example/' })
    const second = stage.side.ask({ url: 'https://two.example/' })
    letAnswer()
    expect((await readBody(await first)).bytes.toString()).toBe('https://one.example/')
    expect((await readBody(await second)).bytes.toString()).toBe('https://two.example/')
  })

  test('many at once on a node of few lanes are all served, and never more at once than it has', async () => {
    let running = 0
    let most = 0
    await stage.link(
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
      urls.map(async (url) => (await readBody(await stage.side.ask({ url }))).bytes.toString()),
    )
    expect(bodies).toEqual(urls)
    expect(most).toBeLessThanOrEqual(3)
  })

  test('nobody at all is said at once, with the country', async () => {
    expect((await failureOf(stage.side.ask({ countries: ['FR'] }))).message).toContain('FR')
    await stage.link((lane) => lane.answer(), { country: 'DE' })
    const failure = await failureOf(stage.side.ask({ countries: ['FR', 'AT'] }))
    expect(failure).toMatchObject({ code: 'no-node-available', retryable: true })
    expect(failure.message).toContain('FR, AT')
  })
})

describe('the balance', () => {
  test('that is used up before the start is said before a node is asked', async () => {
    const node = await stage.link((lane) => lane.answer())
    const budget = new TestBudget(0)
    expect(await failureOf(stage.side.ask({ budget }))).toMatchObject({
      code: 'balance-exhausted',
      source: 'account',
    })
    expect(node.lanes.size).toBe(0)
    expect(budget.closedWith).toEqual([0])
  })

  test('that ends in mid-body breaks the answer, and what was carried is charged', async () => {
    await stage.link(async (lane) => {
      lane.head()
      await lane.chunk(new Uint8Array(1024 * 1024)).catch(() => lane.failed('stopped'))
    })
    const budget = new TestBudget(300_000)
    const { ending } = await readBody(await stage.side.ask({ budget }))
    expect(ending).toMatchObject({ outcome: 'balance-exhausted', charged: true, carriedBytes: 300_000 })
    expect(budget.closedWith).toEqual([300_000])
  })

  test('that cannot be asked is a failure of the relay, and leaves no lane behind', async () => {
    const node = await stage.link((lane) => lane.answer())
    const budget = new TestBudget()
    budget.reserve = () => Promise.reject(new Error('the database is away')) as never
    expect(await failureOf(stage.side.ask({ budget }))).toMatchObject({
      code: 'relay-failed',
      source: 'relay',
    })
    expect(node.lanes.size).toBe(0)
    expect(stage.side.roster.all()[0]?.slotsTaken).toBe(0)
    expect(budget.closedWith).toEqual([0])
  })
})

test('a node that sends more than the customer asked for is cut off', async () => {
  await stage.link(async (lane) => {
    lane.head()
    await lane.chunk(new Uint8Array(1024 * 1024)).catch(() => lane.failed('stopped'))
  })
  const { bytes, ending } = await readBody(await stage.side.ask({ answerBytesMax: 100_000 }))
  expect(ending.outcome).toBe('answer-too-large')
  expect(bytes.length).toBeLessThan(400_000)
})

test('an error page is free, and cut where it is large', async () => {
  await stage.link(async (lane) => {
    lane.head(500)
    await lane.chunk(new Uint8Array(2 * 1024 * 1024)).catch(() => lane.failed('stopped'))
  })
  const { ending } = await readBody(await stage.side.ask())
  expect(ending).toMatchObject({ outcome: 'answer-too-large', charged: false })
  expect(ending.carriedBytes).toBeLessThan(1024 * 1024)
  await stage.side.settled()
})
