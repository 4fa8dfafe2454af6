import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from 'vitest'
import { type Books, openBooks } from '../testing/books.ts'
import { connectScriptedNode, type ScriptedLane, type ScriptedNode } from '../testing/scripted-node.ts'
import { startTestRelay, type TestCustomer, type TestRelay } from '../testing/test-relay.ts'

const url = 'https://93.184.216.34/some/path?with=query'
const piece = Buffer.alloc(32 * 1024, 'x')

let relay: TestRelay
let customer: TestCustomer
let other: TestCustomer
let node: ScriptedNode
let books: Books
let onLane: (lane: ScriptedLane) => void | Promise<void>
beforeAll(async () => {
  relay = await startTestRelay()
})
afterAll(() => relay.stop())
beforeEach(async () => {
  books = await openBooks(relay.ledger)
  customer = await relay.newCustomer()
  other = await relay.newCustomer(undefined, { label: 'other' })
  node = await connectScriptedNode({ relayUrl: relay.url, onLane: (lane) => onLane(lane) })
})
afterEach(async () => {
  // A node that leaves has its last receipt posted before its link is closed: the next test's books begin after it.
  if (node.socket.readyState === node.socket.OPEN) node.leave()
  await node.closed
})

const suspend = ({ customerId }: TestCustomer) =>
  relay.ledger.suspendCustomer({ customerId, reason: 'complaint 17' })
const resume = ({ customerId }: TestCustomer) => relay.ledger.resumeCustomer({ customerId })

/** A head and one piece, and then nothing until the lane is stopped: as the node confirms it, or by another's word. */
const answerWithoutEnd = async (lane: ScriptedLane): Promise<void> => {
  lane.head()
  await lane.chunk(piece)
  await waitForStop(lane)
}
const waitForStop = async (lane: ScriptedLane): Promise<void> => {
  if (!lane.stopped.aborted) await once(lane.stopped, 'abort')
  lane.failed('stopped')
}

/** A raw answer whose head has come. */
async function openRaw({ apiKey }: TestCustomer, relayUrl = relay.url): Promise<IncomingMessage> {
  const asking: ClientRequest = httpRequest(`${relayUrl}/v1/fetch?raw=1`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}` },
    agent: false,
  })
  // What is torn off in the middle is told here as well.
  asking.on('error', () => {})
  asking.end(JSON.stringify({ url }))
  const [answer] = (await once(asking, 'response')) as [IncomingMessage]
  return answer
}

async function readToEnd(answer: IncomingMessage): Promise<{ bytes: number; whole: boolean }> {
  let bytes = 0
  answer.on('data', (data: Buffer) => {
    bytes += data.length
  })
  answer.on('error', () => {})
  await new Promise((resolve) => answer.once('close', resolve))
  return { bytes, whole: answer.complete }
}

/** The node leaves; everything that was carried stands in the ledger then. */
async function settled(): Promise<void> {
  node.leave()
  await node.closed
}

const exchangesOf = async ({ customerId }: TestCustomer) =>
  relay.logged
    .filter(({ sentence, fields }) => sentence === 'an exchange ended' && fields.customerId === customerId)
    .map(({ fields }) => fields)

const metric = async (line: string) => {
  const text = await (await fetch(`${relay.url}/metrics`)).text()
  return Number(new RegExp(`^${line} (\\d+)$`, 'm').exec(text)?.[1])
}
const suspendedLine = 'fallow_exchanges_total\\{outcome="customer-suspended"\\}'

describe('a customer that is suspended', () => {
  test('is cut off on every relay of the database', async () => {
    const second = await startTestRelay({ DATABASE_URL: relay.databaseUrl })
    onTestFinished(() => second.stop())
    const there = await connectScriptedNode({
      relayUrl: second.url,
      onLane: (lane) => answerWithoutEnd(lane),
    })
    onLane = answerWithoutEnd
    const ends = [await openRaw(customer), await openRaw(customer, second.url)].map(readToEnd)
    await suspend(customer)
    for (const end of await Promise.all(ends)) expect(end).toEqual({ bytes: piece.length, whole: false })
    expect(await there.frame('stop')).toMatchObject({ code: 'customer-suspended' })
    there.leave()
    await there.closed
  })

  test('loses its raw answer to a reset, with the code at the node, in the log and in the metric; what was carried is charged', async () => {
    onLane = answerWithoutEnd
    const before = await metric(suspendedLine)
    const answer = await openRaw(customer)
    const end = readToEnd(answer)
    await suspend(customer)
    expect(await end).toEqual({ bytes: piece.length, whole: false })
    expect(await node.frame('stop')).toMatchObject({ code: 'customer-suspended' })
    await settled()
    expect(await exchangesOf(customer)).toMatchObject([
      { outcome: 'customer-suspended', status: 200, chargedBytes: piece.length },
    ])
    expect(await metric(suspendedLine)).toBe(before + 1)
    expect(await books.expectBalance([node])).toMatchObject({ chargedBytes: BigInt(piece.length) })
  })

  test('gets the problem document in place of a JSON answer', async () => {
    onLane = answerWithoutEnd
    const asking = customer.fetch({ url })
    await node.frame('open')
    await suspend(customer)
    const response = await asking
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({
      code: 'customer-suspended',
      source: 'account',
      retryable: false,
      charged: true,
      attempts: [{ outcome: 'customer-suspended' }],
    })
    expect(await node.frame('stop')).toMatchObject({ code: 'customer-suspended' })
    await settled()
    expect(await books.expectBalance([node])).toMatchObject({ chargedBytes: BigInt(piece.length) })
  })

  test('is told so before the head too, and no other node is asked', async () => {
    onLane = waitForStop
    const asking = customer.fetch({ url })
    await node.frame('open')
    await suspend(customer)
    const response = await asking
    expect(await response.json()).toMatchObject({
      ...{ code: 'customer-suspended', charged: false },
      attempts: [{ outcome: 'customer-suspended' }],
    })
    expect(node.lanes.size).toBe(1)
    await settled()
    expect(await books.expectBalance([node])).toMatchObject({ carriedBytes: 0n })
  })

  test('does not take along what runs for others', async () => {
    onLane = answerWithoutEnd
    const [cut, going] = [await openRaw(customer), await openRaw(other)]
    const cutEnd = readToEnd(cut)
    const goingEnd = readToEnd(going)
    await suspend(customer)
    expect(await cutEnd).toMatchObject({ whole: false })
    const lane = [...node.lanes.values()].find(({ open }) => open.customer.id === other.customerId)
    expect(lane?.stopped.aborted).toBe(false)
    await lane?.chunk(piece)
    lane?.end()
    expect(await goingEnd).toEqual({ bytes: 2 * piece.length, whole: true })
  })

  test.runIf(process.platform === 'linux')(
    'that reads nothing of its answer loses its connection all the same',
    async () => {
      onLane = async (lane) => {
        lane.head()
        await lane.chunk(Buffer.alloc(8 * 1024 * 1024)).catch(() => {})
        lane.failed('stopped')
      }
      const answer = await openRaw(customer)
      answer.pause()
      answer.on('error', () => {})
      const { localPort = 0 } = answer.socket
      await until(async () => isConnected(localPort))
      await suspend(customer)
      await until(async () => !isConnected(localPort))
      expect(await node.frame('stop')).toMatchObject({ code: 'customer-suspended' })
    },
  )

  test('asks the policy about nothing either', async () => {
    const askPolicy = () =>
      fetch(`${relay.url}/v1/policy?url=${encodeURIComponent(url)}`, {
        headers: { authorization: `Bearer ${customer.apiKey}` },
      })
    expect((await askPolicy()).status).toBe(200)
    await suspend(customer)
    await vi.waitFor(async () => expect((await askPolicy()).status).toBe(403), { timeout: 10_000 })
    expect(await (await askPolicy()).json()).toMatchObject({ code: 'customer-suspended', source: 'account' })
  })

  test('is refused at once although its key is known here, and serves again when it is resumed', async () => {
    onLane = (lane) => lane.answer({ body: 'hello' })
    expect((await customer.fetch({ url })).status).toBe(200)
    await suspend(customer)
    await until(async () => (await customer.fetch({ url })).status === 403)
    const refused = await customer.fetch({ url })
    const problem = (await refused.json()) as { detail: string }
    expect(problem).toMatchObject({ code: 'customer-suspended', charged: false, attempts: [] })
    expect(problem.detail, 'the reason is the operator’s').not.toContain('17')
    expect((await other.fetch({ url })).status).toBe(200)
    await resume(customer)
    await until(async () => (await customer.fetch({ url })).status === 200)
    expect((await customer.fetch({ url })).status).toBe(200)
  })
})

test('the label, the purposes and the contact of a customer can be changed, and nodes are told the new ones', async () => {
  onLane = (lane) => lane.answer()
  await customer.fetch({ url })
  const { customerId } = customer
  await relay.ledger.changeCustomer({ customerId, label: 'renamed', contact: 'https://new.example/contact' })
  await until(async () => {
    await customer.fetch({ url })
    return [...node.lanes.values()].at(-1)?.open.customer.label === 'renamed'
  })
  expect([...node.lanes.values()].at(-1)?.open.customer).toEqual({
    id: customerId,
    ...{ label: 'renamed', purpose: 'ai-retrieval', contact: 'https://new.example/contact' },
  })
})

describe('the purpose of a request', () => {
  const purposes = ['price watch', 'ai-retrieval']
  beforeEach(async () => {
    onLane = (lane) => lane.answer()
    customer = await relay.newCustomer(undefined, { label: 'shop', purposes, contact: 'abuse@shop.example' })
  })
  const told = () => [...node.lanes.values()].at(-1)?.open.customer

  test('is the customer’s first declared one where it names none, and the node is told by whom and how to ask', async () => {
    expect((await customer.fetch({ url })).status).toBe(200)
    expect(told()).toEqual({
      id: customer.customerId,
      ...{ label: 'shop', purpose: 'price watch', contact: 'abuse@shop.example' },
    })
    expect((await customer.fetch({ url, purpose: null })).status).toBe(200)
  })

  test('is one that was declared, and the node is told that one', async () => {
    expect((await customer.fetch({ url, purpose: 'ai-retrieval' })).status).toBe(200)
    expect(told()?.purpose).toBe('ai-retrieval')
  })

  test.each(['price-watch', 'Price watch', 'price watch ', 'p'.repeat(100)])(
    'is refused where it was not declared, before a node is asked: "%s"',
    async (purpose) => {
      const response = await customer.fetch({ url, purpose })
      expect(response.status).toBe(403)
      expect(await response.json()).toMatchObject({
        ...{ code: 'purpose-not-declared', source: 'account', retryable: false, charged: false },
        detail: expect.stringContaining('price watch, ai-retrieval'),
        errors: [{ pointer: '/purpose' }],
      })
      expect(node.lanes.size).toBe(0)
    },
  )
})

/** As the kernel sees it: a client that does not read hears of nothing. Local and remote address, and state 01, in hexadecimal. */
function isConnected(localPort: number): boolean {
  const port = localPort.toString(16).toUpperCase().padStart(4, '0')
  return new RegExp(`: \\w+:${port} \\w+:\\w+ 01 `).test(readFileSync('/proc/net/tcp', 'utf8'))
}

/** Asks again until it is so; the test's own time limit ends it. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50))
}
