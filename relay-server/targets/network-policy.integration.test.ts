import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { networkPolicy } from '#network-policy'
import { type NameServer, startNameServer } from '../testing/name-server.ts'
import { connectScriptedNode, type ScriptedNode } from '../testing/scripted-node.ts'
import { type SmallSite, startSmallSite } from '../testing/small-site.ts'
import { startTestRelay, type TestCustomer, type TestRelay } from '../testing/test-relay.ts'

const names = [
  'robots.example',
  'moving.example',
  'file.example',
  'www.records.example',
  'pace.example',
  'slow.example',
  'order.example',
  'paypal.com',
]

let site: SmallSite
let nameServer: NameServer
let relay: TestRelay
let customer: TestCustomer
let other: TestCustomer
let node: ScriptedNode
/** What a node answers with a redirect. */
let redirects: Record<string, string>

beforeAll(async () => {
  site = await startSmallSite()
  nameServer = await startNameServer(Object.fromEntries(names.map((name) => [name, '127.0.0.1'])), {
    texts: { '_fallow.records.example': 'opt-out', '_fallow.pace.example': 'v=spf1' },
  })
  relay = await startTestRelay({
    FALLOW_ADDRESS_SPACE_OVERRIDES: `127.0.0.1:${site.port}=public`,
    FALLOW_OVERRIDES_OBEY: 'robots,pace,opt-out',
    FALLOW_NAME_SERVERS: nameServer.address,
  })
  customer = await relay.newCustomer()
  other = await relay.newCustomer()
  node = await connectScriptedNode({
    relayUrl: relay.url,
    onLane(lane) {
      const location = redirects[lane.open.url]
      return location === undefined
        ? lane.answer({ body: lane.open.url })
        : lane.answer({ status: 302, headers: [['location', location]] })
    },
  })
})
afterAll(async () => {
  await relay.stop()
  await site.close()
  nameServer.close()
})
beforeEach(() => {
  redirects = {}
})

const at = (name: string, path = '/') => `http://${name}:${site.port}${path}`
type Answer = { status: number; code?: string; detail?: string; policy?: { robots: string } }
const ask = async (url: string, request: object = {}, by = customer): Promise<Answer> =>
  (await by.fetch({ url, ...request })).json() as Promise<Answer>
const asksOfRelay = (name: string) => site.received.filter(({ host }) => host === `${name}:${site.port}`)
const asksOfNodes = (name: string) =>
  [...node.lanes.values()].map(({ open }) => open.url).filter((url) => new URL(url).hostname === name)

describe('a category that is refused for everybody', () => {
  test('is refused with its rule, before the relay or a node asks anybody', async () => {
    const answer = await ask(at('paypal.com', '/signin'))
    expect(answer).toMatchObject({ status: 451, code: 'policy-refused', source: 'policy', charged: false })
    expect(answer.detail).toMatch(/payment .*"paypal\.com"/)
    expect([...asksOfRelay('paypal.com'), ...asksOfNodes('paypal.com')]).toEqual([])
  })

  test('is refused as the next hop of a redirect, and by its method', async () => {
    redirects[at('moving.example', '/to-paypal')] = at('paypal.com')
    expect(await ask(at('moving.example', '/to-paypal'))).toMatchObject({
      status: 451,
      code: 'policy-refused',
    })
    expect(asksOfNodes('paypal.com')).toEqual([])
    const url = at('moving.example', '/checkout')
    expect(await ask(url, { method: 'POST', body: 'a' })).toMatchObject({ code: 'policy-refused' })
    expect(await ask(url)).toMatchObject({ status: 200 })
  })
})

describe('robots.txt', () => {
  beforeAll(() => {
    site.pages['/robots.txt'] = 'User-agent: *\nDisallow: /private\nAllow: /private/open\n'
  })

  test('is obeyed, read once by the relay under its own name, and told to the customer', async () => {
    expect(await ask(at('robots.example', '/public'))).toMatchObject({
      status: 200,
      policy: { robots: 'allowed' },
    })
    const refused = await ask(at('robots.example', '/private/page'))
    expect(refused).toMatchObject({
      status: 451,
      code: 'robots-disallowed',
      source: 'policy',
      retryable: false,
    })
    expect(refused.detail).toContain('line 2, "Disallow: /private"')
    expect(await ask(at('robots.example', '/private/open'))).toMatchObject({ status: 200 })
    const reads = asksOfRelay('robots.example').filter(({ path }) => path === '/robots.txt')
    expect(reads).toHaveLength(1)
    expect(reads[0]?.headers['user-agent']).toMatch(/^Fallow\/\d+ .*fallow/)
    expect(asksOfNodes('robots.example')).not.toContain(at('robots.example', '/private/page'))
  })

  test('is obeyed by the next hop of a redirect', async () => {
    redirects[at('robots.example', '/moved')] = '/private/secret'
    expect(await ask(at('robots.example', '/moved'))).toMatchObject({
      status: 451,
      code: 'robots-disallowed',
    })
    expect(asksOfNodes('robots.example')).not.toContain(at('robots.example', '/private/secret'))
  })
})

describe("a site owner's opt-out", () => {
  test('by a file closes what the file names', async () => {
    site.pages['/robots.txt'] = ''
    site.pages[networkPolicy.optOut.file] = '# for Fallow\nDisallow: /members\n'
    const refused = await ask(at('file.example', '/members/1'))
    expect(refused).toMatchObject({ status: 451, code: 'site-opted-out', source: 'policy' })
    expect(refused.detail).toContain(
      `"Disallow: /members" in http://file.example:${site.port}/.well-known/fallow.txt`,
    )
    expect(await ask(at('file.example', '/welcome'))).toMatchObject({ status: 200 })
    expect(asksOfNodes('file.example')).toEqual([at('file.example', '/welcome')])
    delete site.pages[networkPolicy.optOut.file]
  })

  test('by a DNS record of the registrable domain closes every name under it', async () => {
    const refused = await ask(at('www.records.example'))
    expect(refused).toMatchObject({ status: 451, code: 'site-opted-out' })
    expect(refused.detail).toContain('the DNS record _fallow.records.example')
    expect(asksOfNodes('www.records.example')).toEqual([])
  })

  test('is known without asking again, also to who asks the policy without a key', async () => {
    for (let count = 0; count < 5; count += 1)
      expect(await ask(at('www.records.example', `/${count}`))).toMatchObject({ code: 'site-opted-out' })
    const told = await fetch(`${relay.url}/v1/policy?url=${encodeURIComponent(at('www.records.example'))}`)
    expect(await told.json()).toMatchObject({ allowed: false, code: 'site-opted-out', lookedUp: false })
    const asked = nameServer.asked.filter((name) => name === '_fallow.www.records.example')
    expect(asked).toHaveLength(1)
    expect(asksOfRelay('www.records.example').length).toBeLessThanOrEqual(1)
  })
})

describe('the pace of a site', () => {
  test("is its crawl-delay, whoever asks: another customer's request comes too early", async () => {
    site.pages['/robots.txt'] = 'User-agent: fallow\nCrawl-delay: 600\n'
    expect(await ask(at('pace.example', '/1'))).toMatchObject({ status: 200 })
    const response = await other.fetch({ url: at('pace.example', '/2') })
    expect(response.status).toBe(429)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(500)
    expect(await response.json()).toMatchObject({ code: 'target-pace', source: 'policy', retryable: true })
    expect(asksOfNodes('pace.example')).toEqual([at('pace.example', '/1')])
  })
})

describe('the order of the checks', () => {
  test('is category and opt-out ▸ balance ▸ robots: who cannot pay makes the relay read no robots.txt', async () => {
    const poor = await relay.newCustomer(0n)
    expect(await ask(at('paypal.com'), {}, poor)).toMatchObject({ code: 'policy-refused' })
    expect(await ask(at('www.records.example'), {}, poor)).toMatchObject({ code: 'site-opted-out' })
    expect(await ask(at('order.example'), {}, poor)).toMatchObject({ code: 'balance-exhausted' })
    expect(asksOfRelay('order.example').map(({ path }) => path)).toEqual([networkPolicy.optOut.file])
  })
})

describe('GET /v1/policy', () => {
  test('gives the document', async () => {
    const response = await fetch(`${relay.url}/v1/policy`)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toEqual(networkPolicy)
  })

  test('asks browsers for reports that nobody gets, also where its head alone is wanted', async () => {
    const response = await fetch(`${relay.url}/v1/policy?`, { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(JSON.parse(response.headers.get('nel') ?? '')).toMatchObject({
      report_to: 'nobody',
      success_fraction: 1,
    })
    expect(response.headers.get('report-to')).toBeNull()
  })

  const askPolicy = async (url: string, headers: Record<string, string> = {}) =>
    (await fetch(`${relay.url}/v1/policy?url=${encodeURIComponent(url)}`, { headers })).json()

  test('says without a key what the relay knows, and asks nobody for it', async () => {
    const before = [site.received.length, nameServer.asked.length]
    expect(await askPolicy(at('slow.example', '/x'))).toMatchObject({
      allowed: true,
      code: null,
      robots: 'not-checked',
      lookedUp: false,
    })
    expect(await askPolicy('https://www.nytimes.com/a')).toMatchObject({ refusableByOwners: ['news'] })
    expect(await askPolicy(at('paypal.com'))).toMatchObject({ allowed: false, code: 'policy-refused' })
    expect(await askPolicy('http://192.168.1.1/')).toMatchObject({ allowed: false, code: 'policy-refused' })
    expect([site.received.length, nameServer.asked.length]).toEqual(before)
  })

  test('looks for a customer, and a request after it needs no second look', async () => {
    site.pages['/robots.txt'] = 'User-agent: *\nDisallow: /x\n'
    const headers = { authorization: `Bearer ${customer.apiKey}` }
    expect(await askPolicy(at('slow.example', '/x'), headers)).toMatchObject({
      allowed: false,
      code: 'robots-disallowed',
      robots: 'disallowed',
      lookedUp: true,
    })
    const before = site.received.length
    expect(await ask(at('slow.example', '/x'))).toMatchObject({ code: 'robots-disallowed' })
    expect(site.received).toHaveLength(before)
  })

  test.each([
    ['colour=red', 400, 'invalid-request'],
    ['url=example.com', 400, 'invalid-request'],
    ['url=https://example.com/&url=https://example.org/', 400, 'invalid-request'],
    ['url=https://example.com/&method=get', 400, 'invalid-request'],
    ['method=GET', 400, 'invalid-request'],
  ])('refuses ?%s', async (query, status, code) => {
    const response = await fetch(`${relay.url}/v1/policy?${query}`)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ code })
  })

  test('refuses a key that nobody has', async () => {
    const headers = { authorization: `Bearer fk_${'x'.repeat(43)}` }
    expect(await askPolicy('https://example.com/', headers)).toMatchObject({
      status: 401,
      code: 'invalid-key',
    })
  })
})
