import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openLedger } from '#points-ledger'
import { createTestDatabase, type TestDatabase } from '../points-ledger/store/testing/test-database.ts'
import { acme } from '../points-ledger/testing/acme.ts'
import { connectScriptedNode } from './testing/scripted-node.ts'
import { unaskedAddresses } from './testing/unasked-addresses.ts'

const mainFile = new URL('main.ts', import.meta.url).pathname
const root = new URL('..', import.meta.url).pathname

let dataDir: string
let database: TestDatabase
const started: RelayProcess[] = []
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'fallow-main-'))
  database = await createTestDatabase()
})
afterEach(async () => {
  for (const relay of started.splice(0)) await relay.end()
  await database.drop()
  rmSync(dataDir, { recursive: true, force: true })
})

/** `npm start`'s own program in a process group of its own, as a terminal would start it. */
class RelayProcess {
  stdout = ''
  stderr = ''
  readonly child: ChildProcess
  readonly exit: Promise<[code: number | null, signal: string | null]>

  constructor(environment: Record<string, string>) {
    const clean = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(FALLOW_|DATABASE_URL|VITEST)/.test(name)),
    )
    this.child = spawn(process.execPath, [mainFile], {
      cwd: root,
      env: { ...clean, ...environment },
      detached: true,
    })
    this.child.stdout?.on('data', (data) => {
      this.stdout += data
    })
    this.child.stderr?.on('data', (data) => {
      this.stderr += data
    })
    this.exit = once(this.child, 'close') as Promise<[number | null, string | null]>
  }

  async ready(): Promise<string> {
    while (!this.stdout.includes('\n')) {
      const ended = await Promise.race([
        once(this.child.stdout as NodeJS.ReadableStream, 'data'),
        this.exit.then(() => 'ended'),
      ])
      if (ended === 'ended') throw new Error(`the relay did not start: ${this.stderr}`)
    }
    return (JSON.parse(this.stdout) as { url: string }).url
  }

  async end(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGTERM')
    await this.exit
  }
}

function startRelayProcess(environment: Record<string, string> = {}): RelayProcess {
  const relay = new RelayProcess({
    FALLOW_PORT: '0',
    FALLOW_DATA_DIR: dataDir,
    FALLOW_UNASKED_ADDRESSES: unaskedAddresses,
    DATABASE_URL: database.url,
    ...environment,
  })
  started.push(relay)
  return relay
}

describe('npm start', () => {
  test('says one line on stdout when it can serve, and nothing else ever', async () => {
    const relay = startRelayProcess()
    const url = await relay.ready()
    expect(relay.stdout).toBe(`{"event":"ready","url":"${url}"}\n`)
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    relay.child.kill('SIGTERM')
    expect(await relay.exit).toEqual([0, null])
    expect(relay.stdout).toBe(`{"event":"ready","url":"${url}"}\n`)
  })

  test('logs to stderr, a line for each exchange, and never the key, the path or the body', async () => {
    const relay = startRelayProcess()
    const url = await relay.ready()
    const ledger = await openLedger({ url: database.url })
    const { apiKey } = await ledger.createCustomer({ ...acme, trafficBytes: 1_000_000n })
    await ledger.close()
    const node = await connectScriptedNode({
      relayUrl: url,
      onLane: (lane) => lane.answer({ body: 'body-of-the-answer' }),
    })
    const request = {
      url: 'https://93.184.216.34/path-of-the-page?query-of-the-page',
      method: 'POST',
      body: 'body-of-the-request',
    }
    const headers = { authorization: `Bearer ${apiKey}` }
    const response = await fetch(`${url}/v1/fetch`, {
      method: 'POST',
      headers,
      body: JSON.stringify(request),
    })
    expect(await response.text()).toBe('body-of-the-answer')
    await fetch(`${url}/v1/fetch?url=https://93.184.216.34/path-of-the-page&key=${apiKey}`, { headers })
    await fetch(`${url}/${apiKey}`)
    node.leave()
    await node.closed
    relay.child.kill('SIGTERM')
    expect(await relay.exit).toEqual([0, null])
    const lines = relay.stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.filter(({ msg }) => msg === 'an exchange ended')).toHaveLength(1)
    expect(lines.find(({ msg }) => msg === 'an exchange ended')).toMatchObject({
      outcome: 'completed',
      host: '93.184.216.34',
    })
    for (const secret of [apiKey, 'path-of', 'query-of', 'body-of'])
      expect(relay.stderr).not.toContain(secret)
  })

  test.each([
    ['SIGTERM', 'process'],
    ['SIGINT', 'process'],
    ['SIGTERM', 'group'],
    ['SIGINT', 'group'],
  ] as const)('ends with 0 after %s to its %s', async (signal, whom) => {
    const relay = startRelayProcess()
    const url = await relay.ready()
    const node = await connectScriptedNode({ relayUrl: url })
    const pid = relay.child.pid as number
    process.kill(whom === 'group' ? -pid : pid, signal)
    process.kill(whom === 'group' ? -pid : pid, signal)
    expect(await relay.exit).toEqual([0, null])
    expect(await node.frame('goodbye')).toMatchObject({ code: 'relay-draining' })
  })

  test('told to stop while it starts, it stops well and leaves no PostgreSQL behind', async () => {
    const folder = join(dataDir, 'new')
    const relay = startRelayProcess({ DATABASE_URL: '', FALLOW_DATA_DIR: folder })
    await vi.waitFor(() => expect(existsSync(folder)).toBe(true), 30_000)
    relay.child.kill('SIGINT')
    expect(await relay.exit).toEqual([0, null])
    expect(existsSync(join(folder, 'postgres/data'))).toBe(true)
    expect(existsSync(join(folder, 'postgres/data/postmaster.pid'))).toBe(false)
  })

  test('lets an exchange finish before it ends, and takes no new one', async () => {
    const relay = startRelayProcess()
    const url = await relay.ready()
    const ledger = await openLedger({ url: database.url })
    const { apiKey, customerId } = await ledger.createCustomer({ ...acme, trafficBytes: 1_000_000n })
    const opened = Promise.withResolvers<void>()
    const leaving = Promise.withResolvers<void>()
    const node = await connectScriptedNode({
      relayUrl: url,
      onLane: async (lane) => {
        opened.resolve()
        await leaving.promise
        lane.answer({ body: 'in time' })
      },
    })
    const asked = fetch(`${url}/v1/fetch?url=https://93.184.216.34/`, {
      headers: { authorization: `Bearer ${apiKey}` },
    })
    await opened.promise
    relay.child.kill('SIGTERM')
    for (let refused = false; !refused; )
      refused = await fetch(`${url}/healthz`, { headers: { connection: 'close' } }).then(
        () => false,
        () => true,
      )
    leaving.resolve()
    expect(await (await asked).text()).toBe('in time')
    await node.closed
    expect(await relay.exit).toEqual([0, null])
    const { balanceBytes, heldBytes } = await ledger.customerBalance(customerId)
    expect({ balanceBytes, heldBytes }).toEqual({ balanceBytes: 999_993n, heldBytes: 0n })
    await ledger.close()
  })

  test('a killed relay’s holds come back at its next start', async () => {
    const first = startRelayProcess()
    const url = await first.ready()
    const ledger = await openLedger({ url: database.url })
    const { apiKey, customerId } = await ledger.createCustomer({ ...acme, trafficBytes: 1_000_000n })
    const answer = await fetch(`${url}/v1/fetch?url=https://93.184.216.34/`, {
      headers: { authorization: `Bearer ${apiKey}` },
    })
    expect(answer.status).toBe(503)
    expect((await ledger.customerBalance(customerId)).heldBytes).toBe(1_000_000n)
    first.child.kill('SIGKILL')
    await first.exit
    await startRelayProcess().ready()
    expect((await ledger.customerBalance(customerId)).heldBytes).toBe(0n)
    await ledger.close()
  })
})

describe('a relay that cannot start says why in one sentence on stderr and exits with 1:', () => {
  const sentenceOf = async (relay: RelayProcess): Promise<string> => {
    expect(await relay.exit).toEqual([1, null])
    expect(relay.stdout).toBe('')
    expect(relay.stderr.trim().split('\n'), relay.stderr).toHaveLength(1)
    return relay.stderr
  }

  test('a wrong value', async () => {
    expect(await sentenceOf(startRelayProcess({ FALLOW_PORT: 'eighty' }))).toBe(
      'FALLOW_PORT takes a whole number from 0 to 65535; it is "eighty".\n',
    )
  })

  test('a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    expect(await sentenceOf(startRelayProcess({ FALLOW_PORT: String(port) }))).toMatch(
      new RegExp(`^Port ${port} of 127\\.0\\.0\\.1 is taken: .*FALLOW_PORT`),
    )
    server.close()
  })

  test('an address that this machine does not have', async () => {
    expect(await sentenceOf(startRelayProcess({ FALLOW_HOST: '192.0.2.1' }))).toContain('FALLOW_HOST')
  })

  test('a database that does not answer, without its password', async () => {
    const sentence = await sentenceOf(
      startRelayProcess({ DATABASE_URL: 'postgres://fallow:sesame@127.0.0.1:1/fallow' }),
    )
    expect(sentence).not.toContain('sesame')
    expect(sentence).toMatch(/database|PostgreSQL/i)
  })

  test('a second relay on the same data folder, while the first goes on', async () => {
    const first = startRelayProcess({ DATABASE_URL: '' })
    const url = await first.ready()
    await sentenceOf(startRelayProcess({ DATABASE_URL: '' }))
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    first.child.kill('SIGTERM')
    expect(await first.exit).toEqual([0, null])
  })
})
