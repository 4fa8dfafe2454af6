import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type NodeBrowser, startBrowser } from '../../scripts/browser/browser.ts'
import { startChild } from '../../scripts/browser/child.ts'
import { createCustomer } from '../../scripts/browser/command-line.ts'
import { openDisplay } from '../../scripts/browser/display.ts'
import { shipExtension } from '../../scripts/browser/extension-build.ts'
import { freePort } from '../../scripts/browser/free-port.ts'
import { startSharing } from '../../scripts/browser/owner.ts'
import { type RunningRelay, startRelayProcess } from '../../scripts/browser/relay.ts'
import type { LoadTarget } from './load.ts'

const serverProgram = fileURLToPath(new URL('../peers/bare-server.ts', import.meta.url))
const names = Array.from({ length: 16 }, (_, index) => `site${index + 1}.example.org`)

/** A complete relay, the shipped extension in a real Chromium whose owner has agreed, and a bare server as the target. */
export type BrowserUnderLoad = {
  relay: RunningRelay
  browser: NodeBrowser
  /** The same target, through relay and browser. Names take turns, because a node takes six at once of each. */
  throughBrowser(path: string, index: number): LoadTarget
  direct(path: string): LoadTarget
  close(): Promise<void>
}

export async function startBrowserUnderLoad(): Promise<BrowserUnderLoad> {
  await shipExtension()
  const dataDir = await mkdtemp(join(tmpdir(), 'fallow-bench-'))
  const server = await startChild(process.execPath, [serverProgram], { readyOn: 1 })
  const { port } = new URL(server.readyLine)
  const addressSpaceOverrides = [`127.0.0.1:${port}=public`]
  const hostResolverRules = names.map((name) => `MAP ${name} 127.0.0.1`)
  const env = { FALLOW_HOST_RESOLVER_RULES: hostResolverRules.join(',') }
  const relay = await startRelayProcess({ port: await freePort(), dataDir, addressSpaceOverrides, env })
  const { apiKey } = await createCustomer(dataDir, { name: 'bench', traffic: '1TiB' })
  const display = await openDisplay({ prefer: 'own' })
  const browser = await startBrowser({ display, addressSpaceOverrides, hostResolverRules })
  await startSharing(browser, relay.url)
  const headers = { authorization: `Bearer ${apiKey}`, accept: '*/*' }
  return {
    relay,
    browser,
    throughBrowser(path, index) {
      const target = `http://${names[index % names.length]}:${port}${path}`
      return { url: `${relay.url}/v1/fetch?url=${encodeURIComponent(target)}`, headers }
    },
    direct: (path) => ({ url: `${server.readyLine}${path}` }),
    async close() {
      await browser.close()
      await display.close()
      await relay.stop()
      await server.end()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
