import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NodeBrowser } from '#scripts/browser/browser.ts'
import { consentPageOf, declineConsent, giveConsent, refusePrompt } from '#scripts/browser/consent.ts'
import { askJson } from '#scripts/browser/customer.ts'
import { commandOwner, readOwnerView, readPopup, setRelay, waitForPhase } from '#scripts/browser/owner.ts'
import { expectLedgerToVerify, readLinkedNodes, readRelayCount, readTotals } from '../fixtures/books.ts'
import { rewriteOwnerState } from '../fixtures/browser-insides.ts'
import { type House, openHouse } from '../fixtures/house.ts'
import { photograph } from '../fixtures/screenshots.ts'

/** What the browser itself says about the extension's access to websites. */
const hasHostAccess = (browser: NodeBrowser): Promise<boolean> =>
  onPage(browser, () => chrome.permissions.contains({ origins: ['http://*/*', 'https://*/*'] }))

/** What the totals of a ledger say where no byte has moved. */
const nothing = {
  attempts: 0n,
  carriedBytes: 0n,
  chargedBytes: 0n,
  goodwillBytes: 0n,
  creditedBytes: 0n,
  pointsUnits: 0n,
}

async function onPage<T>(browser: NodeBrowser, ask: () => Promise<T>): Promise<T> {
  const page = await browser.open('options')
  try {
    return await page.evaluate(ask)
  } finally {
    await page.close()
  }
}

describe.sequential('an owner who decides', () => {
  let house: House
  let browser: NodeBrowser
  beforeAll(async () => {
    house = await openHouse()
    browser = await house.openBrowser()
    await setRelay(browser, house.relay.url)
  })
  afterAll(() => house?.close())

  test('before any answer nothing connects and no site may be reached', async () => {
    const consent = await consentPageOf(browser)
    await photograph(consent, 'consent')
    const popup = await browser.open('popup')
    await waitForPhase(popup, 'off', 'consent-not-given')
    await photograph(popup, 'popup-before-consent')
    await popup.close()
    expect(await hasHostAccess(browser)).toBe(false)
    expect(await readLinkedNodes(house)).toBe(0)
  })

  test('an owner who closes the prompt of the browser shares nothing, and is told so', async () => {
    const consent = await refusePrompt(browser)
    expect(await consent.getByTestId('consent-problem').textContent()).toContain('nothing is shared')
    expect(await hasHostAccess(browser)).toBe(false)
    expect(await readLinkedNodes(house)).toBe(0)
  })

  test('after a no nothing connects, and the popup says that it is off', async () => {
    const consent = await declineConsent(browser)
    await photograph(consent, 'consent-declined')
    const popup = await browser.open('popup')
    await waitForPhase(popup, 'off', 'consent-declined')
    await photograph(popup, 'popup-declined')
    await popup.close()
    expect(await hasHostAccess(browser)).toBe(false)
    expect(await readLinkedNodes(house)).toBe(0)
  })

  test('a customer is told that nobody is online', async () => {
    const reply = await askJson(house.customer, { url: `${house.site.origin}/small` })
    expect(reply).toMatchObject({
      ok: false,
      problem: { code: 'no-node-available', status: 503, source: 'relay', retryable: true },
    })
    expect(house.site.received).toEqual([])
  })

  test('nothing was carried, nothing is owed, and the books say so', async () => {
    expect(await readTotals(house)).toMatchObject(nothing)
    expect(await readRelayCount(house)).toEqual({ charged: 0n, goodwill: 0n })
    await expectLedgerToVerify(house)
  })

  test('an owner who changes the mind and agrees is linked at once', async () => {
    const consent = await giveConsent(browser)
    await photograph(consent, 'consent-agreed')
    const popup = await browser.open('popup')
    await waitForPhase(popup, 'sharing')
    await photograph(popup, 'popup-sharing')
    expect(await hasHostAccess(browser)).toBe(true)
    expect(await readPopup(popup)).toMatchObject({ phase: 'sharing', pointsUnits: 0n, carriedTotalBytes: 0 })
    await popup.close()
  })

  test('the options page shows what was agreed to, and where the link goes', async () => {
    const options = await browser.open('options')
    expect(await options.getByTestId('relay-url').inputValue()).toBe(house.relay.url)
    expect(await options.getByTestId('relay-link').textContent()).toContain('open since')
    expect(await options.getByTestId('node-id').textContent()).toMatch(/^n_[0-9a-f]{32}$/)
    expect(await options.getByTestId('consent-sha256').textContent()).toMatch(/^[0-9a-f]{64}$/)
    await photograph(options, 'options')
    await options.close()
  })

  test('when the text has changed nothing is shared until the owner agrees anew, and the earlier agreement is shown', async () => {
    const { consent } = await readOwnerView(browser)
    const earlier = { version: 'earlier', sha256: '0'.repeat(64), agreedAt: '2026-01-02T03:04:05Z' }
    await rewriteOwnerState(browser, { consent: { said: 'yes', given: earlier } })
    const popup = await browser.open('popup')
    await waitForPhase(popup, 'off', 'consent-changed')
    await expect.poll(() => readLinkedNodes(house)).toBe(0)
    expect((await readOwnerView(browser)).consent).toEqual(earlier)
    const answers = { mode: 'always', unlimitedConnection: true, shareOnBattery: true }
    const { version, sha256 } = earlier
    expect(await commandOwner(browser, 'agree', { version, sha256, answers })).toMatchObject({
      ok: false,
      code: 'consent-outdated',
    })
    await commandOwner(browser, 'agree', { version: consent?.version, sha256: consent?.sha256, answers })
    await waitForPhase(popup, 'sharing')
    expect((await readOwnerView(browser)).consent).toMatchObject({ sha256: consent?.sha256 })
    await popup.close()
  })

  test('an owner who takes the agreement back is unlinked', async () => {
    await declineConsent(browser)
    const popup = await browser.open('popup')
    await waitForPhase(popup, 'off', 'consent-declined')
    await popup.close()
    await expect.poll(() => readLinkedNodes(house)).toBe(0)
  })
})
