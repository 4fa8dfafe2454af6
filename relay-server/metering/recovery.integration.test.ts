import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Ledger, openLedger } from '#points-ledger'
import { createTestDatabase, type TestDatabase } from '../../points-ledger/store/testing/test-database.ts'
import { acme } from '../../points-ledger/testing/acme.ts'
import {
  connectScriptedNode,
  newNodeKey,
  type ScriptedLane,
  type ScriptedNode,
} from '../testing/scripted-node.ts'
import { unaskedAddresses } from '../testing/unasked-addresses.ts'

const MIB = 1024 * 1024
let database: TestDatabase
let ledger: Ledger
let dataDir: string
const running: ChildProcess[] = []
beforeEach(async () => {
  database = await createTestDatabase()
  ledger = await openLedger({ url: database.url })
  dataDir = mkdtempSync(join(tmpdir(), 'fallow-recovery-'))
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((relay) => end(relay, 'SIGKILL')))
  await ledger.close()
  await database.drop()
  rmSync(dataDir, { recursive: true, force: true })
})

/** The relay as a process of its own, on the test's database and data folder. */
async function startRelayProcess(): Promise<{ relay: ChildProcess; url: string }> {
  const main = join(import.meta.dirname, '../main.ts')
  const settings = {
    FALLOW_PORT: '0',
    FALLOW_DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    FALLOW_UNASKED_ADDRESSES: unaskedAddresses,
  }
  const relay = spawn(process.execPath, [main], {
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.push(relay)
  relay.stderr?.resume()
  const line = await new Promise<string>((resolve, reject) => {
    relay.stdout?.once('data', (data: Buffer) => resolve(data.toString()))
    relay.once('exit', (code) => reject(new Error(`the relay ended with ${code}`)))
  })
  return { relay, url: (JSON.parse(line) as { url: string }).url }
}

async function end(relay: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (relay.exitCode !== null || relay.signalCode !== null) return
  const ended = new Promise((resolve) => relay.once('exit', resolve))
  relay.kill(signal)
  await ended
}

const serveSlowly = async (lane: ScriptedLane): Promise<void> => {
  lane.head()
  await lane.chunk(new Uint8Array(2 * MIB + 777)).catch(() => {})
}

/** Asks for a body that never ends; the customer reads all that comes. */
async function askWithoutEnd(url: string): Promise<void> {
  const { apiKey } = await ledger.createCustomer({ ...acme, trafficBytes: 1024n ** 3n })
  const response = await fetch(`${url}/v1/fetch?url=https://93.184.216.34/&raw=1`, {
    headers: { authorization: `Bearer ${apiKey}` },
  })
  response.body?.pipeTo(new WritableStream()).catch(() => {})
}

async function presentTo(
  url: string,
  key: Awaited<ReturnType<typeof newNodeKey>>,
  kept: NonNullable<ScriptedNode['kept']>,
) {
  const node = await connectScriptedNode({ relayUrl: url, key, presents: [kept] })
  const posted = await node.frame('posted', ({ linkId }) => linkId === kept.receipt.linkId)
  const earned = await node.frame('earned')
  node.leave()
  await node.closed
  return { posted, earned }
}

async function expectTrueBooks(): Promise<void> {
  for (const check of await ledger.verify()) expect(check).toMatchObject({ ok: true })
}

test('a relay that is killed in mid-transfer loses nothing that was receipted, and pays it once', async () => {
  const key = await newNodeKey()
  const first = await startRelayProcess()
  const node = await connectScriptedNode({ relayUrl: first.url, key, onLane: serveSlowly })
  await askWithoutEnd(first.url)
  await node.frame('receipt', ({ receipt }) => receipt.carriedUp >= 2 * MIB)
  await expect.poll(() => node.kept?.receipt.carriedUp ?? 0).toBeGreaterThanOrEqual(2 * MIB)
  await end(first.relay, 'SIGKILL')
  await node.closed
  const kept = node.kept as NonNullable<ScriptedNode['kept']>
  const receipted = BigInt(kept.receipt.carriedUp + kept.receipt.carriedDown)

  const second = await startRelayProcess()
  for (let round = 0; round < 2; round += 1) {
    const { posted, earned } = await presentTo(second.url, key, kept)
    expect(posted.sequence).toBe(kept.receipt.sequence)
    expect(earned).toMatchObject({ nodeCarriedBytes: Number(receipted) })
    const totals = await ledger.totals()
    expect(totals).toMatchObject({
      carriedBytes: receipted,
      creditedBytes: receipted,
      goodwillRecoveredBytes: receipted,
      chargedBytes: 0n,
    })
    await expectTrueBooks()
  }
})

test('a relay that is asked to end in mid-transfer posts all of it by itself', async () => {
  const key = await newNodeKey()
  const { relay, url } = await startRelayProcess()
  const node = await connectScriptedNode({
    relayUrl: url,
    key,
    onLane: async (lane) => {
      lane.head()
      await lane.chunk(new Uint8Array(100_000))
      lane.stopped.addEventListener(
        'abort',
        () => node.socket.readyState === node.socket.OPEN && lane.failed('stopped'),
      )
    },
  })
  await askWithoutEnd(url)
  await expect.poll(() => node.count.carriedUp).toBe(100_000)
  await end(relay, 'SIGTERM')
  expect(relay.exitCode).toBe(0)
  expect(node.received.findLast((frame) => frame.type === 'goodbye')).toMatchObject({
    code: 'relay-draining',
  })
  expect(node.received.some((frame) => frame.type === 'posted')).toBe(true)
  const totals = await ledger.totals()
  expect(totals).toMatchObject({
    carriedBytes: 100_000n,
    creditedBytes: 100_000n,
    chargedBytes: 0n,
    goodwillRecoveredBytes: 0n,
    openHolds: 0,
  })
  await expectTrueBooks()
})
