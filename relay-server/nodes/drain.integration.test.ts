import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Books, openBooks } from '../testing/books.ts'
import { type NodeSide, readBody, startNodeSide } from '../testing/node-side.ts'
import { connectScriptedNode, type ScriptedLane, type ScriptedNode } from '../testing/scripted-node.ts'

let side: NodeSide
let books: Books
beforeEach(async () => {
  side = await startNodeSide({ limits: { closeDeadlineMs: 300, stopDeadlineMs: 2_000 } })
  books = await openBooks(side.ledger)
})
afterEach(() => side.stop())

const link = (onLane: (lane: ScriptedLane) => void | Promise<void>) =>
  connectScriptedNode({ relayUrl: side.url, onLane })

/** The relay's part of a stop: every link leaves, and lanes have until `finishing` aborts. */
function drain(finishing: AbortSignal): Promise<unknown> {
  side.state.isDraining = true
  const leave = (one: ReturnType<typeof side.roster.all>[number]) =>
    one.leave('relay-draining', 'closing', { signal: finishing, redialAfterMs: 1_234 })
  return Promise.all(side.roster.all().map(leave))
}

async function expectGoodbye(node: ScriptedNode): Promise<void> {
  expect(await node.frame('goodbye')).toMatchObject({ code: 'relay-draining', redialAfterMs: 1_234 })
  expect(await node.closed).toBe(4001)
  const types = node.received.map(({ type }) => type)
  expect(types.at(-1)).toBe('goodbye')
  expect(side.closes).toMatchObject([{ nodeId: node.nodeId, code: 'relay-draining' }])
}

test('an exchange that runs may finish, redirects included; then receipt, posted, goodbye', async () => {
  const { promise: mayEnd, resolve: letEnd } = Promise.withResolvers<void>()
  const node = await link(async (lane) => {
    if (lane.open.url.endsWith('/end')) return lane.answer({ body: 'the end' })
    lane.head(302, [['location', '/end']])
    await mayEnd
    lane.failed('stopped')
  })
  const asking = side.ask()
  await expect.poll(() => node.lanes.size).toBe(1)
  const drained = drain(new AbortController().signal)
  await expect(side.ask()).rejects.toMatchObject({ code: 'no-node-available' })
  letEnd()
  const { bytes, ending } = await readBody(await asking)
  expect([bytes.toString(), ending.outcome]).toEqual(['the end', 'completed'])
  await drained
  await expectGoodbye(node)
  expect(await node.frame('posted')).toMatchObject({ linkId: node.welcome?.linkId })
  await books.expectBalance([node])
})

test('an exchange that takes too long fails with the right word: before the head, and after it', async () => {
  const node = await link(async (lane) => {
    lane.stopped.addEventListener('abort', () => lane.failed('stopped'))
    if (lane.open.url.includes('slow-head')) return
    lane.head()
    await lane.chunk(new Uint8Array(1_000))
  })
  const headless = side.ask({ url: 'https://slow-head.example/', method: 'POST' })
  const failing = expect(headless).rejects.toMatchObject({
    code: 'relay-draining',
    source: 'relay',
    retryable: true,
  })
  const reading = readBody(await side.ask())
  await expect.poll(() => node.count.carriedUp).toBe(1_000)
  await drain(AbortSignal.abort())
  await failing
  expect((await reading).ending).toMatchObject({
    outcome: 'relay-draining',
    charged: false,
    carriedBytes: 1_000,
  })
  await expectGoodbye(node)
  await books.expectBalance([node])
})

test('a node that ignores the stop does not hold the relay up', async () => {
  const node = await link((lane) => lane.head())
  const answer = await side.ask()
  await drain(AbortSignal.abort())
  expect(await answer.body.ending).toMatchObject({ outcome: 'relay-draining', charged: false })
  await expectGoodbye(node)
})

test('a node that leaves while the relay drains is let go', async () => {
  const node = await link((lane) => lane.head())
  const answer = await side.ask()
  const drained = drain(new AbortController().signal)
  node.leave('owner-paused')
  await drained
  expect(await answer.body.ending).toMatchObject({ outcome: 'node-vanished' })
  expect(side.closes).toMatchObject([{ code: 'owner-paused' }])
})

test('a link that has used all its lanes lets the last one finish, says so, and the node dials anew', async () => {
  const few = await startNodeSide({ limits: { laneMax: 2 } })
  const node = await connectScriptedNode({ relayUrl: few.url, onLane: (lane) => lane.answer({ body: 'ok' }) })
  for (let asked = 0; asked < 2; asked += 1)
    expect((await readBody(await few.ask())).bytes.toString()).toBe('ok')
  expect(await node.frame('goodbye')).toMatchObject({ code: 'lanes-used-up' })
  expect(await node.closed).toBe(4006)
  expect(await node.frame('posted')).toMatchObject({ linkId: node.welcome?.linkId })
  await expect(few.ask()).rejects.toMatchObject({ code: 'no-node-available' })
  const again = await connectScriptedNode({
    relayUrl: few.url,
    key: node.key,
    onLane: (lane) => lane.answer({ body: 'again' }),
  })
  expect((await readBody(await few.ask())).bytes.toString()).toBe('again')
  again.leave()
  await again.closed
  await few.stop()
})
