import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectScriptedNode, type ScriptedNode } from '../testing/scripted-node.ts'
import { startTestRelay, type TestCustomer, type TestRelay } from '../testing/test-relay.ts'

let relay: TestRelay
let customer: TestCustomer
let node: ScriptedNode
beforeAll(async () => {
  relay = await startTestRelay({
    FALLOW_ADDRESS_SPACE_OVERRIDES: '127.0.0.1:9000=public',
    FALLOW_HOST_RESOLVER_RULES:
      'MAP inside.example.com 10.0.0.1, MAP site.example 127.0.0.1, MAP public.example.com 93.184.216.34',
  })
  customer = await relay.newCustomer()
  node = await connectScriptedNode({
    relayUrl: relay.url,
    onLane: (lane) => lane.answer({ body: lane.open.url }),
  })
})
afterAll(() => relay.stop())

const ask = async (url: string) => (await customer.fetch({ url })).json()

test('a name that resolves to a private address is refused before a node hears of it', async () => {
  for (const url of ['http://inside.example.com/', 'https://INSIDE.example.com./', 'http://site.example/'])
    expect(await ask(url)).toMatchObject({
      status: 451,
      code: 'policy-refused',
      source: 'policy',
      retryable: false,
      charged: false,
    })
  expect(node.lanes.size).toBe(0)
})

test('a name that resolves to a public address is fetched, under one spelling of its URL', async () => {
  expect(await ask('HTTPS://Public.Example.COM.:443/a#b')).toMatchObject({
    status: 200,
    body: 'https://public.example.com/a',
  })
})

test('an overridden address and port may be fetched, and the node is told of it', async () => {
  expect(node.welcome?.addressSpaceOverrides).toEqual(['127.0.0.1:9000=public'])
  expect(await ask('http://127.0.0.1:9000/')).toMatchObject({ status: 200 })
  expect(await ask('http://site.example:9000/')).toMatchObject({ status: 200 })
  for (const url of ['http://127.0.0.1/', 'http://127.0.0.1:9001/', 'http://127.0.0.2:9000/'])
    expect(await ask(url)).toMatchObject({ status: 451 })
})

test('a name that cannot be resolved goes on to the node, whose browser decides', async () => {
  expect(await ask('https://no-such-name-anywhere.example.com/')).toMatchObject({ status: 200 })
})

test('without any node, nobody is asked for a name', async () => {
  node.leave()
  await node.closed
  expect(await ask('http://inside.example.com/')).toMatchObject({ status: 503, code: 'no-node-available' })
})
