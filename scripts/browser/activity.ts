import type { Page } from 'playwright'

/** Rows for a log of any length, written by a page of the extension into its own database. */
export type Planted = { rows: number; newestUnixMs: number; everyMs: number; label: string }

type ExtensionPageGlobal = { chrome: { runtime: { sendMessage(message: unknown): Promise<unknown> } } }

/** As if so many exchanges had gone through this browser before. The worker counts them when it begins the next time. */
export async function plantActivity(page: Page, planted: Planted): Promise<void> {
  // Whoever answers has opened the database: a page that came first would make an empty one.
  await page.evaluate(() =>
    (globalThis as unknown as ExtensionPageGlobal).chrome.runtime.sendMessage({ query: 'getOwnerView' }),
  )
  await page.evaluate(async ({ rows, newestUnixMs, everyMs, label }) => {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open('fallow')
      opening.onsuccess = () => resolve(opening.result)
      opening.onerror = () => reject(opening.error)
    })
    const rowsAtOnce = 5_000
    for (let at = 0; at < rows; at += rowsAtOnce) {
      const transaction = database.transaction('activity', 'readwrite')
      const store = transaction.objectStore('activity')
      for (let row = at; row < Math.min(rows, at + rowsAtOnce); row += 1)
        store.add({
          exchangeId: `x_planted_${label}_${row}`,
          attempt: 1,
          atUnixMs: newestUnixMs - (rows - 1 - row) * everyMs,
          tookMs: 20 + (row % 900),
          hosts: [`site${row % 400}.example.net`],
          method: 'GET',
          status: row % 17 === 0 ? 404 : 200,
          upBytes: 500 + ((row * 7_919) % 90_000),
          downBytes: 0,
          customer: {
            id: `c_${label}_${row % 9}`,
            label: `${label} ${row % 9}`,
            purpose: 'research',
            contact: null,
          },
          outcome: 'completed',
          units: String(Math.floor(((500 + ((row * 7_919) % 90_000)) * 1_000_000) / 1_048_576)),
        })
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve
        transaction.onabort = () => reject(transaction.error)
      })
    }
    database.close()
  }, planted)
}

/** Everything that the extension's database holds but its keys, as text. */
export function dumpDatabase(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const answerOf = <Value>(request: IDBRequest<Value>) =>
      new Promise<Value>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error)
      })
    const database = await answerOf(indexedDB.open('fallow'))
    const names = [...database.objectStoreNames].filter((name) => name !== 'keys')
    const stores = await Promise.all(
      names.map(async (name) => [
        name,
        await answerOf(database.transaction(name).objectStore(name).getAll()),
      ]),
    )
    database.close()
    return JSON.stringify(Object.fromEntries(stores))
  })
}
