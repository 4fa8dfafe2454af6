import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askJson, type FetchDocument, type JsonAnswer } from '#scripts/browser/customer.ts'
import {
  type AccountSite,
  accountName,
  companyName,
  cookieKinds,
  cookiesFor,
  headerOf,
  namesFor,
  startAccountSite,
  type Trace,
  type Visit,
} from '../fixtures/account-site.ts'
import type { House, Node } from '../fixtures/house.ts'
import { tellMeasured } from '../fixtures/measured.ts'
import { type MixedRequest, mixRequests } from '../fixtures/relayed-mix.ts'
import {
  browserFor,
  leaveNote,
  type Owner,
  openHouseWith,
  ownerOf,
  ownersLanguages,
  readNote,
} from '../fixtures/signed-in-owner.ts'
import { until } from '../fixtures/until.ts'

const requestCount = 1_000
const atOnce = 24

/** All that the site may see of a relayed request. */
const namesKnown = new Set([
  'host',
  'connection',
  'content-length',
  'content-type',
  'pragma',
  'cache-control',
  'accept',
  'accept-language',
  'accept-encoding',
  'user-agent',
  'sec-ch-ua',
  'sec-ch-ua-mobile',
  'sec-ch-ua-platform',
])

describe.sequential('a site where the owner is signed in', () => {
  let site: AccountSite
  let house: House
  let node: Node
  let owner: Owner
  beforeAll(async () => {
    site = await startAccountSite()
    house = await openHouseWith(site)
    node = await house.openNode(browserFor(site))
    owner = ownerOf(node, site)
  })
  afterAll(async () => {
    await house?.close()
    await site?.close()
  })

  const ask = async (document: FetchDocument): Promise<JsonAnswer> => {
    const reply = await askJson(house.customer, document)
    if (!reply.ok) throw new Error(`${document.url}: ${reply.problem.code}: ${reply.problem.detail}`)
    return reply.answer
  }

  test('the owner’s own tabs show who the owner is: cookies of every kind, a password, languages, experiments', async () => {
    await owner.signIn()
    const visits = await owner.visit(`${site.origin(accountName)}/members`)
    expect(visits).toHaveLength(1)
    const [visit] = visits as [Visit]
    for (const name of Object.keys(cookieKinds)) expect(headerOf(visit, 'cookie')).toContain(`${name}=owner`)
    expect(headerOf(visit, 'authorization')).toMatch(/^Basic /)
    expect(headerOf(visit, 'accept-language')).toContain(ownersLanguages.split(',')[0])
    const [atCompany] = (await owner.visit(`${site.origin(companyName)}/page`)) as [Visit]
    expect(headerOf(atCompany, 'x-client-data')).toBeTruthy()
  })

  test(`of ${requestCount} relayed requests none carries anything of the owner, and no answer changes what the owner has there`, async () => {
    const before = { cookies: await cookiesOf(node), tabs: node.browser.context.pages().length }
    const from = site.visits.length
    const mix = mixRequests(site, requestCount)
    const startedAt = Date.now()
    await eachOf(mix, atOnce, async (request) => expectAnswer(request, await ask(request.asked)))
    tellMeasured('relayed requests a second', ((requestCount * 1_000) / (Date.now() - startedAt)).toFixed(0))
    const visits = site.visits.slice(from)
    // Nothing that the browser did of its own accord is among them: no report, no preload, no second try with a password.
    expect(visits).toHaveLength(mix.reduce((sum, request) => sum + request.visits, 0))
    for (const visit of visits) expectNothingOfTheOwner(visit)
    expect(await cookiesOf(node)).toEqual(before.cookies)
    expect(node.browser.context.pages()).toHaveLength(before.tabs)
  })

  test('after that the owner is still signed in, and the page’s storage is untouched', async () => {
    const url = `${site.origin(accountName)}/members`
    const from = site.visits.length
    expect(await owner.lookAt(url, readNote)).toBe('the owner was here')
    const [visit] = site.visits.slice(from) as [Visit]
    for (const name of Object.keys(cookieKinds)) expect(headerOf(visit, 'cookie')).toContain(`${name}=owner`)
    expect(headerOf(visit, 'authorization')).toMatch(/^Basic /)
  })

  const leaving = (trace: Trace, name: string) => `${site.origin(name)}/leave?trace=${trace}`
  const pageOf = (name: string) => `${site.origin(name)}/page`
  const wasAsked = (name: string, path: string) =>
    site.visits.some((visit) => visit.name === name && visit.path === path)

  /** The owner comes to a name where an answer wanted to leave a trace. Is it there? */
  const looks: Record<Trace, (name: string) => Promise<boolean> | boolean> = {
    'strict-transport-security': async (name) =>
      (await owner.visit(`${site.origin(name, 'http')}/page`))[0]?.scheme === 'https',
    'clear-site-data': async (name) => {
      const [visit] = await owner.visit(pageOf(name))
      return (
        !headerOf(visit, 'cookie')?.includes('owner') && (await owner.lookAt(pageOf(name), readNote)) === null
      )
    },
    'accept-ch': async (name) => has((await owner.visit(pageOf(name)))[0], 'sec-ch-ua-model'),
    cache: async (name) => (await owner.visit(leaving('cache', name))).length === 0,
    'tls-session': async (name) => (await owner.visit(leaving('tls-session', name)))[0]?.resumed === true,
    dictionary: async (name) => has((await owner.visit(pageOf(name)))[0], 'available-dictionary'),
    'alt-svc': async (name) => {
      await owner.visit(pageOf(name))
      return site.datagramsFor(name) > 0
    },
    nel: async (name) => {
      await owner.visit(pageOf(name))
      return reportsOf(site, name).includes(pageOf(name))
    },
    'reporting-endpoints': (name) => reportsOf(site, name).length > 0,
    link: (name) => wasAsked(name, '/preloaded'),
    refresh: (name) => wasAsked(name, '/refreshed'),
  }
  /** For what a browser does some time later: the same once more, without the owner. */
  const laterLooks: Partial<typeof looks> = {
    'alt-svc': (name) => site.datagramsFor(name) > 0,
    nel: (name) => reportsOf(site, name).includes(pageOf(name)),
    'reporting-endpoints': looks['reporting-endpoints'],
    link: looks.link,
    refresh: looks.refresh,
  }

  test.each(Object.keys(looks) as Trace[])(
    '%s: what an answer leaves in the browser of its own visitor, a relayed one does not leave with the owner',
    async (trace) => {
      const [relayedName, seenName] = namesFor(trace)
      const look = looks[trace]
      if (trace === 'clear-site-data')
        for (const name of [relayedName, seenName])
          await owner.lookAt(`${site.origin(name)}/welcome`, leaveNote)
      await ask({ url: leaving(trace, relayedName) })
      expect(await look(relayedName)).toBe(false)
      // The same look says yes where the owner got the answer, so it can see what it looks for.
      await owner.lookAt(leaving(trace, seenName), async (page) => {
        await until(trace, () => look(seenName))
        // A tab that is closed while it goes on to its next page may never say that it has closed.
        if (trace === 'refresh') await page.waitForURL('**/refreshed')
      })
      expect(await laterLooks[trace]?.(relayedName)).not.toBe(true)
      // And what the owner has got there shows in no relayed request.
      const from = site.visits.length
      await ask({ url: leaving(trace, seenName) })
      const relayed = site.visits.slice(from).filter(({ path }) => path.startsWith('/leave'))
      expect(relayed).toHaveLength(1)
      for (const visit of relayed) {
        expectNothingOfTheOwner(visit)
        expect(visit.resumed).toBe(false)
      }
    },
  )

  test('what may be kept is asked of the site each time, for no relayed answer lies in the browser’s cache', async () => {
    const [name] = namesFor('cache')
    const from = site.visits.length
    for (let each = 0; each < 2; each += 1) await ask({ url: leaving('cache', name) })
    const visits = site.visits.slice(from)
    expect(visits).toHaveLength(2)
    for (const visit of visits) expectNothingOfTheOwner(visit)
  })

  // Whoever sees one of these fail has found that a browser got better: then its line in docs/THREATS.md goes.
  test('what no header rule prevents: marks by which relayed requests are linked', async () => {
    const second = async (trace: Trace) => {
      const [name] = namesFor(trace)
      const from = site.visits.length
      await ask({ url: leaving(trace, name) })
      await ask({ url: leaving(trace, name) })
      return site.visits.slice(from).at(-1)
    }
    await until('a dictionary to be known', async () =>
      has(await second('dictionary'), 'available-dictionary'),
    )
    await until('a TLS session to be taken up', async () => (await second('tls-session'))?.resumed)
  })
})

const has = (visit: Visit | undefined, header: string): boolean => headerOf(visit, header) !== undefined

/** The addresses that reports about this name speak of. */
const reportsOf = (site: AccountSite, name: string): string[] =>
  site.visits
    .filter(({ method, path }) => method === 'POST' && path === '/report')
    .flatMap(({ body }) => (JSON.parse(body) as { url: string }[]).map(({ url }) => url))
    .filter((url) => new URL(url).hostname === name)

/** The customer gets what the site said, cookies and challenges included: only the browser must not keep it. */
function expectAnswer({ asked: { url }, expected }: MixedRequest, answer: JsonAnswer): void {
  expect(answer.status, url).toBe(expected)
  if (!new URL(url).pathname.startsWith('/anything')) return
  const valuesOf = (wanted: string) =>
    answer.headers.filter(([name]) => name === wanted).map(([, value]) => value)
  expect(valuesOf('set-cookie'), url).toEqual(cookiesFor('customer'))
  expect(valuesOf('www-authenticate'), url).toHaveLength(expected === 401 ? 1 : 0)
}

function expectNothingOfTheOwner(visit: Visit): void {
  const what = `${visit.method} ${visit.scheme}://${visit.name}${visit.path}`
  const unknown = visit.headers.map(([name]) => name).filter((name) => !namesKnown.has(name))
  expect(unknown, what).toEqual([])
  expect(headerOf(visit, 'accept-language'), what).toBe('en')
  expect(JSON.stringify(visit.headers), what).not.toMatch(/owner|fallow|extension|iehnjakj/i)
}

async function cookiesOf({ browser }: Node) {
  const cookies = await browser.context.cookies()
  return cookies.toSorted((a, b) => `${a.domain} ${a.name}`.localeCompare(`${b.domain} ${b.name}`))
}

/** Runs `work` for each, some at a time. */
async function eachOf<T>(list: readonly T[], lanes: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = [...list]
  const lane = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}
