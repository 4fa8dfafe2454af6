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
import type { CpuMeter, CpuMeters } from './cpu.ts'
import type { LoadTarget } from './load.ts'
import { cpuUs, postgresPid, treeCpuUs } from './processes.ts'

const serverProgram = fileURLToPath(new URL('../peers/bare-server.ts', import.meta.url))
const names = Array.from({ length: 16 }, (_, index) => `site${index + 1}.example.org`)

/** A complete relay, the shipped extension in a real Chromium whose owner has agreed, and a bare server as the target. */
export type BrowserUnderLoad = {
  /** The one that runs now. */
  relay: RunningRelay
  /** Starts the relay again, in the same folder and on the same port. */
  startRelayAgain(): Promise<void>
  browser: NodeBrowser
  /** The same target, through relay and browser. Names take turns, because a node takes six at once of each. */
  throughBrowser(path: string, index: number): LoadTarget
  direct(path: string): LoadTarget
  /** Who works for an answer through relay and browser; the browser with all its processes. */
  browserMeters: Record<'relay' | 'browser' | 'database' | 'server', CpuMeter>
  /** Who works for an answer straight from the target. */
  directMeters: CpuMeters
  close(): Promise<void>
}

export async function startBrowserUnderLoad({ pinned = false } = {}): Promise<BrowserUnderLoad> {
  await shipExtension()
  const dataDir = await mkdtemp(join(tmpdir(), 'fallow-bench-'))
  const server = await startChild(process.execPath, [serverProgram], { readyOn: 1 })
  const { port } = new URL(server.readyLine)
  const addressSpaceOverrides = [`127.0.0.1:${port}=public`]
  const hostResolverRules = names.map((name) => `MAP ${name} 127.0.0.1`)
  const env = { FALLOW_HOST_RESOLVER_RULES: hostResolverRules.join(',') }
  const settings = { port: await freePort(), dataDir, addressSpaceOverrides, env }
  const rig = { relay: await startRelayProcess(settings) }
  const { apiKey } = await createCustomer(dataDir, { name: 'bench', traffic: '1TiB' })
  const display = await openDisplay({ prefer: 'own' })
  const browser = await startBrowser({ display, addressSpaceOverrides, hostResolverRules, pinned })
  await startSharing(browser, rig.relay.url)
  const headers = { authorization: `Bearer ${apiKey}`, accept: '*/*' }
  const database = postgresPid(dataDir)
  const directMeters = { server: () => cpuUs(server.pid) }
  return Object.assign(rig, {
    browser,
    async startRelayAgain() {
      rig.relay = await startRelayProcess(settings)
    },
    throughBrowser(path: string, index: number) {
      const target = `http://${names[index % names.length]}:${port}${path}`
      return { url: `${rig.relay.url}/v1/fetch?url=${encodeURIComponent(target)}`, headers }
    },
    direct: (path: string) => ({ url: `${server.readyLine}${path}` }),
    browserMeters: {
      relay: () => cpuUs(rig.relay.pid),
      browser: () => treeCpuUs(browser.pid),
      database: () => treeCpuUs(database),
      ...directMeters,
    },
    directMeters,
    async close() {
      await browser.close()
      await display.close()
      await rig.relay.stop()
      await server.end()
      await rm(dataDir, { recursive: true, force: true })
    },
  })
}
