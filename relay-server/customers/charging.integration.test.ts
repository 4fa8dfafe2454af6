import { randomBytes } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { RawClient } from '../testing/raw-client.ts'
import { useRelayStage } from '../testing/relay-stage.ts'
import type { ScriptedLane } from '../testing/scripted-node.ts'
import type { TestCustomer } from '../testing/test-relay.ts'
import type { Envelope } from './envelope.ts'

const url = 'https://93.184.216.34/'
const MIB = 1024 ** 2

const stage = useRelayStage()

const ask = async (customer: TestCustomer, request: object = {}) =>
  (await (await customer.fetch({ url, ...request })).json()) as Envelope & {
    code?: string
    charged?: boolean
  }
/** What the ledger says once everything is posted and every hold is seen as what it is: the customer's. */
async function spentBy(customer: TestCustomer, boughtBytes: number, expected: number): Promise<void> {
  stage.node.leave()
  await stage.node.closed
  await vi.waitFor(async () => {
    const { balanceBytes } = await stage.relay.ledger.customerBalance(customer.customerId)
    expect(boughtBytes - Number(balanceBytes)).toBe(expected)
  }, 20_000)
}
const sends =
  (bytes: Buffer, status = 200) =>
  async (lane: ScriptedLane) => {
    lane.head(status)
    try {
      await lane.chunk(bytes)
      lane.end()
    } catch {
      lane.failed('stopped')
    }
  }

describe('a customer pays', () => {
  test.each([200, 201, 204, 206, 304, 404, 410])('for an answer of %i', async (status) => {
    const customer = await stage.relay.newCustomer(BigInt(MIB))
    stage.onLane = (lane) => lane.answer({ status, body: '12345' })
    const { usage } = await ask(customer)
    expect(usage).toEqual({ charged: true, carriedBytes: 5, balanceBytes: MIB - 5 })
    await spentBy(customer, MIB, 5)
  })
  test('for a redirect that it wanted to see', async () => {
    const customer = await stage.relay.newCustomer(BigInt(MIB))
    stage.onLane = (lane) => lane.answer({ status: 302, headers: [['location', '/next']], body: 'moved' })
    expect((await ask(customer, { redirect: 'manual' })).usage).toMatchObject({
      charged: true,
      carriedBytes: 5,
    })
  })
  test('for what it sends as well as for what comes back', async () => {
    const customer = await stage.relay.newCustomer(BigInt(MIB))
    stage.onLane = async (lane) => lane.answer({ body: (await lane.body()).subarray(0, 3) })
    expect((await ask(customer, { method: 'POST', body: 'x'.repeat(1_000) })).usage).toMatchObject({
      charged: true,
      carriedBytes: 1_003,
    })
    await spentBy(customer, MIB, 1_003)
  })
})

describe('a customer does not pay', () => {
  test.each([400, 401, 403, 429, 500, 503])('for an answer of %i', async (status) => {
    const customer = await stage.relay.newCustomer(BigInt(MIB))
    stage.onLane = (lane) => lane.answer({ status, body: '12345' })
    expect((await ask(customer)).usage).toEqual({ charged: false, carriedBytes: 5, balanceBytes: MIB })
    await spentBy(customer, MIB, 0)
  })
  test.each(['target-dns', 'target-refused', 'target-tls', 'target-timeout', 'policy-refused'] as const)(
    'for %s',
    async (code) => {
      const customer = await stage.relay.newCustomer(BigInt(MIB))
      stage.onLane = (lane) => lane.failed(code)
      expect(await ask(customer)).toMatchObject({ code, charged: false })
      await spentBy(customer, MIB, 0)
    },
  )
  test('for an answer that broke in the middle', async () => {
    const customer = await stage.relay.newCustomer(BigInt(MIB))
    stage.onLane = async (lane) => {
      lane.head(200)
      await lane.chunk(Buffer.alloc(1_000))
      lane.failed('target-reset')
    }
    expect(await ask(customer)).toMatchObject({ code: 'target-reset', charged: false })
    await spentBy(customer, MIB, 0)
  })
  test('and gets no more than a little of a large error page: it is cut', async () => {
    const customer = await stage.relay.newCustomer(BigInt(10 * MIB))
    stage.onLane = sends(Buffer.alloc(3 * MIB, 'x'), 500)
    const answer = await ask(customer)
    expect(answer).toMatchObject({ status: 500, truncated: true, usage: { charged: false } })
    expect(answer.body.length).toBeGreaterThanOrEqual(256 * 1024)
    expect(answer.body.length).toBeLessThan(MIB)
  })
  test('and a raw one is reset there', async () => {
    const customer = await stage.relay.newCustomer(BigInt(10 * MIB))
    stage.onLane = sends(Buffer.alloc(3 * MIB, 'x'), 503)
    const client = new RawClient(stage.relay.url)
    client.post(customer.apiKey, { url })
    expect(await client.end).toBe('reset')
  })
})

describe('a balance', () => {
  test('of nothing is refused before a node is asked', async () => {
    const customer = await stage.relay.newCustomer(0n)
    const opened = stage.node.lanes.size
    const response = await customer.fetch({ url })
    expect(response.status).toBe(402)
    expect(await response.json()).toMatchObject({
      code: 'balance-exhausted',
      source: 'account',
      retryable: false,
      charged: false,
    })
    expect(stage.node.lanes.size).toBe(opened)
  })

  test('too small for the answer ends it in the middle, as a problem that says what was charged', async () => {
    const bytes = 300_000
    const customer = await stage.relay.newCustomer(BigInt(bytes))
    stage.onLane = sends(randomBytes(2 * MIB))
    const problem = await ask(customer)
    expect(problem).toMatchObject({ code: 'balance-exhausted', status: 402, charged: true })
    expect(JSON.stringify(problem)).toContain(`${bytes} bytes`)
    await spentBy(customer, bytes, bytes)
  })

  test('too small for a raw answer resets it, and what was carried is charged', async () => {
    const bytes = 300_000
    const customer = await stage.relay.newCustomer(BigInt(bytes))
    stage.onLane = sends(randomBytes(2 * MIB))
    const client = new RawClient(stage.relay.url)
    client.post(customer.apiKey, { url })
    expect(await client.end).toBe('reset')
    await spentBy(customer, bytes, bytes)
  })

  test('is usable to its end', async () => {
    const customer = await stage.relay.newCustomer(1_000n)
    stage.onLane = (lane) => lane.answer({ body: 'x'.repeat(100) })
    for (let left = 900; left >= 0; left -= 100)
      expect((await ask(customer)).usage).toMatchObject({ charged: true, balanceBytes: left })
    expect(await ask(customer)).toMatchObject({ code: 'balance-exhausted' })
    await spentBy(customer, 1_000, 1_000)
  })

  test('serves many at once without giving out more than there is', async () => {
    const bytes = 2 * MIB
    const customer = await stage.relay.newCustomer(BigInt(bytes))
    stage.onLane = sends(randomBytes(200_000))
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => ask(customer, { url: `https://93.184.216.${index}/` })),
    )
    const charged = answers.filter((answer) => answer.usage?.charged).length
    expect(charged).toBeGreaterThanOrEqual(8)
    expect(charged * 200_000).toBeLessThanOrEqual(bytes)
    stage.node.leave()
    await stage.node.closed
    const { balanceBytes } = await stage.relay.ledger.customerBalance(customer.customerId)
    expect(Number(balanceBytes)).toBeGreaterThanOrEqual(0)
    for (const check of await stage.relay.ledger.verify()) expect(check).toMatchObject({ ok: true })
  })
})
