import { describe, expect, test } from 'vitest'
import { requestBodyBytesMax } from '#protocol'
import { readBody, startNodeSide } from '../testing/node-side.ts'
import { failureOf, outcomes, type Play, useNodeStage } from '../testing/node-stage.ts'
import { connectScriptedNode } from '../testing/scripted-node.ts'
import { TestBudget } from '../testing/test-budget.ts'
import { exchangeBodyBytesMax } from './attempt.ts'

const stage = useNodeStage({ queueMsMax: 1_500, limits: { stopDeadlineMs: 500 } })

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
    const all = [await stage.link(redirecting), await stage.link(redirecting)]
    const answer = await stage.side.ask({ url: 'https://a.example/301/302/end' })
    const { bytes, ending } = await readBody(answer)
    expect(bytes.toString()).toBe('GET ')
    expect(answer).toMatchObject({ status: 200, finalUrl: 'https://a.example/end' })
    expect(outcomes(answer)).toEqual(['completed'])
    expect(ending).toMatchObject({ carriedBytes: 14, charged: true })
    expect(all.map((node) => node.lanes.size).sort((a, b) => a - b)).toEqual([0, 3])
  })

  test('resend the body after 307 and 308, and all of it counts', async () => {
    await stage.link(redirecting)
    const { bytes, ending } = await readBody(
      await stage.side.ask({
        method: 'POST',
        url: 'https://a.example/307/308/end',
        body: Buffer.from('hello'),
      }),
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
    await stage.link(redirecting)
    const asking = stage.side.ask({ url, redirect, redirectsMax })
    if (code) return expect(await failureOf(asking)).toMatchObject({ code, source: 'policy' })
    const answer = await asking
    await readBody(answer)
    expect(answer).toMatchObject({ status: 302, finalUrl: url, headers: [['location', '/end']] })
  })

  test('stop the body of a redirect, which nobody reads', async () => {
    const node = await stage.link(async (lane) => {
      if (new URL(lane.open.url).pathname === '/end') return lane.answer({ body: 'end' })
      lane.head(302, [['location', '/end']])
      await lane.chunk(new Uint8Array(1024 * 1024)).catch(() => lane.failed('stopped'))
    })
    const { ending } = await readBody(await stage.side.ask())
    expect(ending.outcome).toBe('completed')
    expect(ending.carriedBytes).toBe(node.count.carriedUp)
    expect(node.count.carriedUp).toBeLessThanOrEqual(256 * 1024 + 3)
  })

  test('set no more traffic aside than the longest hop needs', async () => {
    await stage.link(redirecting)
    const budget = new TestBudget()
    await readBody(await stage.side.ask({ url: `https://a.example${'/302'.repeat(5)}/end`, budget }))
    expect(budget.reservedBytes).toBeLessThan(256 * 1024 + 100)
    expect(budget.closedWith).toEqual([5 * 5 + 4])
  })
})

describe('the body of a request', () => {
  /** Reads the body, and sends it on for ever. */
  const sendingOn: Play = async (lane) => {
    await lane.body()
    lane.answer({ status: 307, headers: [['location', `/${lane.open.lane}`]] })
  }

  test.each([
    ['of the largest size', requestBodyBytesMax, 2],
    ['of half of it', requestBodyBytesMax / 2, 4],
    ['of a byte more than half', requestBodyBytesMax / 2 + 1, 3],
    ['that is small', 1_000, 21],
  ])('%s is sent on until the exchange has carried what it may', async (_what, bytes, lanes) => {
    const node = await stage.link(sendingOn)
    const body = Buffer.alloc(bytes, 'x')
    const asking = stage.side.ask({ method: 'POST', body, redirectsMax: 20, timeoutMs: 60_000 })
    const failure = await failureOf(asking)
    expect(failure).toMatchObject({ code: 'redirect-refused', source: 'policy', retryable: false })
    expect(failure.message).toContain(lanes === 21 ? '20 times' : String(exchangeBodyBytesMax))
    expect(node.lanes.size).toBe(lanes)
    expect(node.count.carriedDown).toBe(lanes * bytes)
    expect(node.count.carriedDown).toBeLessThanOrEqual(exchangeBodyBytesMax)
  })

  test('counts over all attempts', async () => {
    const failing: Play = async (lane) => {
      await lane.body()
      lane.failed('node-failed')
    }
    const all = [await stage.link(failing), await stage.link(failing), await stage.link(failing)]
    const body = Buffer.alloc(requestBodyBytesMax, 'x')
    const failure = await failureOf(stage.side.ask({ method: 'PUT', body, timeoutMs: 60_000 }))
    expect(outcomes(failure)).toEqual(['node-failed', 'node-failed'])
    expect(all.map(({ count }) => count.carriedDown).toSorted((a, b) => a - b)).toEqual([
      0,
      body.length,
      body.length,
    ])
  })

  test('that hardly left is sent to as many nodes as any other', async () => {
    const failing: Play = (lane) => lane.failed('node-failed')
    const all = [await stage.link(failing), await stage.link(failing), await stage.link(failing)]
    const body = Buffer.alloc(requestBodyBytesMax, 'x')
    const failure = await failureOf(stage.side.ask({ method: 'PUT', body, timeoutMs: 60_000 }))
    expect(outcomes(failure)).toEqual(['node-failed', 'node-failed', 'node-failed'])
    expect(all.map(({ lanes }) => lanes.size)).toEqual([1, 1, 1])
  })
})

test('a redirect to a refused address ends there: the node is not asked for it, and each hop is checked', async () => {
  const checkedUrls: string[] = []
  const strict = await startNodeSide({
    checkTarget: async (target) => {
      checkedUrls.push(target.url)
      const url = new URL(target.url)
      return url.hostname === '192.168.1.1'
        ? { ok: false, code: 'policy-refused', detail: 'private' }
        : { ok: true, url, robots: 'allowed', addresses: [] }
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
