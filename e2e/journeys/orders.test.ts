import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NodeBrowser } from '#scripts/browser/browser.ts'
import { askJson, type CustomerAccess } from '#scripts/browser/customer.ts'
import { freePort } from '#scripts/browser/free-port.ts'
import { commandOwner, startSharing, waitForPhase } from '#scripts/browser/owner.ts'
import { stopWorkers } from '../fixtures/browser-insides.ts'
import { type BrowserWishes, type House, openHouse } from '../fixtures/house.ts'
import {
  type OrderingSite,
  orderingNames,
  startOrderingSite,
  startRelayFront,
} from '../fixtures/ordering-site.ts'
import { type PrivateDevice, startPrivateDevice } from '../fixtures/target-site.ts'
import { startUdpDevice } from '../fixtures/udp-device.ts'
import { until } from '../fixtures/until.ts'

const [relayedName, seenName, detourName, ordinaryName] = orderingNames as [string, string, string, string]
/** Chromium sends what reports wait once a minute. */
const deliveryMsMax = 130_000

describe.sequential('what an answer orders the browser to do later', () => {
  let site: OrderingSite
  let house: House
  let customer: CustomerAccess
  let front: Awaited<ReturnType<typeof startRelayFront>>
  let relayUrl = ''
  let profile = ''
  const devices: PrivateDevice[] = []
  const udpDevices: Awaited<ReturnType<typeof startUdpDevice>>[] = []

  beforeAll(async () => {
    site = await startOrderingSite()
    const relayPort = await freePort()
    front = await startRelayFront(site.certificates, relayPort)
    relayUrl = front.url
    house = await openHouse({
      places: [{ port: site.port, names: orderingNames }],
      relayEnv: { FALLOW_PORT: String(relayPort), FALLOW_PUBLIC_URL: relayUrl },
    })
    house.closing(() => front.close())
    profile = await mkdtemp(join(tmpdir(), 'fallow-profile-'))
    house.closing(() => rm(profile, { recursive: true, force: true }))
    customer = { ...house.customer, relayUrl: `http://127.0.0.1:${relayPort}` }
    for (let number = 0; number < 4; number += 1) {
      devices.push(await startPrivateDevice())
      udpDevices.push(await startUdpDevice())
    }
  })
  afterAll(async () => {
    await house?.close()
    await site?.close()
    for (const device of [...devices, ...udpDevices]) await device.close()
  })

  const share = async (wanted: BrowserWishes) => {
    const browser = await house.openBrowser({
      ...wanted,
      switches: [
        `--ignore-certificate-errors-spki-list=${site.certificates.spkiSha256}`,
        ...(wanted.switches ?? []),
      ],
      withoutSwitches: ['--disable-background-networking', '--disable-quic'],
    })
    return { browser, popup: await startSharing(browser, relayUrl) }
  }
  const ask = async (url: string) => {
    const reply = await askJson(customer, { url })
    return reply.ok ? reply.answer.status : reply.problem.code
  }
  const [relayedDevice, seenDevice, openDevice] = [() => devices[0], () => devices[1], () => devices[2]]

  test('reports and packets of relayed answers reach no device at home, those of the owner’s own pages do, and nothing of the owner’s goes', async () => {
    const { browser, popup } = await share({ profile })
    expect(await installWarnings(browser)).toEqual([])
    const owner = await browser.context.newPage()
    await owner.goto(site.keepsake(ordinaryName))
    const kept = await owner.textContent('p')

    // Nothing has waited to be sent in this browser but what the node itself keeps waiting.
    expect(await ask(site.reports(relayedName, portOf(relayedDevice())))).toBe(200)
    await owner.goto(site.reports(seenName, portOf(seenDevice())))

    // A device is named in the answer itself: the site is not asked again, now and until the worker ends.
    const [detour, seenDetour] = udpDevices as [(typeof udpDevices)[0], (typeof udpDevices)[0]]
    expect(await ask(site.elsewhere(detourName, detour.port))).toBe(200)
    expect(await ask(site.elsewhere(detourName, detour.port))).toBe('policy-refused')
    await stopWorkers(browser)
    await popup.reload()
    await waitForPhase(popup, 'sharing')
    expect(await ask(site.keepsake(detourName))).toBe(200)
    await owner.goto(site.elsewhere(seenName, seenDetour.port))
    await owner.goto(site.keepsake(seenName))
    await until('the owner’s own detour', () => seenDetour.datagrams > 0)
    expect(detour.datagrams).toBe(0)

    // Reports go out together, so what has not come with these does not come.
    await until('the reports of the owner’s page', () => (seenDevice()?.connections ?? 0) > 0, {
      msMax: deliveryMsMax,
    })
    expect(relayedDevice()?.connections).toBe(0)

    await owner.goto(site.keepsake(ordinaryName))
    expect(await owner.textContent('p')).toBe(kept)
    await owner.goto(site.keepsake(ordinaryName).replace('https:', 'http:'))
    expect(owner.url()).toBe(site.keepsake(ordinaryName))
    expect((await browser.context.cookies(site.keepsake(ordinaryName))).map(({ value }) => value)).toEqual([
      'here',
    ])
    await browser.close()
    expect(historyIn(profile)).toContain(site.keepsake(ordinaryName))
  })

  test('without the look for such orders both would arrive', async () => {
    const { browser } = await share({ layersOff: ['orders'], switches: ['--short-reporting-delay'] })
    const [, , detour] = udpDevices as [unknown, unknown, (typeof udpDevices)[0]]
    expect(await ask(site.reports(relayedName, portOf(openDevice())))).toBe(200)
    await until('the report', () => (openDevice()?.connections ?? 0) > 0)
    expect(await ask(site.elsewhere(detourName, detour.port))).toBe(200)
    expect(await ask(site.elsewhere(detourName, detour.port))).toBe(200)
    await until('the detour', () => detour.datagrams > 0)
    await browser.close()
  })

  test('a detour that a relay orders as it takes the node’s socket is not taken', async () => {
    const [, , , detour] = udpDevices as [unknown, unknown, unknown, (typeof udpDevices)[0]]
    const { browser, popup } = await share({})
    await commandOwner(browser, 'pause', { for: 'until-resumed' })
    await waitForPhase(popup, 'off', 'paused-by-you')
    front.leadSocketsTo(detour.port)
    await commandOwner(browser, 'resume')
    await waitForPhase(popup, 'sharing')
    await askRelay(browser, relayUrl)
    expect(detour.datagrams).toBe(0)
    await browser.close()

    const unlooked = await share({ layersOff: ['orders'] })
    await askRelay(unlooked.browser, relayUrl)
    await until('the detour', () => detour.datagrams > 0)
  })
})

const portOf = (device: PrivateDevice | undefined): number => device?.port ?? 0

type ExtensionPageGlobal = {
  chrome: {
    runtime: { getManifest(): object }
    management: { getPermissionWarningsByManifest(manifest: string): Promise<string[]> }
  }
}

/** As the background asks it, and from the same place in the browser's books. */
async function askRelay(browser: NodeBrowser, relayUrl: string): Promise<void> {
  const options = await browser.open('options')
  await options.evaluate(
    (url) => fetch(url, { mode: 'no-cors', cache: 'no-store' }).then(() => {}),
    `${relayUrl}/healthz`,
  )
  await options.close()
}

/** What the browser would tell whoever installs this extension. */
async function installWarnings(browser: NodeBrowser): Promise<string[]> {
  const options = await browser.open('options')
  const warnings = await options.evaluate(() => {
    const { runtime, management } = (globalThis as unknown as ExtensionPageGlobal).chrome
    return management.getPermissionWarningsByManifest(JSON.stringify(runtime.getManifest()))
  })
  await options.close()
  return warnings
}

/** The addresses in the owner's history, from the file in which Chromium keeps them. */
function historyIn(profile: string): string[] {
  const history = new DatabaseSync(join(profile, 'Default', 'History'), { readOnly: true })
  const rows = history.prepare('SELECT url FROM urls').all() as { url: string }[]
  history.close()
  return rows.map(({ url }) => url)
}
