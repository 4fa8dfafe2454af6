import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCustomer } from '#scripts/browser/command-line.ts'
import { askJson, type CustomerAccess, openAnswer, readBody } from '#scripts/browser/customer.ts'
import { commandOwner, waitForPhase } from '#scripts/browser/owner.ts'
import { expectBooksToBalance } from '../fixtures/books.ts'
import { type House, type Node, openHouse } from '../fixtures/house.ts'
import { until } from '../fixtures/until.ts'

const noRules = {
  deniedCategories: [],
  deniedHosts: [],
  allowedHosts: [],
  onlyAllowed: false,
  deniedCustomers: [],
}
const refusedByAll = {
  ok: false,
  problem: {
    code: 'no-node-available',
    attempts: [],
    detail: expect.stringMatching(/^The rules of their owners keep all 1 matching nodes/),
  },
}

describe.sequential('the owner’s rules', () => {
  let house: House
  let node: Node
  let other: CustomerAccess & { customerId: string }
  beforeAll(async () => {
    house = await openHouse()
    node = await house.openNode()
    const { apiKey, customerId } = await createCustomer(house.relay.dataDir, {
      name: 'other',
      traffic: '1GiB',
    })
    other = { relayUrl: house.relay.url, apiKey, customerId }
  })
  afterAll(() => house?.close())

  const command = async (name: string, payload: object) =>
    expect(await commandOwner(node.browser, name, payload)).toMatchObject({ ok: true })
  const setRules = (rules: object) => command('changeSettings', { rules: { ...noRules, ...rules } })
  const urlAt = (site: number, path = '/small') => `${house.siteOrigins[site]}${path}`
  const askedAt = (site: number) =>
    house.site.received.filter(({ host }) => house.siteOrigins[site]?.endsWith(`//${host}`)).length

  /** In the page of the log: the row of this site, what it offers to refuse, and yes. */
  async function refuseFromRow(site: string, offer: 'refuse-site' | 'refuse-customer'): Promise<void> {
    const log = await node.browser.open('activity')
    await log.getByTestId('log-row').filter({ hasText: site }).click()
    await log.getByTestId(offer).click()
    await log.getByTestId('refuse-yes').click()
    await log.getByTestId('refuse-done').waitFor()
    await log.close()
  }

  async function namesInOptions(list: 'denied-hosts-list' | 'denied-customers'): Promise<string[]> {
    const options = await node.browser.open('options')
    await options.getByTestId(list).waitFor()
    const names = await options.getByTestId(list).locator('li > bdi').allTextContents()
    await options.close()
    return names
  }

  const served = { ok: true, answer: { status: 200, attempts: [{ outcome: 'completed' }] } }

  test('a denied site is never offered, pasted as a URL or not, and the node serves all the rest', async () => {
    await setRules({ deniedHosts: [urlAt(0, '/some/page?of=it')] })
    expect(await askJson(house.customer, { url: urlAt(0) })).toMatchObject(refusedByAll)
    expect(askedAt(0)).toBe(0)
    expect(await askJson(house.customer, { url: urlAt(1) })).toMatchObject(served)
  })

  test('a redirect to a denied site ends as the owner’s rule, and the denied site is not asked', async () => {
    const url = urlAt(1, `/redirect-to?url=${encodeURIComponent(urlAt(0))}`)
    expect(await askJson(house.customer, { url })).toMatchObject({
      ok: false,
      problem: { code: 'owner-rule', attempts: [{ outcome: 'owner-rule' }] },
    })
    expect(askedAt(0)).toBe(0)
    expect(await askJson(house.customer, { url: urlAt(1) })).toMatchObject(served)
  })

  test('a list that is too long for the relay still holds in the node, redirects too', async () => {
    const many = Array.from({ length: 1_000 }, (_, index) => `denied${index}.example.com`)
    await setRules({ deniedHosts: ['site3.example.org', ...many] })
    const refused = { ok: false, problem: { code: 'owner-rule', attempts: [{ outcome: 'owner-rule' }] } }
    expect(await askJson(house.customer, { url: urlAt(2) })).toMatchObject(refused)
    const hop = urlAt(1, `/redirect-to?url=${encodeURIComponent(urlAt(2))}`)
    expect(await askJson(house.customer, { url: hop })).toMatchObject(refused)
    expect(askedAt(2)).toBe(0)
    expect(await askJson(house.customer, { url: urlAt(1) })).toMatchObject(served)
  })

  test('of only the allowed sites nothing but these is offered', async () => {
    await setRules({ allowedHosts: ['site4.example.org'], onlyAllowed: true })
    expect(await askJson(house.customer, { url: urlAt(1) })).toMatchObject(refusedByAll)
    expect(await askJson(house.customer, { url: urlAt(3) })).toMatchObject(served)
    await setRules({})
  })

  test('a customer whom the owner refuses is not served, what it had running ends, and others are served', async () => {
    const answer = await openAnswer(other, { url: urlAt(4, '/slow-drip?gate=customer') })
    await once(answer, 'data')
    const mine = await openAnswer(house.customer, { url: urlAt(5, '/slow-drip?gate=mine') })
    await once(mine, 'data')
    await command('refuseCustomer', { id: other.customerId, label: 'other' })
    expect(await readBody(answer)).toMatchObject({ ending: 'broken' })
    house.site.open('mine')
    expect(await readBody(mine)).toMatchObject({ ending: 'complete' })
    expect(await askJson(other, { url: urlAt(4) })).toMatchObject(refusedByAll)
    expect(await askJson(house.customer, { url: urlAt(4) })).toMatchObject(served)
    await setRules({})
    expect(await askJson(other, { url: urlAt(4) })).toMatchObject(served)
  })

  test('“Never this site”, clicked in the log, keeps every customer from it, and the options show it', async () => {
    expect(await askJson(house.customer, { url: urlAt(8) })).toMatchObject(served)
    await refuseFromRow('site9.example.org', 'refuse-site')
    expect(await askJson(house.customer, { url: urlAt(8) })).toMatchObject(refusedByAll)
    expect(await askJson(other, { url: urlAt(8) })).toMatchObject(refusedByAll)
    expect(askedAt(8)).toBe(1)
    expect(await askJson(house.customer, { url: urlAt(9) })).toMatchObject(served)
    expect(await namesInOptions('denied-hosts-list')).toEqual(['site9.example.org'])
  })

  test('“Never this customer”, clicked in the log, keeps out that one alone, and the options show it', async () => {
    expect(await askJson(other, { url: urlAt(10) })).toMatchObject(served)
    await refuseFromRow('site11.example.org', 'refuse-customer')
    for (const site of [10, 11])
      expect(await askJson(other, { url: urlAt(site) })).toMatchObject(refusedByAll)
    expect([askedAt(10), askedAt(11)]).toEqual([1, 0])
    expect(await askJson(house.customer, { url: urlAt(10) })).toMatchObject(served)
    expect(await namesInOptions('denied-customers')).toEqual(['other'])
    await setRules({})
  })

  test('a site that the owner refuses while it streams ends, and is not offered any more', async () => {
    const answer = await openAnswer(house.customer, { url: urlAt(6, '/slow-drip?gate=site') })
    await once(answer, 'data')
    const before = house.relay.logText().length
    await command('refuseSite', { host: 'site7.example.org' })
    expect(await readBody(answer)).toMatchObject({ ending: 'broken' })
    // A site that stands still is given up some time later too, and for another reason.
    await until('the relay to hear why', () =>
      house.relay.logText().slice(before).includes('"outcome":"owner-rule"'),
    )
    expect(await askJson(house.customer, { url: urlAt(6) })).toMatchObject(refusedByAll)
    expect(await askJson(house.customer, { url: urlAt(7) })).toMatchObject(served)
  })

  test('rules outlive a restart of the relay, which hears them in the next hello, and the books balance', async () => {
    await expectBooksToBalance(house, [node.popup])
    await house.relay.stop()
    await house.startRelayAgain()
    await waitForPhase(node.popup, 'sharing')
    expect(await askJson(house.customer, { url: urlAt(7) })).toMatchObject(served)
    expect(await askJson(house.customer, { url: urlAt(6) })).toMatchObject(refusedByAll)
  })
})
