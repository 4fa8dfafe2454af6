import type { Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askJson, askRaw } from '#scripts/browser/customer.ts'
import { waitForPhase } from '#scripts/browser/owner.ts'
import { expectBooksToBalance } from '../fixtures/books.ts'
import { type House, homeDeviceName, type Node, openHouse, tripwireName } from '../fixtures/house.ts'
import { tellMeasured } from '../fixtures/measured.ts'
import { photograph } from '../fixtures/screenshots.ts'
import { cookieLines } from '../fixtures/target-site.ts'

/** 127.0.0.3, written so that a URL parser still reads it. There the home's device listens, on the port of the target. */
const spellings = [
  '127.0.0.3',
  '127.0.0.3.',
  '127.3',
  '127.0.3',
  '2130706435',
  '0x7f000003',
  '0x7f.0.0.3',
  '0177.0.0.3',
  '017700000003',
  '127.0.0.0x3',
  '%31%32%37.0.0.3',
  '１２７.０.０.３',
  '127。0。0。3',
  '[::ffff:127.0.0.3]',
  '[::ffff:7f00:3]',
  '[::127.0.0.3]',
  '[64:ff9b::127.0.0.3]',
  '[2002:7f00:3::]',
]

/** What `/echo` says that it received. */
type Echo = { method: string; headers: Record<string, string>; body: string }

/** The owner looks at a page of the site in a tab of the same profile, and leaves. */
async function visitAsOwner<T>({ browser }: Node, url: string, look: (page: Page) => Promise<T>): Promise<T> {
  const page = await browser.context.newPage()
  await page.goto(url)
  try {
    return await look(page)
  } finally {
    await page.close()
  }
}

describe.sequential('right after the first consent, in the same worker', () => {
  let house: House
  let node: Node
  beforeAll(async () => {
    house = await openHouse()
    node = await house.openNode()
  })
  afterAll(() => house?.close())

  test('a redirect is followed, hop by hop', async () => {
    const { small } = house.site.pages
    const reply = await askRaw(house.customer, { url: `${house.site.origin}/redirect` })
    expect(reply).toMatchObject({ status: 200, ending: 'complete', sha256: small.sha256 })
    expect(reply.headers['fallow-final-url']).toBe(`${house.site.origin}/small`)
    expect(house.site.received.map(({ url }) => url)).toEqual(['/redirect', '/small'])
  })

  test('a customer who wants the redirect itself gets it, with its Location', async () => {
    const reply = await askJson(house.customer, { url: `${house.site.origin}/redirect`, redirect: 'manual' })
    expect(reply).toMatchObject({ ok: true, answer: { status: 302 } })
    expect(reply.ok && reply.answer.headers).toContainEqual(['location', '/small'])
  })

  test('an owner who visits the site has a cookie there, and shows it', async () => {
    const { origin } = house.site
    await visitAsOwner(node, `${origin}/set-cookie?for=owner`, async () => {})
    const seen = await visitAsOwner(node, `${origin}/echo`, async (page) =>
      page.locator('body').textContent(),
    )
    expect((JSON.parse(seen ?? '') as Echo).headers.cookie).toBe('a=owner; b=owner')
  })

  test('the target learns nothing of who asked: no origin, no referrer, no cookie, no trace of the extension', async () => {
    const reply = await askJson(house.customer, {
      url: `${house.site.origin}/echo`,
      method: 'POST',
      headers: { 'x-wanted': 'yes', 'user-agent': 'customer/1.0' },
      body: 'the body',
    })
    if (!reply.ok) throw new Error(reply.problem.detail)
    const seen = JSON.parse(reply.answer.body) as Echo
    expect(seen).toMatchObject({
      method: 'POST',
      body: 'the body',
      headers: { 'x-wanted': 'yes', 'user-agent': 'customer/1.0' },
    })
    for (const name of ['origin', 'referer', 'cookie', 'sec-ch-ua'])
      expect(seen.headers).not.toHaveProperty(name)
    expect(JSON.stringify(seen)).not.toMatch(/chrome-extension|fallow|iehnjakj/i)
  })

  test('the cookies of an answer reach the customer, every line of them, and none of them reaches the owner', async () => {
    const cookiesBefore = await node.browser.context.cookies()
    expect(cookiesBefore.map(({ name, value }) => `${name}=${value}`).toSorted()).toEqual([
      'a=owner',
      'b=owner',
    ])
    const url = `${house.site.origin}/set-cookie?for=customer`
    const reply = await askJson(house.customer, { url })
    if (!reply.ok) throw new Error(reply.problem.detail)
    const lines = reply.answer.headers.filter(([name]) => name === 'set-cookie').map(([, line]) => line)
    expect(lines).toEqual(cookieLines('customer'))
    const { headers } = await askRaw(house.customer, { url })
    for (const line of lines) expect(headers['fallow-target-header']).toContain(`set-cookie: ${line}`)
    // A target's cookie is never one of the relay's own address.
    expect(headers).not.toHaveProperty('set-cookie')
    expect(await node.browser.context.cookies()).toEqual(cookiesBefore)
  })

  test('every failure of a target has its own word, at once', async () => {
    const refusedPort = await askJson(house.customer, { url: `${house.site.origin}/reset` })
    expect(refusedPort).toMatchObject({ ok: false, problem: { code: 'target-reset', source: 'target' } })
    const late = await askJson(house.customer, { url: `${house.site.origin}/never`, timeoutMs: 1_000 })
    expect(late).toMatchObject({ ok: false, problem: { code: 'target-timeout', source: 'target' } })
  })

  test('a private address is refused however it is spelt', async () => {
    for (const spelling of spellings) {
      const reply = await askJson(house.customer, { url: `http://${spelling}:${house.site.port}/` })
      expect(reply, spelling).toMatchObject({
        ok: false,
        problem: { code: 'policy-refused', status: 451, source: 'policy' },
      })
    }
  })

  test('other doors of the same machine, names of private networks and other schemes are refused', async () => {
    const refused = [
      house.devices[0]?.origin,
      `http://localhost:${house.site.port}`,
      'http://router.lan/',
      'file:///etc/passwd',
      'ftp://example.com/',
      'http://0/',
    ]
    for (const url of refused) {
      const reply = await askJson(house.customer, { url: url ?? '' })
      expect(reply, url).toMatchObject({ ok: false, problem: { code: 'policy-refused', status: 451 } })
    }
  })

  test('a redirect into the home network is not followed', async () => {
    for (const { origin } of house.devices) {
      const url = `${house.site.origin}/redirect-to?url=${encodeURIComponent(origin)}`
      expect(await askJson(house.customer, { url })).toMatchObject({
        ok: false,
        problem: { code: 'policy-refused', status: 451 },
      })
    }
  })

  test('a name that leads into the home, which only the browser can see, is stopped by the lock of the browser', async () => {
    const url = `http://${homeDeviceName}:${house.site.port}/`
    const reply = await askJson(house.customer, { url })
    expect(reply).toMatchObject({ ok: false, problem: { code: 'policy-refused', status: 451 } })
    const redirected = await askJson(house.customer, {
      url: `${house.site.origin}/redirect-to?url=${encodeURIComponent(url)}`,
    })
    expect(redirected).toMatchObject({ ok: false, problem: { code: 'policy-refused', status: 451 } })
  })

  test('no byte of all this has reached the home network', () => {
    expect(house.devices.map(({ heard }) => heard)).toEqual(['', ''])
    const [otherDoor, behindName] = house.devices.map(({ connections }) => connections)
    expect(otherDoor).toBe(0)
    // The lock of the browser looks at the address of a socket that stands, and then says nothing on it.
    tellMeasured('sockets that the browser opened to the device, and closed without a word', behindName ?? 0)
  })

  test('the books balance', async () => {
    await expectBooksToBalance(house, [node.popup])
  })

  test('an answer from an address that is not public trips the wire: it is dropped, sharing stops, the owner is told', async () => {
    const reply = await askJson(house.customer, { url: `http://${tripwireName}:${house.site.port}/small` })
    expect(reply).toMatchObject({ ok: false, problem: { code: 'node-unsafe', source: 'node' } })
    expect(JSON.stringify(reply)).not.toContain('A small page')
    // It did arrive: the browser was told that this address is public, so that only the wire was left to notice.
    expect(house.tripwireSite.received.map(({ url }) => url)).toEqual(['/small'])
    await waitForPhase(node.popup, 'off', 'private-address-answered')
    expect(await node.popup.getByTestId('status-detail').textContent()).toBe(`${tripwireName} (127.0.0.2)`)
    await photograph(node.popup, 'popup-tripwire')
    const next = await askJson(house.customer, { url: `${house.site.origin}/small` })
    expect(next).toMatchObject({ ok: false, problem: { code: 'no-node-available' } })
  })

  test('after the wire was tripped the owner can share again, and only by the own hand', async () => {
    await node.popup.getByTestId('resume').click()
    await waitForPhase(node.popup, 'sharing')
    expect(await askJson(house.customer, { url: `${house.site.origin}/small` })).toMatchObject({ ok: true })
    await expectBooksToBalance(house, [node.popup])
  })
})
