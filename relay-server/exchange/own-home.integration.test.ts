import { describe, expect, test } from 'vitest'
import { readBody } from '../testing/node-side.ts'
import { failureOf, outcomes, useNodeStage } from '../testing/node-stage.ts'
import { connectScriptedNode, type ScriptedNode } from '../testing/scripted-node.ts'

/** Where names lead, as the relay's check would say. */
const leadsTo: Record<string, string[]> = {
  'router.example': ['198.51.100.7', '81.2.69.142'],
  'router6.example': ['2001:67c:2e8:22::1'],
}

const stage = useNodeStage({
  queueMsMax: 300,
  checkTarget: async ({ url: text }) => {
    const url = new URL(text)
    const addresses = leadsTo[url.hostname] ?? [url.hostname.replace(/^\[|\]$/g, '')]
    return { ok: true, url, robots: 'not-checked', addresses }
  },
})

/** `/to/<host>` redirects there, everything else answers. */
const linkAt = (address: string): Promise<ScriptedNode> =>
  stage.keep(
    connectScriptedNode({
      relayUrl: stage.side.url,
      forwardedFor: address,
      onLane: (lane) => {
        const host = /\/to\/(.+)$/.exec(lane.open.url)?.[1]
        if (host === undefined) return lane.answer({ body: `at ${new URL(lane.open.url).host}` })
        return lane.answer({ status: 307, headers: [['location', `http://${host}/`]] })
      },
    }),
  )

const hostsAsked = (node: ScriptedNode) => [...node.lanes.values()].map(({ open }) => new URL(open.url).host)

describe('a node is not sent to its own home', () => {
  const homes = [
    ['a name of its public address', '81.2.69.142', 'router.example'],
    ['its public address itself', '81.2.69.142', '81.2.69.142'],
    ['a name in its own /64', '2001:67c:2e8:22:aaaa:bbbb:cccc:dddd', 'router6.example'],
    ['an address of its own /64', '2001:67c:2e8:22:aaaa:bbbb:cccc:dddd', '[2001:67c:2e8:22::99]'],
  ] as const

  test.each(homes)('not directly: by %s', async (_, address, host) => {
    const node = await linkAt(address)
    const failure = await failureOf(stage.side.ask({ url: `http://${host}/admin` }))
    expect(failure).toMatchObject({ code: 'no-node-available', attempts: [] })
    const neighbour = await linkAt('203.0.113.9')
    const answer = await stage.side.ask({ url: `http://${host}/admin` })
    expect((await readBody(answer)).bytes.toString()).toBe(`at ${host}`)
    expect([node.lanes.size, neighbour.lanes.size]).toEqual([0, 1])
    await readBody(await stage.side.ask({ url: 'http://elsewhere.example/' }))
  })

  test.each(homes)('not by a redirect with a body: to %s', async (_, address, host) => {
    const node = await linkAt(address)
    const asking = stage.side.ask({
      url: `http://a.example/to/${host}`,
      method: 'POST',
      body: new Uint8Array(3),
    })
    const failure = await failureOf(asking)
    expect(outcomes(failure)).toEqual(['owner-rule'])
    expect(hostsAsked(node)).toEqual(['a.example'])
  })
})
