import { afterEach, describe, expect, it } from 'vitest'
import type { ActivityChange } from '../storage/index.ts'
import { ExchangeFailure } from './exchange-failure.ts'
import { LinkActivity, rowHostsMax } from './link-activity.ts'
import { type LinkedNode, linkNode } from './testing/linked-node.ts'

let linked: LinkedNode | undefined
afterEach(async () => {
  await linked?.stop()
  linked = undefined
})

async function link(answer: Parameters<typeof linkNode>[0]): Promise<LinkedNode> {
  linked = await linkNode(answer)
  return linked
}

const customer = { id: 'c_9', label: 'Nine', purpose: 'research', contact: 'nine@example.com' }
const rowsOf = ({ told }: LinkedNode) => [...told.noted].map(({ row }) => row)

/** The rows' bytes are what the meter was told, and what the relay has counted. */
function expectSumsToAgree(node: LinkedNode): void {
  const sum = (of: 'upBytes' | 'downBytes') => rowsOf(node).reduce((bytes, row) => bytes + row[of], 0)
  expect(sum('upBytes')).toBe(node.link.count.carriedUp)
  expect(sum('downBytes')).toBe(node.link.count.carriedDown)
  expect(sum('upBytes') + sum('downBytes')).toBe(node.told.carriedBytes)
}

describe('the rows of a link', () => {
  it('one that completed says whom it was for, to which host, how much each way and what that earns', async () => {
    const node = await link((_, response) => response.end('x'.repeat(3_000)))
    await node.link.ask({
      url: `${node.target.url}/secret?q=secret`,
      method: 'POST',
      body: Buffer.alloc(2_000),
      customer,
    })
    const [row] = rowsOf(node)
    expect(row).toMatchObject({
      hosts: ['127.0.0.1'],
      method: 'POST',
      status: 200,
      upBytes: 3_000,
      downBytes: 2_000,
      customer,
      outcome: 'completed',
      units: String(Math.floor((5_000 * 1_000_000) / 1_048_576)),
    })
    expect(JSON.stringify(row)).not.toContain('secret')
    expectSumsToAgree(node)
  })

  it('what nobody sees in a customer’s name, purpose or contact is not in the row', async () => {
    const node = await link((_, response) => response.end())
    const asked = {
      id: 'c_9',
      label: 'Nine\u202e\u200b\u3164\u034f\u2800\n Ltd',
      purpose: 're\u2066search',
      contact: 'nine\u2028@example.com',
    }
    await node.link.ask({ url: node.target.url, customer: asked })
    expect(rowsOf(node)[0]?.customer).toEqual({
      id: 'c_9',
      label: 'Nine Ltd',
      purpose: 'research',
      contact: 'nine@example.com',
    })
  })

  it('a relay that opens lane after lane for one attempt makes no row ever longer, and no host goes unnamed', async () => {
    const node = await link((_, response) => response.writeHead(302, { location: '/on' }).end())
    for (let hop = 0; hop < 2 * rowHostsMax + 5; hop += 1)
      await node.link.ask({ url: `${node.target.url}/${hop}`, exchangeId: 'x_1' })
    expect(rowsOf(node).map(({ exchangeId, hosts }) => [exchangeId, hosts.length])).toEqual([
      ['x_1', rowHostsMax],
      ['x_1', rowHostsMax],
      ['x_1', 5],
    ])
    expectSumsToAgree(node)
  })

  it('all of an attempt’s redirects are one row with their hosts; another attempt is another row', async () => {
    const node = await link((request, response) => {
      if (request.url === '/first') response.writeHead(302, { location: '/second' }).end('on')
      else response.end('there')
    })
    const there = node.target.url
    const name = there.replace('127.0.0.1', 'localhost')
    await node.link.ask({ url: `${there}/first`, exchangeId: 'x_1' })
    await node.link.ask({ url: `${name}/second`, exchangeId: 'x_1' })
    await node.link.ask({ url: `${there}/second`, exchangeId: 'x_1', attempt: 2 })
    const rows = rowsOf(node)
    expect(rows).toHaveLength(2)
    expect(rows[0]?.hosts).toEqual(['127.0.0.1', 'localhost'])
    expect(rows[1]).toMatchObject({ hosts: ['127.0.0.1'], attempt: 2, upBytes: 5 })
    expectSumsToAgree(node)
  })

  it('what was refused before it was asked is a row without a status', async () => {
    const node = await link((_, response) => response.end('never'))
    await node.link.ask({ url: 'http://192.168.1.1/' })
    await node.link.ask({ url: 'ftp://files.example/' })
    expect(rowsOf(node)).toMatchObject([
      { hosts: ['192.168.1.1'], status: null, outcome: 'policy-refused', units: '0' },
      { hosts: ['files.example'], status: null, outcome: 'policy-refused' },
    ])
  })

  it('one that was stopped midway keeps the bytes that had left, and the target’s status', async () => {
    const node = await link((_, response) => void response.write('y'.repeat(200_000)))
    const lane = node.link.open({ url: `${node.target.url}/endless` })
    await node.link.next('chunk')
    node.link.send({ type: 'stop', lane, code: null })
    await node.link.next('failed')
    expect(rowsOf(node)).toMatchObject([{ outcome: 'stopped', status: 200 }])
    expectSumsToAgree(node)
  })

  it('bytes of a request that cross its ending on the wire still count in its row', async () => {
    const node = await link((_, response) => response.end('never'))
    await node.link.ask({ url: 'http://192.168.1.1/', method: 'POST', body: Buffer.alloc(7_000) })
    node.link.send({ type: 'ping', atUnixMs: 1 })
    await node.link.next('pong')
    expect(rowsOf(node)).toMatchObject([{ outcome: 'policy-refused', downBytes: 7_000 }])
    expectSumsToAgree(node)
  })

  it('a pause ends them with its own code, and one that the relay opened meanwhile has a row too', async () => {
    const asked = Promise.withResolvers<void>()
    const node = await link(() => asked.resolve())
    node.link.open({ url: `${node.target.url}/never` })
    await asked.promise
    node.node.leave('owner-paused', new ExchangeFailure('owner-paused', 'the owner paused'))
    node.link.open({ url: `${node.target.url}/late` })
    node.link.send({ type: 'ping', atUnixMs: 1 })
    await node.link.next('pong')
    expect(rowsOf(node)).toMatchObject([{ outcome: 'owner-paused' }, { outcome: 'owner-paused' }])
    expect(rowsOf(node)).toHaveLength(2)
  })

  it('where the link is cut nobody is left to tell, and the row says that', async () => {
    const node = await link((_, response) => void response.write('z'.repeat(100_000)))
    node.link.open({ url: `${node.target.url}/endless` })
    await node.link.next('chunk')
    await node.relay.stop()
    await node.ended
    expect(rowsOf(node)).toMatchObject([{ outcome: 'link-ended', status: 200 }])
    expect(rowsOf(node)[0]?.upBytes).toBe(node.told.carriedBytes)
  })

  it('a frame that ended its own lane by reaching a cap still counts in its row', () => {
    const noted = new Set<ActivityChange>()
    const rows = new LinkActivity({
      unitsPerMib: 1_048_576,
      note: (row) => noted.add(row),
      nowUnixMs: () => 1,
    })
    rows.opened(asked)
    rows.ended(asked.lane, { outcome: 'owner-cap', status: 200 })
    rows.sent(asked.lane, 700)
    expect([...noted].map(({ row }) => row)).toMatchObject([
      { outcome: 'owner-cap', upBytes: 700, units: '700' },
    ])
  })
})

const asked = {
  type: 'open' as const,
  lane: 1,
  exchangeId: 'x',
  attempt: 1,
  method: 'GET',
  url: 'https://a.example/',
  headers: [],
  bodyBytes: 0,
  windowBytes: 0,
  gzip: false,
  answerBytesMax: null,
  headDeadlineMs: 1_000,
  customer,
}
