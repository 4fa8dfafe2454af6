import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NodeBrowser } from '#scripts/browser/browser.ts'
import { fallow } from '#scripts/browser/command-line.ts'
import { giveConsentAgain } from '#scripts/browser/consent.ts'
import { askJson } from '#scripts/browser/customer.ts'
import { commandOwner, readOwnerView, readPopup, setRelay, waitForPhase } from '#scripts/browser/owner.ts'
import type { OwnerView } from '../../extension/messages/owner-view.ts'
import { expectLedgerToVerify } from '../fixtures/books.ts'
import { type House, type Node, openHouse } from '../fixtures/house.ts'
import { until } from '../fixtures/until.ts'

type Result = { ok: boolean; code?: string; value?: { code: string } }
type NodeListing = { nodeId: string; accountId: string; kind: string; accountUnits: number | string }

const command = async (browser: NodeBrowser, name: string, payload?: unknown): Promise<Result> =>
  (await commandOwner(browser, name, payload)) as Result
const viewOf = async (browser: NodeBrowser): Promise<OwnerView> => readOwnerView(browser)

/** Everything that the extension keeps in this profile, and what the browser still allows it. */
async function whatIsLeft(browser: NodeBrowser) {
  const page = await browser.open('options')
  try {
    return await page.evaluate(async () => {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open('fallow')
        opening.onsuccess = () => resolve(opening.result)
        opening.onerror = () => reject(opening.error)
      })
      const rows: Record<string, number> = {}
      for (const name of database.objectStoreNames) {
        const counting = database.transaction(name).objectStore(name).count()
        rows[name] = await new Promise((resolve) => {
          counting.onsuccess = () => resolve(counting.result)
        })
      }
      database.close()
      const access = await chrome.permissions.contains({ origins: ['http://*/*', 'https://*/*'] })
      return { rows, local: await chrome.storage.local.get(), access }
    })
  } finally {
    await page.close()
  }
}

describe.sequential('an account and its browsers', () => {
  let house: House
  let first: Node
  let second: Node
  let code: string
  const listNodes = () => fallow<NodeListing[]>(house.relay.dataDir, 'node', 'list')
  beforeAll(async () => {
    house = await openHouse()
    first = await house.openNode()
  })
  afterAll(() => house?.close())

  test('a browser that carries earns points, and its owner is given a recovery code once', async () => {
    const reply = await askJson(house.customer, { url: `${house.site.origin}/small` })
    expect(reply.ok).toBe(true)
    await until('points', async () => (await readPopup(first.popup)).pointsUnits > 0n)
    const made = await command(first.browser, 'makeRecoveryCode')
    code = made.value?.code ?? ''
    expect(code).toMatch(/^([0-9A-Z]{6}-){8}[0-9A-Z]{6}$/)
    const quality = (await viewOf(first.browser)).quality
    expect(quality, 'the relay says what it makes of the link').not.toBeNull()
  })

  test('the code attaches a new install to the same account, and both see both', async () => {
    second = await house.openNode()
    expect(await command(second.browser, 'useRecoveryCode', { code: `${code}X` })).toMatchObject({
      code: 'recovery-code-invalid',
    })
    expect(await command(second.browser, 'useRecoveryCode', { code: code.toLowerCase() })).toMatchObject({
      ok: true,
    })
    const ids = [(await viewOf(first.browser)).node.id, (await viewOf(second.browser)).node.id]
    const accounts = new Set((await listNodes()).map(({ accountId }) => accountId))
    expect(accounts.size).toBe(1)
    await waitForPhase(second.popup, 'sharing')
    for (const { browser } of [first, second]) {
      expect(await command(browser, 'listDevices')).toMatchObject({ ok: true })
      const { devices, node } = await viewOf(browser)
      expect(new Set(devices?.map(({ nodeId }) => nodeId))).toEqual(new Set(ids))
      expect(devices?.[0]).toMatchObject({ nodeId: node.id, isThisOne: true, linked: true })
    }
  })

  test('what either of them carries is earned by the one account', async () => {
    const before = (await readPopup(first.popup)).pointsUnits
    for (let each = 0; each < 6; each += 1)
      await askJson(house.customer, { url: `${house.siteOrigins[each]}/small` })
    await until('both browsers to have carried', async () => {
      const carried = await Promise.all([first, second].map(({ popup }) => readPopup(popup)))
      return carried.every(({ carriedTotalBytes }) => carriedTotalBytes > 0)
    })
    await until('the account to have earned', async () => {
      const [listed] = await listNodes()
      return BigInt(listed?.accountUnits ?? 0) > before
    })
    await expectLedgerToVerify(house)
  })

  test('an owner who withdraws leaves nothing in the browser, and the relay forgets the node', async () => {
    const { node } = await viewOf(second.browser)
    expect(await command(second.browser, 'withdraw', { evenUntold: false })).toMatchObject({ ok: true })
    const left = await whatIsLeft(second.browser)
    expect(left.rows).toEqual({ activity: 0, carried: 0, keys: 0, line: 0, receipts: 0 })
    expect(left).toMatchObject({ local: {}, access: false })
    expect(await viewOf(second.browser)).toMatchObject({
      ...{ node: { id: null }, consent: null, devices: null, points: { units: '0' } },
    })
    await waitForPhase(second.popup, 'off', 'consent-not-given')
    const forgotten = (await listNodes()).find(({ nodeId }) => nodeId === node.id)
    expect(forgotten?.kind).toBe('forgotten')
    expect(await command(first.browser, 'listDevices')).toMatchObject({ ok: true })
    expect((await viewOf(first.browser)).devices).toHaveLength(1)
    await expectLedgerToVerify(house)
  })

  test('who comes back is somebody new, and finds the points with the code', async () => {
    await setRelay(second.browser, house.relay.url)
    await giveConsentAgain(second.browser)
    const popup = await second.browser.open('popup')
    await waitForPhase(popup, 'sharing')
    expect((await readPopup(popup)).pointsUnits).toBe(0n)
    expect(await command(second.browser, 'useRecoveryCode', { code })).toMatchObject({ ok: true })
    await askJson(house.customer, { url: `${house.site.origin}/small` })
    expect((await listNodes()).filter(({ kind }) => kind !== 'forgotten')).toHaveLength(2)
    expect(new Set((await listNodes()).map(({ accountId }) => accountId)).size).toBe(1)
  })

  test('without the relay nothing is deleted, unless the owner says so', async () => {
    await house.relay.stop()
    expect(await command(first.browser, 'withdraw', { evenUntold: false })).toMatchObject({
      ...{ ok: false, code: 'relay-not-reached' },
    })
    expect((await whatIsLeft(first.browser)).rows.keys).toBe(1)
    expect(await command(first.browser, 'withdraw', { evenUntold: true })).toMatchObject({ ok: true })
    const left = await whatIsLeft(first.browser)
    expect(Object.values(left.rows).every((rows) => rows === 0)).toBe(true)
    expect(left).toMatchObject({ local: {}, access: false })
  })
})
