import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dumpDatabase, plantActivity } from '#scripts/browser/activity.ts'
import { askJson, askRaw } from '#scripts/browser/customer.ts'
import { commandOwner, readPopup, waitForCount } from '#scripts/browser/owner.ts'
import { expectBooksToBalance } from '../fixtures/books.ts'
import { type House, homeDeviceName, type Node, openHouse } from '../fixtures/house.ts'
import { photograph } from '../fixtures/screenshots.ts'
import { until } from '../fixtures/until.ts'

const dayMs = 24 * 60 * 60 * 1000
/** Nothing like these may ever be written down: they stand in paths, queries, headers and bodies. */
const secrets = ['path-8Q2x', 'query-8Q2x', 'header-8Q2x', 'body-8Q2x', 'answer-8Q2x']
/** Stands in rows that only this browser has. */
const marker = 'planted5Kd7'
const plantedRows = 20_000
/** More rows than any window shows, and far fewer than there are. */
const rowsInDocumentMax = 150

/** One row as the exports tell it. */
type Told = {
  site: string
  redirectedTo: string
  method: string
  status: number | null
  bytesToRelay: number
  bytesFromRelay: number
  customer: string
  outcome: string
  points: string
}

describe.sequential('what went through my connection', () => {
  let house: House
  let node: Node
  let log: Page
  let rows = 0
  beforeAll(async () => {
    house = await openHouse()
    node = await house.openNode()
  })
  afterAll(() => house?.close())

  test('an open page shows each exchange when it has ended: its site, method, status, bytes, customer and outcome', async () => {
    log = await node.browser.open('activity')
    await log.getByTestId('log-empty').waitFor()
    await makeEveryKind()
    await log.locator(`[data-testid=total-rows][value="${kinds.length}"]`).waitFor()
    rows = kinds.length
    const told = await exportJson(log)
    const known = told.map(({ points: _, bytesToRelay: __, ...row }) => row).reverse()
    expect(known).toEqual(kinds.map((kind) => ({ ...asked, ...kind.row })))
    for (const { bytesToRelay, bytesFromRelay, points } of told)
      expect(points).toBe((Math.floor(((bytesToRelay + bytesFromRelay) * 1e6) / 1_048_576) / 1e6).toFixed(6))
    await photograph(log, 'activity')
  })

  test('the bytes of all rows are the carried bytes of the popup and of the ledger, to the byte', async () => {
    await expectBooksToBalance(house, [node.popup])
    const { carriedTotalBytes } = await readPopup(node.popup)
    const [up, down] = [await totalOf('total-up'), await totalOf('total-down')]
    expect(down).toBe(secrets[3]?.length)
    expect(up + down).toBe(carriedTotalBytes)
  })

  test('no path, query, header or body is in the browser’s database, nor in its files', async () => {
    expect(house.site.received.map(({ url }) => url).join()).toContain(secrets[1])
    const dump = await dumpDatabase(log)
    expect(dump).toContain('site1.example.org')
    const files = await filesOf(join(node.browser.profile, 'Default', 'IndexedDB'))
    expect(files.length).toBeGreaterThan(0)
    for (const secret of secrets) {
      expect(dump).not.toContain(secret)
      for (const file of files) {
        expect(file.includes(secret)).toBe(false)
        expect(file.includes(Buffer.from(secret, 'utf16le'))).toBe(false)
      }
    }
  })

  test('search and filters leave what fits, the totals follow, and clearing them brings all back', async () => {
    await log.getByTestId('filter-search').fill('post')
    expect(await totalOf('total-rows')).toBe(1)
    expect(await totalOf('total-down')).toBe(secrets[3]?.length)
    await log.getByTestId('filter-search').fill('404 completed')
    expect(await totalOf('total-rows')).toBe(1)
    await log.getByTestId('filter-clear').click()
    await log.getByTestId('filter-site').fill('site2.example.org')
    expect((await exportJson(log)).map(({ site }) => site)).toEqual(['site2.example.org'])
    await log.getByTestId('filter-customer').selectOption({ index: 1 })
    expect(await totalOf('total-rows')).toBe(1)
    await log.getByTestId('filter-search').fill('nothing like this')
    await log.getByTestId('log-nothing-fits').waitFor()
    await log.getByTestId('filter-clear').click()
    expect(await totalOf('total-rows')).toBe(rows)
  })

  test('the file for a spreadsheet has the same rows, and no cell that it would run', async () => {
    const csv = await exportFile(log, 'export-csv')
    const [head = '', ...lines] = csv.replace('\ufeff', '').trimEnd().split('\r\n')
    expect(head.split(',')).toContain('bytesToRelay')
    expect(lines).toHaveLength(rows)
    const json = await exportJson(log)
    expect(lines.map((line) => line.split(',')[1])).toEqual(json.map(({ site }) => `"${site}"`))
    for (const secret of secrets) expect(csv + JSON.stringify(json)).not.toContain(secret)
  })

  test('twenty thousand rows: only what the window shows is in the document, wherever it is scrolled', async () => {
    await plant({ rows: plantedRows, newestUnixMs: Date.now(), everyMs: 60_000 })
    await log.reload()
    await log.locator(`[data-phase=ready] [data-testid=total-rows][value="${plantedRows + rows}"]`).waitFor()
    const inDocument = () => log.getByTestId('log-row').count()
    expect(await inDocument()).toBeLessThan(rowsInDocumentMax)
    await log.locator('[data-at="0"] button').focus()
    await log.keyboard.press('End')
    const last = log.locator(`[aria-rowindex="${plantedRows + rows + 1}"]`)
    await until('the last row to have the focus', () => last.locator('button:focus').count())
    expect(await inDocument()).toBeLessThan(rowsInDocumentMax)
    await log.keyboard.press('Home')
    await until('the first row to have the focus', () => log.locator('[data-at="0"] button:focus').count())
    await log.getByTestId('filter-customer').selectOption({ label: `${marker} 3` })
    await log.getByTestId('filter-site').fill('site300.example.net')
    const fits = (await exportJson(log)).map(({ site, customer }) => `${site} ${customer}`)
    expect(new Set(fits)).toEqual(new Set([`site300.example.net ${marker} 3`]))
    await log.getByTestId('filter-clear').click()
  })

  test('an exchange that ends meanwhile comes to the top', async () => {
    await askRaw(house.customer, { url: `${house.siteOrigins[6]}/small` })
    rows += 1
    await log.locator(`[data-testid=total-rows][value="${plantedRows + rows}"]`).waitFor()
    await log.locator('[data-at="0"]', { hasText: 'site7.example.org' }).waitFor()
  })

  test('what the owner sees here never leaves: the relay’s log and its whole folder know nothing of it', async () => {
    expect(await dumpDatabase(log)).toContain(marker)
    expect(house.relay.logText()).not.toContain(marker)
    for (const file of await filesOf(house.relay.dataDir)) expect(file.includes(marker)).toBe(false)
    // The search works where there is something to find: the customer's name is the relay's own.
    const relayFiles = await filesOf(house.relay.dataDir)
    expect(relayFiles.some((file) => file.includes('journeys'))).toBe(true)
  })

  test('what is older than the owner wants is gone as soon as that is changed, from the disk too', async () => {
    await plant({ rows: 10, newestUnixMs: Date.now() - 40 * dayMs, everyMs: 1_000, label: 'tooOld3Jx' })
    expect(await dumpDatabase(log)).toContain('tooOld3Jx')
    await commandOwner(node.browser, 'changeSettings', { keepActivityDays: 20 })
    await commandOwner(node.browser, 'readActivity', { beforeId: null, afterId: null, limit: 1 })
    expect(await dumpDatabase(log)).not.toContain('tooOld3Jx')
    expect(await dumpDatabase(log)).toContain(marker)
    await log.reload()
    await log.locator('[data-testid=kept]', { hasText: '20 days' }).waitFor()
  })

  test('the owner deletes the log: no row is left, and points and carried bytes are as before', async () => {
    await expectBooksToBalance(house, [node.popup])
    await waitForCount(node.popup)
    const before = await readPopup(node.popup)
    const daysBefore = await carriedPerDay()
    await log.getByTestId('delete-log').click()
    await log.getByTestId('delete-yes').click()
    await log.getByTestId('log-deleted').waitFor()
    expect(JSON.parse(await dumpDatabase(log)).activity).toEqual([])
    expect(await readPopup(node.popup)).toEqual(before)
    const days = await carriedPerDay()
    expect(days).toEqual(daysBefore)
    expect(days.reduce((sum, bytes) => sum + bytes, 0)).toBe(before.carriedTotalBytes)
    await askRaw(house.customer, { url: `${house.site.origin}/small` })
    await log.locator('[data-testid=total-rows][value="1"]').waitFor()
  })

  /** What each kind does, and how its row reads. In the order in which they are asked. */
  const asked = {
    redirectedTo: '',
    method: 'GET',
    status: 200,
    bytesFromRelay: 0,
    customer: 'journeys',
    outcome: 'completed',
  }
  const kinds = [
    {
      ask: () => askRaw(house.customer, { url: `${house.siteOrigins[0]}/small?q=${secrets[1]}` }),
      row: { site: 'site1.example.org' },
    },
    {
      ask: () =>
        askRaw(house.customer, {
          url: `${house.siteOrigins[1]}/echo/${secrets[0]}?q=${secrets[1]}`,
          method: 'POST',
          headers: { 'x-secret': secrets[2] },
          body: secrets[3],
        }),
      row: { site: 'site2.example.org', method: 'POST', bytesFromRelay: secrets[3]?.length },
    },
    {
      ask: () => {
        const onTo = encodeURIComponent(`${house.siteOrigins[3]}/small?q=${secrets[1]}`)
        return askRaw(house.customer, { url: `${house.siteOrigins[2]}/redirect-to?url=${onTo}` })
      },
      row: { site: 'site3.example.org', redirectedTo: 'site4.example.org' },
    },
    {
      ask: () => askRaw(house.customer, { url: `${house.siteOrigins[4]}/status/404/${secrets[4]}` }),
      row: { site: 'site5.example.org', status: 404 },
    },
    {
      ask: () =>
        askRaw(house.customer, { url: `${house.site.origin}/large?bytes=3000000&name=${secrets[1]}` }),
      row: { site: '127.0.0.1' },
    },
    {
      ask: () => askJson(house.customer, { url: `http://${homeDeviceName}:${house.site.port}/` }),
      row: { site: homeDeviceName, status: null, outcome: 'policy-refused' },
    },
  ]

  async function makeEveryKind(): Promise<void> {
    for (const [at, { ask }] of kinds.entries()) {
      await ask()
      await log.locator(`[data-testid=total-rows][value="${at + 1}"]`).waitFor()
    }
  }

  const totalOf = async (testId: string): Promise<number> =>
    Number(await log.getByTestId(testId).getAttribute('value'))

  const plant = (wanted: { rows: number; newestUnixMs: number; everyMs: number; label?: string }) =>
    plantActivity(log, { label: marker, ...wanted })

  async function carriedPerDay(): Promise<number[]> {
    const view = await log.evaluate(() => chrome.runtime.sendMessage({ query: 'getOwnerView' }))
    return (view as { days: { carriedBytes: number }[] }).days.map(({ carriedBytes }) => carriedBytes)
  }
})

async function exportFile(page: Page, testId: string): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId(testId).click()])
  return readFile(await download.path(), 'utf8')
}

const exportJson = async (page: Page): Promise<Told[]> =>
  (JSON.parse(await exportFile(page, 'export-json')) as (Told & Record<string, unknown>)[]).map(
    ({ site, redirectedTo, method, status, bytesToRelay, bytesFromRelay, customer, outcome, points }) => ({
      site,
      redirectedTo,
      method,
      status,
      bytesToRelay,
      bytesFromRelay,
      customer,
      outcome,
      points,
    }),
  )

/** Every file below a folder. One that is deleted meanwhile says nothing. */
async function filesOf(folder: string): Promise<Buffer[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const files = await Promise.all(paths.map((path) => readFile(path).catch(() => null)))
  return files.filter((file) => file !== null)
}
