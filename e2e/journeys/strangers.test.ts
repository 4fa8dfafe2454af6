import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askJson } from '#scripts/browser/customer.ts'
import { readOwnerView } from '#scripts/browser/owner.ts'
import { type House, type Node, openHouse } from '../fixtures/house.ts'

/** An extension that asks for all it can get, and wants to know what Fallow does. */
const stranger = {
  manifest_version: 3,
  name: 'A stranger',
  version: '1.0',
  permissions: ['management', 'webRequest', 'storage', 'scripting', 'tabs'],
  host_permissions: ['<all_urls>'],
  background: { service_worker: 'worker.js' },
}

async function plantStranger(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(stranger))
  await writeFile(join(folder, 'worker.js'), 'self.heard = []')
  return folder
}

describe.sequential('strangers in the same browser', () => {
  let house: House
  let node: Node
  let folder: string
  let fallowId: string
  let worker: Worker
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fallow-stranger-'))
    house = await openHouse()
    node = await house.openNode({ otherExtensions: [await plantStranger(join(folder, 'stranger'))] })
    fallowId = new URL(node.browser.addressOf('popup')).host
    const isStranger = (one: Worker) =>
      one.url().startsWith('chrome-extension://') && !one.url().includes(fallowId)
    const { context } = node.browser
    worker =
      context.serviceWorkers().find(isStranger) ??
      (await context.waitForEvent('serviceworker', { predicate: isStranger }))
  })
  afterAll(async () => {
    await house?.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('another extension gets no answer to a message, and no channel', async () => {
    const tried = await worker.evaluate(async (id) => {
      const message = { query: 'getOwnerView' }
      const answer = await chrome.runtime.sendMessage(id, message).then(
        (said) => ({ said }),
        (error) => ({ refused: String(error) }),
      )
      const port = chrome.runtime.connect(id, { name: 'owner-view' })
      const pushed: unknown[] = []
      port.onMessage.addListener((snapshot) => pushed.push(snapshot))
      await new Promise<void>((resolve) => port.onDisconnect.addListener(() => resolve()))
      return { answer, pushed }
    }, fallowId)
    expect(tried).toEqual({ answer: { refused: expect.stringContaining('Receiving end') }, pushed: [] })
    expect((await readOwnerView(node.browser)).sharing.phase, 'the own pages do get one').toBe('sharing')
  })

  test('another extension sees no request that the node makes, though it may watch all others', async () => {
    await worker.evaluate(() => {
      const heard: string[] = []
      Object.assign(self, { heard })
      chrome.webRequest.onBeforeRequest.addListener(({ url }) => void heard.push(url), {
        urls: ['<all_urls>'],
      })
    })
    const reply = await askJson(house.customer, { url: `${house.site.origin}/small?for=a-customer` })
    expect(reply.ok).toBe(true)
    const tab = await node.browser.context.newPage()
    await tab.goto(`${house.site.origin}/small?for=the-owner`)
    await tab.close()
    const heard = await worker.evaluate(() => Reflect.get(self, 'heard') as string[])
    expect(heard.filter((url) => url.includes('the-owner'))).not.toEqual([])
    expect(heard.filter((url) => url.includes('a-customer'))).toEqual([])
  })

  test('a web page finds no file and no frame of the extension, and nobody to talk to', async () => {
    const tab = await node.browser.context.newPage()
    await tab.goto(`${house.site.origin}/small`)
    const found = await tab.evaluate(async (id) => {
      const files = ['popup/index.html', 'manifest.json', 'icons/fallow-16.png', 'background/index.js']
      const read = await Promise.all(
        files.map((file) =>
          fetch(`chrome-extension://${id}/${file}`).then(
            () => file,
            () => null,
          ),
        ),
      )
      const image = await new Promise((resolve) => {
        const icon = new Image()
        icon.onload = () => resolve('loaded')
        icon.onerror = () => resolve('refused')
        icon.src = `chrome-extension://${id}/icons/fallow-16.png`
      })
      const runtime = (globalThis as { chrome?: { runtime?: object } }).chrome?.runtime
      return { read: read.filter(Boolean), image, speaks: runtime !== undefined && 'sendMessage' in runtime }
    }, fallowId)
    expect(found).toEqual({ read: [], image: 'refused', speaks: false })
    const frames = await tab.evaluate((id) => {
      const frame = document.createElement('iframe')
      frame.src = `chrome-extension://${id}/popup/index.html`
      document.body.append(frame)
      return new Promise<string>((resolve) => {
        frame.onload = () => resolve(frame.contentDocument === null ? 'closed to the page' : 'blank')
      })
    }, fallowId)
    expect(frames).toBe('closed to the page')
    expect(tab.frames().some((frame) => frame.url().includes(fallowId))).toBe(false)
    await tab.close()
  })

  test('a web page reads nothing of a relay on the same computer', async () => {
    const tab = await node.browser.context.newPage()
    await tab.goto(`${house.site.origin}/small`)
    const read = await tab.evaluate(
      (relay) =>
        Promise.all(
          ['/metrics', '/v1/fetch?url=https://example.org/', '/readyz'].map((path) =>
            // Chromium asks the owner before a page may knock at this computer; nobody answers.
            fetch(`${relay}${path}`, { signal: AbortSignal.timeout(2_000) }).then(
              () => path,
              () => null,
            ),
          ),
        ),
      house.relay.url,
    )
    expect(read).toEqual([null, null, null])
    await tab.close()
  })
})
