import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askJson, type FetchDocument, type JsonAnswer } from '#scripts/browser/customer.ts'
import {
  type AccountSite,
  accountName,
  companyName,
  cookieKinds,
  cookiesFor,
  headerOf,
  startAccountSite,
  type Visit,
} from '../fixtures/account-site.ts'
import type { House, Node } from '../fixtures/house.ts'
import { tellMeasured } from '../fixtures/measured.ts'
import { type MixedRequest, mixRequests } from '../fixtures/relayed-mix.ts'
import { type Owner, openHouseWith, ownerOf, ownersLanguages, readNote } from '../fixtures/signed-in-owner.ts'

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
    node = await house.openNode()
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
})

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
