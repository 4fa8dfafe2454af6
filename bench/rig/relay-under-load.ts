import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Child, startChild } from '../../scripts/browser/child.ts'
import { createCustomer } from '../../scripts/browser/command-line.ts'
import { freePort } from '../../scripts/browser/free-port.ts'
import { type RunningRelay, startRelayProcess } from '../../scripts/browser/relay.ts'
import type { CpuMeters } from './cpu.ts'
import type { LoadTarget } from './load.ts'
import { cpuUs, postgresPid, treeCpuUs } from './processes.ts'

const nodeProgram = fileURLToPath(new URL('../peers/scripted-node-process.ts', import.meta.url))
const serverProgram = fileURLToPath(new URL('../peers/bare-server.ts', import.meta.url))

/** A complete relay on its own PostgreSQL, a scripted node, and a bare server that sends the same bytes: a process each. */
export type RelayUnderLoad = {
  relay: RunningRelay
  node: Child
  server: Child
  /** Asks the relay for a URL whose path says how many bytes to send: `/bytes/2048`. A node takes six at once of each host, 0 to 255. */
  throughRelay(path: string, host?: number): LoadTarget
  direct(path: string): LoadTarget
  /** Who works for an answer through the relay. */
  relayMeters: CpuMeters
  /** Who works for an answer straight from the bare server. */
  directMeters: CpuMeters
  close(): Promise<void>
}

export async function startRelayUnderLoad(): Promise<RelayUnderLoad> {
  const dataDir = await mkdtemp(join(tmpdir(), 'fallow-bench-'))
  const env = { FALLOW_UNASKED_ADDRESSES: '93.184.216.0/24' }
  const relay = await startRelayProcess({ port: await freePort(), dataDir, env })
  const { apiKey } = await createCustomer(dataDir, { name: 'bench', traffic: '1TiB' })
  const node = await startChild(process.execPath, [nodeProgram, relay.url], { readyOn: 1 })
  const server = await startChild(process.execPath, [serverProgram], { readyOn: 1 })
  const headers = { authorization: `Bearer ${apiKey}`, accept: '*/*' }
  const database = postgresPid(dataDir)
  return {
    relay,
    node,
    server,
    // A public address literal; the scripted node answers without asking anybody.
    throughRelay: (path, host = 34) => ({
      url: `${relay.url}/v1/fetch?url=${encodeURIComponent(`http://93.184.216.${host}${path}`)}`,
      headers,
    }),
    direct: (path) => ({ url: `${server.readyLine}${path}` }),
    relayMeters: {
      relay: () => cpuUs(relay.pid),
      node: () => cpuUs(node.pid),
      database: () => treeCpuUs(database),
    },
    directMeters: { server: () => cpuUs(server.pid) },
    async close() {
      await node.end()
      await server.end()
      await relay.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
