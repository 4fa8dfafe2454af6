import { describe, expect, test } from 'vitest'
import type { NodeTerms } from '#protocol'
import { readBody } from '../testing/node-side.ts'
import { failureOf, outcomes, type Play, useNodeStage } from '../testing/node-stage.ts'
import { openTerms, type ScriptedNode } from '../testing/scripted-node.ts'

const stage = useNodeStage({ queueMsMax: 300 })

const answers: Play = (lane) => lane.answer({ body: 'served' })
/** `/to/<host>` redirects there, everything else answers. */
const redirecting: Play = (lane) => {
  const host = /\/to\/(.+)$/.exec(lane.open.url)?.[1]
  if (host === undefined) return lane.answer({ body: `at ${new URL(lane.open.url).host}` })
  lane.answer({ status: 302, headers: [['location', `https://${host}/`]] })
}

const hostsAsked = (node: ScriptedNode) => [...node.lanes.values()].map(({ open }) => new URL(open.url).host)
const say = (node: ScriptedNode, terms: Partial<NodeTerms>) =>
  node.send({ type: 'terms', terms: { ...openTerms, ...terms } })

describe('what owners’ terms refuse', () => {
  test.each<[string, Partial<NodeTerms>]>([
    ['the host', { deniedHosts: ['target.example'] }],
    ['everything but other hosts', { onlyAllowed: true, allowedHosts: ['other.example'] }],
    ['the customer', { deniedCustomers: [] }],
  ])('is never offered to them, and they serve the rest: %s', async (what, refusing) => {
    const customers = what === 'the customer' ? { deniedCustomers: [stage.side.customerId] } : {}
    const strict = await stage.link(answers, { terms: { ...refusing, ...customers } })
    const failure = await failureOf(stage.side.ask())
    expect(failure).toMatchObject({ code: 'no-node-available', attempts: [] })
    expect(failure.message).toMatch(/^The rules of their owners keep all 1 matching nodes that are online/)
    expect(strict.lanes.size).toBe(0)
    const open = await stage.link(answers)
    await readBody(await stage.side.ask())
    expect([strict.lanes.size, open.lanes.size]).toEqual([0, 1])
    open.leave()
    await open.closed
    if (what === 'the customer') return
    await readBody(await stage.side.ask({ url: 'https://other.example/' }))
    expect(hostsAsked(strict)).toEqual(['other.example'])
  })

  test('is not offered after a redirect either: the attempt ends as owner-rule', async () => {
    const strict = await stage.link(redirecting, { terms: { deniedHosts: ['denied.example'] } })
    const failure = await failureOf(stage.side.ask({ url: 'https://a.example/to/denied.example' }))
    expect(failure).toMatchObject({ code: 'owner-rule', source: 'node', retryable: true })
    expect(outcomes(failure)).toEqual(['owner-rule'])
    expect(hostsAsked(strict)).toEqual(['a.example'])
  })

  test('a redirect that one owner refuses is followed on another node', async () => {
    // The other node comes when the strict one is being asked, so that it is the strict one that is asked first.
    const linksAnother: Play = async (lane, node) => {
      await stage.link(redirecting)
      return redirecting(lane, node)
    }
    const strict = await stage.link(linksAnother, { terms: { deniedHosts: ['denied.example'] } })
    const answer = await stage.side.ask({ url: 'https://a.example/to/denied.example' })
    expect((await readBody(answer)).bytes.toString()).toBe('at denied.example')
    expect(outcomes(answer)).toEqual(['owner-rule', 'completed'])
    expect(hostsAsked(strict)).toEqual(['a.example'])
  })

  test('a POST whose redirect is refused is not sent a second time', async () => {
    await stage.link(redirecting, { terms: { deniedHosts: ['denied.example'] } })
    await stage.link(redirecting, { terms: { deniedHosts: ['denied.example'] } })
    const asking = stage.side.ask({
      url: 'https://a.example/to/denied.example',
      method: 'POST',
      body: new Uint8Array(3),
    })
    expect(outcomes(await failureOf(asking))).toEqual(['owner-rule'])
  })

  test('holds from when it is said, and no longer than that', async () => {
    const node = await stage.link(answers, { terms: { lanesMax: 1 } })
    say(node, { deniedHosts: ['target.example'] })
    await changed(() => failsFast(stage.side.ask()))
    say(node, {})
    await changed(async () => !(await failsFast(stage.side.ask())))
  })

  test('a node whose owner takes no lanes is not counted as one that could serve', async () => {
    await stage.link(answers, { terms: { lanesMax: 0 } })
    const failure = await failureOf(stage.side.ask())
    expect(failure.message).toBe('No node is online at this moment: ask again later.')
  })
})

describe('what an owner decides is not held against the node', () => {
  test.each(['owner-rule', 'owner-cap', 'owner-paused'] as const)(
    'a node that fails with %s is asked again at once',
    async (code) => {
      let asked = 0
      await stage.link((lane) => {
        asked += 1
        return asked <= 5 ? lane.failed(code) : lane.answer({ body: 'served' })
      })
      for (let round = 0; round < 5; round += 1)
        expect((await failureOf(stage.side.ask())).attempts).toMatchObject([{ outcome: code }])
      expect((await readBody(await stage.side.ask())).bytes.toString()).toBe('served')
    },
  )

  test('a node that fails by itself is left alone, so the test above can fail', async () => {
    await stage.link((lane) => lane.failed('node-failed'))
    await failureOf(stage.side.ask())
    await failureOf(stage.side.ask({ timeoutMs: 2_000 }))
    expect(await failureOf(stage.side.ask({ timeoutMs: 2_000 }))).toMatchObject({ attempts: [] })
  })
})

const failsFast = (asking: ReturnType<typeof stage.side.ask>): Promise<boolean> =>
  asking.then(
    async (answer) => {
      await readBody(answer)
      return false
    },
    () => true,
  )

/** Terms cross the socket; until they have come the old ones hold. A refusal takes no turn of its own, so give them one. */
async function changed(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 10))
}
