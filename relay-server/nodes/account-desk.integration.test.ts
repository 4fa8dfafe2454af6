import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountQuestionsWaitingMax, type FrameOf, randomToken } from '#protocol'
import { type NodeSide, startNodeSide } from '../testing/node-side.ts'
import { connectScriptedNode, type ScriptedNode } from '../testing/scripted-node.ts'
import { attachTriesMax } from './account-desk.ts'

let side: NodeSide
beforeAll(async () => {
  side = await startNodeSide({ qualityEveryMs: 0, limits: { pingEveryMs: 50 } })
})
afterAll(() => side.stop())

const open: ScriptedNode[] = []
async function link(options: { country?: string; key?: ScriptedNode['key'] } = {}): Promise<ScriptedNode> {
  const node = await connectScriptedNode({
    relayUrl: side.url,
    presents: [],
    onLane: (lane) => lane.answer({ body: Buffer.from('a page') }),
    // Tries are counted for each address, so each link has one of its own.
    forwardedFor: options.country ?? `81.2.69.${open.length}`,
    ...(options.key && { key: options.key }),
  })
  open.push(node)
  return node
}

let requests = 0
async function ask(
  node: ScriptedNode,
  action: FrameOf<'account-request'>['action'],
  value: string | null = null,
): Promise<FrameOf<'account-answer'>> {
  requests += 1
  const request = requests
  node.send({ type: 'account-request', request, action, value })
  return node.frame('account-answer', (answer) => answer.request === request)
}

const hashOf = (code: string) =>
  createHash('sha256').update(Buffer.from(code, 'base64url')).digest('base64url')

describe('a question about the account', () => {
  test('lists the devices, with where they are and whether they are linked', async () => {
    const node = await link({ country: 'NZ' })
    const answer = await ask(node, 'list-devices')
    expect(answer).toMatchObject({ refusal: null, devices: [{ country: 'NZ', linked: true, kind: 'other' }] })
    expect(answer.devices[0]?.nodeId).toBe(node.nodeId)
  })

  test('a recovery code attaches another install, which dials anew and is paid into the same account', async () => {
    const [first, second] = [await link(), await link()]
    const code = randomToken()
    expect(await ask(first, 'keep-recovery-code', hashOf(code))).toMatchObject({ refusal: null })
    const answer = await ask(second, 'attach', code)
    expect(answer.devices.map(({ nodeId }) => nodeId).sort()).toEqual([first.nodeId, second.nodeId].sort())
    expect((await second.frame('goodbye')).code).toBe('account-changed')
    const again = await link({ key: second.key })
    expect((await ask(again, 'list-devices')).devices).toHaveLength(2)
    const listed = await side.ledger.listNodes()
    const accounts = [first, second].map(
      ({ nodeId }) => listed.find((each) => each.nodeId === nodeId)?.accountId,
    )
    expect(accounts[0]).toBe(accounts[1])
  })

  test('a code that nobody has is refused, and after some tries nothing more is looked up, on no link from there', async () => {
    const [node, again] = [await link({ country: 'AQ' }), await link({ country: 'AQ' })]
    for (let each = 0; each < attachTriesMax; each += 1)
      expect((await ask(node, 'attach', randomToken())).refusal).toBe('recovery-code-unknown')
    for (const each of [node, again])
      expect((await ask(each, 'attach', randomToken())).refusal).toBe('too-many-tries')
    expect((await ask(again, 'attach', 'short')).refusal).toBe('too-many-tries')
    expect((await ask(await link(), 'attach', randomToken())).refusal).toBe('recovery-code-unknown')
  })

  test('that does not wait for the answers before it ends the link', async () => {
    const node = await link()
    for (let request = 1; request <= 3 * accountQuestionsWaitingMax; request += 1)
      node.send({ type: 'account-request', request, action: 'list-devices', value: null })
    expect(await node.frame('goodbye')).toMatchObject({ code: 'out-of-order' })
    expect(await node.closed).toBe(4409)
  })

  test('what is no code, or no hash of one, gets an answer and not a closed link', async () => {
    const node = await link()
    expect((await ask(node, 'attach', 'short')).refusal).toBe('recovery-code-unknown')
    expect((await ask(node, 'attach')).refusal).toBe('recovery-code-unknown')
    expect((await ask(node, 'keep-recovery-code', 'short')).refusal).toBe('relay-failed')
    expect((await ask(node, 'list-devices')).refusal).toBeNull()
  })

  test('a node that asks to be forgotten is, and its link ends', async () => {
    const node = await link()
    expect(await ask(node, 'forget')).toMatchObject({ refusal: null, devices: [] })
    expect((await node.frame('goodbye')).code).toBe('node-forgotten')
    await expect
      .poll(async () => (await side.ledger.listNodes()).find(({ nodeId }) => nodeId === node.nodeId)?.kind)
      .toBe('forgotten')
  })
})

describe('what the relay makes of a link', () => {
  test('is told after the welcome and again with pings, and follows what happened', async () => {
    const node = await link({ country: 'IS' })
    expect(await node.frame('quality')).toMatchObject({ offeredLastHour: 0, reliabilityPercent: null })
    for (let each = 0; each < 6; each += 1) {
      const { body } = await side.ask({ countries: ['IS'], url: `https://is.example/${each}` })
      while ((await body.read()) !== null);
      await body.ending
    }
    const told = await node.frame('quality', ({ offeredLastHour }) => offeredLastHour === 6)
    expect(told).toMatchObject({ reliabilityPercent: 100, restMs: 0 })
    expect(told.scorePercent).toBeGreaterThan(0)
    expect(told.askedLastHour).toBeGreaterThanOrEqual(6)
  })
})
