import { describe, expect, test } from 'vitest'
import { readBody, startNodeSide } from '../testing/node-side.ts'
import { failureOf, outcomes, type Play, useNodeStage } from '../testing/node-stage.ts'
import { connectScriptedNode } from '../testing/scripted-node.ts'
import { TestBudget } from '../testing/test-budget.ts'

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
