import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askJson, type CustomerAccess } from '#scripts/browser/customer.ts'
import { type NameServer, startNameServer } from '../../relay-server/testing/name-server.ts'
import { type House, openHouse } from '../fixtures/house.ts'
import type { Received } from '../fixtures/target-site.ts'

const names = {
  robots: 'robots.example',
  file: 'file.example',
  record: 'www.record.example',
  slow: 'slow.example',
  many: 'archive.org',
  payment: 'paypal.com',
}
const optOutFile = '/.well-known/fallow.txt'

let house: House
let nameServer: NameServer
let other: CustomerAccess
beforeAll(async () => {
  nameServer = await startNameServer({}, { texts: { '_fallow.record.example': 'opt-out' } })
  house = await openHouse({
    names: Object.values(names),
    obey: ['robots', 'opt-out', 'pace'],
    relayEnv: { FALLOW_NAME_SERVERS: nameServer.address },
  })
  other = await house.newCustomer('another')
  await house.openNode()
})
afterAll(async () => {
  await house?.close()
  nameServer?.close()
})

const at = (name: string, path: string) => `http://${name}:${house.site.port}${path}`
const arrivalsAt = (name: string): Received[] =>
  house.site.received.filter(({ host }) => host === `${name}:${house.site.port}`)
const isFromRelay = ({ headers }: Received) => headers['user-agent']?.startsWith('Fallow/') === true
const pathsFromBrowser = (name: string) =>
  arrivalsAt(name)
    .filter((received) => !isFromRelay(received))
    .map(({ url }) => url)

async function refusalOf(url: string, request: object = {}, by = house.customer) {
  const reply = await askJson(by, { url, ...request })
  if (reply.ok) throw new Error(`${url} was fetched`)
  return reply.problem
}
async function answerOf(url: string, by = house.customer) {
  const reply = await askJson(by, { url })
  if (!reply.ok) throw new Error(reply.problem.detail)
  return reply.answer
}

describe.sequential('the network policy, with a real browser as the node', () => {
  test('a refused category is refused with its rule, directly and behind a redirect, and nothing arrives', async () => {
    const refused = await refusalOf(at(names.payment, '/small'))
    expect(refused).toMatchObject({ status: 451, code: 'policy-refused', source: 'policy', charged: false })
    expect(refused.detail).toContain('"paypal.com"')
    const redirect = at(names.robots, `/redirect-to?url=${encodeURIComponent(at(names.payment, '/small'))}`)
    expect(await refusalOf(redirect)).toMatchObject({ code: 'policy-refused' })
    const written = await refusalOf(at(names.robots, '/checkout'), { method: 'POST', body: 'x' })
    expect(written.detail).toContain('"/checkout (writing)"')
    expect(arrivalsAt(names.payment)).toEqual([])
    expect(pathsFromBrowser(names.robots)).not.toContain('/checkout')
  })

  test('robots.txt is read once, by the relay and under its own name, and obeyed at every hop', async () => {
    const origin = 'site1.example.org'
    house.site.texts.set(`${origin}/robots.txt`, 'User-agent: *\nDisallow: /echo\n')
    expect(await answerOf(at(origin, '/small'))).toMatchObject({ status: 200, policy: { robots: 'allowed' } })
    const refused = await refusalOf(at(origin, '/echo?a=b'))
    expect(refused).toMatchObject({
      status: 451,
      code: 'robots-disallowed',
      source: 'policy',
      charged: false,
    })
    expect(refused.detail).toContain('"Disallow: /echo"')
    expect(await refusalOf(at(origin, '/redirect-to?url=/echo'))).toMatchObject({ code: 'robots-disallowed' })

    expect(pathsFromBrowser(origin)).toEqual(['/small', '/redirect-to?url=/echo'])
    const reads = arrivalsAt(origin).filter(({ url }) => url === '/robots.txt')
    expect(reads).toHaveLength(1)
    expect(reads.every(isFromRelay)).toBe(true)
  })

  test("a site owner's opt-out, by a file or by a DNS record, is kept", async () => {
    house.site.texts.set(`${names.file}${optOutFile}`, 'Disallow: /\n')
    const byFile = await refusalOf(at(names.file, '/small'))
    expect(byFile).toMatchObject({ status: 451, code: 'site-opted-out', source: 'policy', charged: false })
    expect(byFile.detail).toContain(optOutFile)
    const byRecord = await refusalOf(at(names.record, '/small'))
    expect(byRecord).toMatchObject({ status: 451, code: 'site-opted-out' })
    expect(byRecord.detail).toContain('_fallow.record.example')
    expect([...pathsFromBrowser(names.file), ...pathsFromBrowser(names.record)]).toEqual([])
  })

  test("a site's crawl-delay holds for all customers together", async () => {
    house.site.texts.set(`${names.slow}/robots.txt`, 'User-agent: *\nCrawl-delay: 600\n')
    await answerOf(at(names.slow, '/small'))
    const refused = await refusalOf(at(names.slow, '/text'), {}, other)
    expect(refused).toMatchObject({ status: 429, code: 'target-pace', source: 'policy', retryable: true })
    expect(refused.retryAfterMs).toBeGreaterThan(500_000)
    expect(pathsFromBrowser(names.slow)).toEqual(['/small'])
  })

  test('a site that two customers ask at once is asked no oftener than its pace', async () => {
    const { perSecond, burst } = { perSecond: 1, burst: 5 }
    const startedAt = Date.now()
    const replies = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        askJson(index % 2 ? house.customer : other, { url: at(names.many, `/status/200/${index}`) }),
      ),
    )
    const tookSeconds = (Date.now() - startedAt) / 1_000
    const codes = replies.flatMap((reply) => (reply.ok ? [] : [reply.problem.code]))
    expect(codes.length).toBeGreaterThan(0)
    expect(new Set(codes)).toEqual(new Set(['target-pace']))
    const arrived = pathsFromBrowser(names.many).length
    expect(arrived).toBe(replies.length - codes.length)
    expect(arrived).toBeGreaterThanOrEqual(burst)
    expect(arrived).toBeLessThanOrEqual(burst + perSecond * tookSeconds)
  })

  test('the relay publishes what it keeps to, and says for a URL why not', async () => {
    const policy = async (query: string) => (await fetch(`${house.relay.url}/v1/policy${query}`)).json()
    expect(await policy('')).toMatchObject({ version: '1', ports: [80, 443] })
    const told = await policy(`?url=${encodeURIComponent(at(names.file, '/small'))}`)
    expect(told).toMatchObject({ allowed: false, code: 'site-opted-out', lookedUp: false })
  })
})
