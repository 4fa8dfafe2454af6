import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectScriptedNode } from './testing/scripted-node.ts'
import { startTestRelay, type TestRelay } from './testing/test-relay.ts'

let relay: TestRelay
beforeAll(async () => {
  relay = await startTestRelay()
})
afterAll(() => relay.stop())

test('a page travels from the customer to a node and back, and is charged, and earns points', async () => {
  const node = await connectScriptedNode({
    relayUrl: relay.url,
    onLane: (lane) => lane.answer({ headers: [['content-type', 'text/html']], body: '<h1>hello</h1>' }),
  })
  const customer = await relay.newCustomer()
  const response = await customer.fetch({ url: 'https://93.184.216.34/' })
  const answer = (await response.json()) as { usage: object }
  expect(answer).toMatchObject({
    status: 200,
    ok: true,
    body: '<h1>hello</h1>',
    encoding: 'utf8',
    truncated: false,
  })
  expect(answer.usage).toMatchObject({ charged: true, carriedBytes: 14 })
  node.leave()
  await node.closed
  expect(await node.frame('posted')).toMatchObject({ linkId: node.welcome?.linkId })
  expect(await relay.ledger.totals()).toMatchObject({
    carriedBytes: 14n,
    chargedBytes: 14n,
    goodwillBytes: 0n,
    creditedBytes: 14n,
    // floor(14 bytes x 1,000,000 units / 1 MiB)
    pointsUnits: 13n,
  })
  for (const check of await relay.ledger.verify()) expect(check).toMatchObject({ ok: true })
})
