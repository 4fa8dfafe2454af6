import { describe, expect, test } from 'vitest'
import { networkPolicy } from '#network-policy'
import { createTargetPace } from '../targets/target-pace.ts'
import { readBody } from '../testing/node-side.ts'
import { failureOf, type Play, useNodeStage } from '../testing/node-stage.ts'

/** Hosts under `slow.` want ten minutes between two requests. */
const pace = createTargetPace({
  isFree: ({ hostname }) => hostname === 'free.example',
  crawlDelaySecondsOf: ({ hostname }) => (hostname.startsWith('slow.') ? 600 : null),
})
const turnsAsked: string[] = []
const stage = useNodeStage({
  pace: {
    siteOf: pace.siteOf,
    untilTurn(url, waiting) {
      turnsAsked.push(url.href)
      return pace.untilTurn(url, waiting)
    },
  },
})
const answers: Play = (lane) => lane.answer({ body: 'here' })
const read = async (url: string) => (await readBody(await stage.side.ask({ url }))).bytes.toString()

describe('the pace of a site', () => {
  test('refuses the second request without asking any node, and says when to come again', async () => {
    const node = await stage.link(answers)
    expect(await read('https://slow.a.example/')).toBe('here')
    const failure = await failureOf(stage.side.ask({ url: 'https://slow.a.example/other' }))
    expect(failure).toMatchObject({ code: 'target-pace', source: 'policy', retryable: true, attempts: [] })
    expect(failure.retryAfterMs).toBeGreaterThan(500_000)
    expect(node.lanes.size).toBe(1)
  })

  test('counts every hop of a redirect', async () => {
    const node = await stage.link((lane) =>
      lane.open.url.endsWith('/moved')
        ? lane.answer({ status: 302, headers: [['location', 'https://slow.b.example/']] })
        : answers(lane, node),
    )
    expect(await read('https://b.example/moved')).toBe('here')
    const failure = await failureOf(stage.side.ask({ url: 'https://other.example/moved' }))
    expect(failure).toMatchObject({ code: 'target-pace' })
    expect(node.lanes.size).toBe(3)
  })

  test('counts a further attempt, because the site may have been asked', async () => {
    let asked = 0
    const failFirst: Play = (lane) => {
      asked += 1
      return asked === 1 ? lane.failed('node-failed', 'as the test wants') : lane.answer({ body: 'here' })
    }
    await stage.link(failFirst)
    await stage.link(failFirst)
    turnsAsked.length = 0
    expect(await read('https://c.example/')).toBe('here')
    expect(turnsAsked).toEqual(['https://c.example/', 'https://c.example/'])
    asked = 0
    const failure = await failureOf(stage.side.ask({ url: 'https://slow.c.example/' }))
    expect(failure).toMatchObject({ code: 'node-failed' })
    expect(asked).toBe(1)
  })
})

describe('the pace of one node at one site', () => {
  const { burst } = networkPolicy.pace.nodeToSite
  const askMany = (count: number, host: string) =>
    Promise.all(Array.from({ length: count }, (_, index) => read(`https://${host}/${index}`)))

  test('gives the work to other nodes first', async () => {
    const nodes = [await stage.link(answers), await stage.link(answers), await stage.link(answers)]
    await askMany(3 * burst, 'd.example')
    expect(nodes.map((node) => node.lanes.size)).toEqual([burst, burst, burst])
  })

  test('lets a request wait, and refuses it where it would wait too long', async () => {
    const node = await stage.link(answers)
    await askMany(burst, 'e.example')
    expect(await read('https://www.e.example/waits')).toBe('here')
    const many = Array.from({ length: 2 * burst }, (_, index) =>
      stage.side.ask({ url: `https://e.example/more/${index}` }).then(readBody, (error: unknown) => error),
    )
    const refused = (await Promise.all(many)).filter((one) => one instanceof Error)
    expect(refused.length).toBeGreaterThan(0)
    for (const one of refused) expect(one).toMatchObject({ code: 'target-pace', retryable: true })
    expect(node.lanes.size).toBe(3 * burst + 1 - refused.length)
  })

  test('does not hold for what is free of it', async () => {
    const node = await stage.link(answers)
    await askMany(4 * burst, 'free.example')
    expect(node.lanes.size).toBe(4 * burst)
  })
})
