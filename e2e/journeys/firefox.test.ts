import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askJson, askRaw } from '#scripts/browser/customer.ts'
import { buildExtension, shipExtension } from '#scripts/browser/extension-build.ts'
import { type FirefoxBrowser, startFirefox } from '#scripts/browser/firefox.ts'
import { readPopup } from '#scripts/browser/owner.ts'
import type { LayerOff } from '../../vite.config.ts'
import { expectBooksToBalance, readLinkCloses, readLinkedNodes } from '../fixtures/books.ts'
import { siteNames } from '../fixtures/house.ts'
import { tellMeasured } from '../fixtures/measured.ts'
import {
  addressMeantBy,
  insideName,
  privateSpellings,
  rebindingName,
  spellingsMin,
} from '../fixtures/private-places.ts'
import { type SecureNameServer, startSecureNameServer } from '../fixtures/secure-name-server.ts'
import { cookieLines, homeSecret, startPrivateDevice } from '../fixtures/target-site.ts'
import { makeTestCertificates, type TestCertificates } from '../fixtures/test-certificates.ts'
import { until } from '../fixtures/until.ts'
import {
  askAllInTurn,
  everyWay,
  expectNothingToArrive,
  type Home,
  listenToDevices,
  openHome,
  relayWithoutChecks,
  siteAddress,
} from '../fixtures/ways-inside.ts'

/** Leads to the public site when it is looked up, and to a device of the home whenever it is asked for once more. */
const shiftingName = 'shifting.example.org'
const deviceAddress = '127.0.0.3'
/** A device as there are in homes: it does not speak TLS. */
const plainDeviceAddress = '127.0.0.77'
/** Firefox itself connects to "this host" under none of its names; Chromium does. */
const refusedByFirefox = ['0.0.0.0', '0', '0x0', '[::]']

/** Firefox speaks https alone, so every device of this home has a certificate that it trusts: nothing is refused for want of one. */
const certificateNames = [
  '*.example.org',
  'localhost',
  'printer.localhost',
  siteAddress,
  ...new Set(privateSpellings.map(addressMeantBy)),
]

/** Firefox stops a background that has heard nothing for so long. */
const backgroundIdleMs = 30_000

type SecureHome = Home & { certificates: TestCertificates; nameServer: SecureNameServer }

async function openSecureHome(relayProgram?: string): Promise<SecureHome> {
  const certificates = await makeTestCertificates(certificateNames)
  const tls = { key: certificates.keyPem, cert: certificates.certPem }
  const nameServer = await startSecureNameServer(tls)
  const relayNames = [`MAP ${shiftingName} ${siteAddress}`]
  const home = await openHome({ tls, relayNames, ...(relayProgram && { relayProgram }) })
  for (const name of siteNames) nameServer.names.set(name, [siteAddress])
  for (const [at, spelling] of privateSpellings.entries()) {
    nameServer.names.set(insideName(at), [addressMeantBy(spelling)])
    nameServer.names.set(rebindingName(at), [addressMeantBy(spelling)])
  }
  return {
    ...home,
    certificates,
    nameServer,
    async close() {
      await home.close()
      await nameServer.close()
    },
  }
}

type FirefoxNode = { browser: FirefoxBrowser; popup: Page }

/** Firefox, whose owner has chosen this relay and agreed, with its popup open. */
async function openFirefoxNode(home: SecureHome, layersOff: readonly LayerOff[] = []): Promise<FirefoxNode> {
  const { relay } = home.house
  await shipExtension('firefox')
  const extension = layersOff.length > 0 ? `${relay.dataDir}/firefox-without-${layersOff.join('-')}` : null
  if (extension) await buildExtension('firefox', extension, layersOff)
  const browser = await startFirefox({
    authorityPem: home.certificates.caPem,
    nameServerUrl: home.nameServer.url,
    ...(extension && { extension }),
  })
  const options = await browser.open('options')
  await options.locator(at('relay-url')).fill(relay.url)
  await options.locator(at('relay-save')).click()
  await options.waitForSelector(at('relay-saved'))
  await options.close()
  const consent = await browser.open('consent')
  for (const answer of ['mode-always', 'unlimited-yes', 'battery-yes']) {
    await consent.waitForSelector(at(answer))
    await consent.$eval(at(answer), (radio) => (radio as HTMLInputElement).click())
  }
  await consent.locator(at('consent-agree')).click()
  await consent.waitForSelector(at('consent-agreed'))
  await consent.close()
  const popup = await browser.open('popup')
  await waitForPhase(popup, 'sharing')
  return { browser, popup }
}

const at = (testId: string): string => `[data-testid=${testId}]`

const waitForPhase = (popup: Page, phase: 'sharing' | 'off', reason?: string) =>
  popup.waitForSelector(`${at('status')}[data-phase=${phase}]${reason ? `[data-reason=${reason}]` : ''}`, {
    timeout: 60_000,
  })

const reasonIn = (popup: Page) => popup.$eval(at('status-detail'), (element) => element.textContent)

describe.sequential('a node in Firefox', () => {
  let home: SecureHome
  let node: FirefoxNode
  beforeAll(async () => {
    home = await openSecureHome()
    node = await openFirefoxNode(home)
  })
  afterAll(async () => {
    await node?.browser.close()
    await home?.close()
  })

  test('a page travels through it over https, whole, and a redirect is followed', async () => {
    const { house } = home
    const { small, binary, text } = house.site.pages
    for (const page of [small, binary, text]) {
      const reply = await askRaw(house.customer, { url: `${house.siteOrigins[0]}${page.path}` })
      expect(reply).toMatchObject({ status: 200, ending: 'complete', sha256: page.sha256 })
    }
    const redirected = await askRaw(house.customer, { url: `${house.siteOrigins[1]}/redirect` })
    expect(redirected).toMatchObject({ status: 200, ending: 'complete', sha256: small.sha256 })
    expect(redirected.headers['fallow-final-url']).toBe(`${house.siteOrigins[1]}/small`)
  })

  test('the target learns nothing of who asked, and every line of its cookies reaches the customer', async () => {
    const { house } = home
    const url = `${house.siteOrigins[2]}/set-cookie?for=customer`
    for (const round of [1, 2]) {
      const reply = await askJson(house.customer, { url: `${url}${round}` })
      if (!reply.ok) throw new Error(reply.problem.detail)
      const lines = reply.answer.headers.filter(([name]) => name === 'set-cookie').map(([, line]) => line)
      expect(lines).toEqual(cookieLines(`customer${round}`))
    }
    const echo = await askJson(house.customer, {
      url: `${house.siteOrigins[2]}/echo`,
      method: 'POST',
      headers: { 'user-agent': 'customer/1.0', 'x-wanted': 'yes' },
      body: 'the body',
    })
    if (!echo.ok) throw new Error(echo.problem.detail)
    const seen = JSON.parse(echo.answer.body) as { body: string; headers: Record<string, string> }
    expect(seen).toMatchObject({
      body: 'the body',
      headers: { 'user-agent': 'customer/1.0', 'x-wanted': 'yes', 'accept-language': 'en' },
    })
    for (const name of ['origin', 'referer', 'cookie']) expect(seen.headers).not.toHaveProperty(name)
    expect(JSON.stringify(seen)).not.toMatch(/moz-extension|fallow|0b7b1e0c/i)
  })

  test('every failure of a target has its word', async () => {
    const { house } = home
    const [origin = ''] = house.siteOrigins
    expect(await askJson(house.customer, { url: `${origin}/reset` })).toMatchObject({
      ok: false,
      problem: { code: 'target-reset' },
    })
    expect(
      await askJson(house.customer, { url: `https://unknown.example.org:${house.site.port}/` }),
    ).toMatchObject({ ok: false, problem: { code: 'target-dns' } })
  })

  test('plain http is asked of no such node', async () => {
    const url = `http://${siteNames[0]}:${home.house.site.port}/small`
    expect(await askJson(home.house.customer, { url })).toMatchObject({
      ok: false,
      problem: { code: 'no-node-available' },
    })
  })

  for (const way of everyWay)
    test(`no request reaches the home, ${way.name}`, async () => {
      const before = connectionsTo(home)
      await expectNothingToArrive(home, way)
      // Firefox asks where a name leads before it connects, so that a device does not even see a socket.
      expect(connectionsTo(home)).toBe(before)
    })

  test('the books balance', async () => {
    await expectBooksToBalance(home.house, [node.popup])
  })

  test('it goes on while no page of it is open and nothing is asked of it for longer than Firefox lets a background idle', async () => {
    const { house } = home
    await node.popup.close()
    await delay(backgroundIdleMs + 15_000)
    expect(await askJson(house.customer, { url: `${house.siteOrigins[0]}/small` })).toMatchObject({
      ok: true,
    })
    node.popup = await node.browser.open('popup')
    await waitForPhase(node.popup, 'sharing')
    await expectBooksToBalance(house, [node.popup])
  })

  test('a name that changes a moment after it was looked up leads nobody inside', async () => {
    const { house, nameServer } = home
    nameServer.names.set(shiftingName, firstThen([siteAddress], [deviceAddress]))
    const reply = await askJson(house.customer, { url: `https://${shiftingName}:${house.site.port}/shifted` })
    // Either Firefox went where the look-up had said, or the answer met the tripwire.
    expect(reply.ok ? reply.answer.status : reply.problem.code).toSatisfy(
      (seen) => seen === 404 || seen === 'node-unsafe',
    )
    expect(JSON.stringify(reply)).not.toContain(homeSecret)
  })
})

describe.sequential('a node in Firefox that looks no name up', () => {
  let home: SecureHome
  let node: FirefoxNode
  beforeAll(async () => {
    home = await openSecureHome()
    node = await openFirefoxNode(home, ['lock'])
  })
  afterAll(async () => {
    await node?.browser.close()
    await home?.close()
  })

  test('a device sees a greeting of TLS with the name in it, and no request, because it has no certificate for the name', async () => {
    const { house, nameServer } = home
    const device = await startPrivateDevice({ address: plainDeviceAddress, port: house.site.port })
    nameServer.names.set(shiftingName, [plainDeviceAddress])
    const reply = await askJson(house.customer, {
      url: `https://${shiftingName}:${house.site.port}/secret-path`,
    })
    expect(reply).toMatchObject({ ok: false, problem: { code: 'target-tls' } })
    expect(JSON.stringify(reply)).not.toContain(homeSecret)
    expect(device.heard).toContain(shiftingName)
    expect(device.heard).not.toMatch(/secret-path|GET|HTTP/)
    tellMeasured('bytes of a TLS greeting that the device saw', device.heard.length)
    await device.close()
  })

  test('a device with a certificate for the name is asked, and its answer is dropped unread: sharing stops, owner and relay are told', async () => {
    const { house } = home
    const heard = listenToDevices(home)
    const reply = await askJson(house.customer, everyWay.at(-1)?.ask(house, '', 0) ?? { url: '' })
    expect(reply).toMatchObject({ ok: false, problem: { code: 'node-unsafe', source: 'node' } })
    expect(JSON.stringify(reply)).not.toContain(homeSecret)
    expect(heard()).toContain('GET /rebound-0-')
    await waitForPhase(node.popup, 'off', 'private-address-answered')
    expect(await reasonIn(node.popup)).toContain(rebindingName(0))
    await until('the relay to hear of it', async () => (await readLinkCloses(house, 'node-unsafe')) === 1)
    expect(await readLinkedNodes(house)).toBe(0)
  })

  test('the owner starts it again by hand, and the books balance', async () => {
    await node.popup.locator(at('resume')).click()
    await waitForPhase(node.popup, 'sharing')
    const { house } = home
    expect(await askJson(house.customer, { url: `${house.siteOrigins[0]}/small` })).toMatchObject({
      ok: true,
    })
    await expectBooksToBalance(house, [node.popup])
  })
})

/** `first` once, and `then` ever after. */
function firstThen(first: readonly string[], then: readonly string[]): () => readonly string[] {
  let asked = 0
  return () => {
    asked += 1
    return asked === 1 ? first : then
  }
}

const connectionsTo = ({ devices }: Home): number =>
  devices.reduce((sum, { connections }) => sum + connections, 0)

describe.sequential('a node in Firefox behind a relay that checks nothing', () => {
  let home: SecureHome
  beforeAll(async () => {
    home = await openSecureHome(relayWithoutChecks)
  })
  afterAll(() => home?.close())

  describe.sequential('as it is shipped', () => {
    let node: FirefoxNode
    beforeAll(async () => {
      node = await openFirefoxNode(home)
    })
    afterAll(() => node?.browser.close())

    for (const way of everyWay)
      test(`no request reaches the home, ${way.name}`, () => expectNothingToArrive(home, way))

    test('and it still shares', async () => {
      expect(await readPopup(node.popup)).toMatchObject({ phase: 'sharing' })
    })
  })

  describe.sequential('and with no wall at all', () => {
    let node: FirefoxNode
    beforeAll(async () => {
      node = await openFirefoxNode(home, ['node-check', 'lock', 'tripwire'])
    })
    afterAll(() => node?.browser.close())

    for (const way of everyWay)
      test(`every spelling reaches the home, ${way.name}, so that the refusals above prove something`, async () => {
        const replies = await askAllInTurn(home, way)
        const seen = replies.map((reply) => (reply.ok ? reply.answer.body : reply.problem.code))
        const meant = privateSpellings.map((spelling) =>
          refusedByFirefox.includes(spelling) ? 'target-refused' : homeSecret,
        )
        expect(privateSpellings.map((spelling, index) => [spelling, seen[index]])).toEqual(
          privateSpellings.map((spelling, index) => [spelling, meant[index]]),
        )
        expect(meant.filter((body) => body === homeSecret).length).toBeGreaterThanOrEqual(spellingsMin)
      })
  })
})
