import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { failureCodes } from '#protocol'
import { createTestDatabase } from '../points-ledger/store/testing/test-database.ts'
import { mmdbOf } from './testing/mmdb.ts'
import { connectScriptedNode } from './testing/scripted-node.ts'
import { startTestRelay, type TestRelay } from './testing/test-relay.ts'

const url = 'https://93.184.216.34/'

describe('what operators ask', () => {
  let relay: TestRelay
  beforeAll(async () => {
    relay = await startTestRelay()
  })
  afterAll(() => relay.stop())
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${relay.url}${path}`, { headers })

  test('/healthz says that the relay lives', async () => {
    const response = await get('/healthz')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ alive: true })
  })

  test('/readyz says that nothing is missing', async () => {
    const response = await get('/readyz')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ ready: true, missing: [] })
  })

  test('/metrics has a line for every outcome, and counts', async () => {
    const response = await get('/metrics')
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    const text = await response.text()
    for (const outcome of ['completed', 'customer-left', ...failureCodes])
      expect(text).toContain(`fallow_exchanges_total{outcome="${outcome}"}`)
    const customer = await relay.newCustomer()
    await customer.fetch({ url })
    expect(await (await get('/metrics')).text()).toContain(
      'fallow_exchanges_total{outcome="no-node-available"} 1\n',
    )
  })

  test.each(['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'])(
    '/metrics is not for whoever comes through a proxy (%s)',
    async (name) => {
      const response = await get('/metrics', { [name]: '127.0.0.1' })
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({ code: 'not-found' })
    },
  )

  test('/node speaks WebSocket, and says so to who does not', async () => {
    const response = await get('/node')
    expect(response.status).toBe(404)
    expect(((await response.json()) as { detail: string }).detail).toContain('WebSocket')
  })

  test('no other path takes a WebSocket', async () => {
    for (const path of ['/', '/healthz', '/metrics', '/nodes', '/v1/fetch']) {
      const socket = new WebSocket(`${relay.url.replace('http', 'ws')}${path}`)
      const status = await new Promise((resolve) => {
        socket.on('open', () => resolve('open'))
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode))
        socket.on('error', () => {})
      })
      expect(status, path).not.toBe('open')
      socket.terminate()
    }
  })
})

test('/readyz names a database that is gone, and customers are told that the relay failed', async () => {
  const database = await createTestDatabase()
  const relay = await startTestRelay({ DATABASE_URL: database.url })
  const customer = await relay.newCustomer()
  await database.drop()
  const response = await fetch(`${relay.url}/readyz`)
  expect(response.status).toBe(503)
  expect(await response.json()).toEqual({ ready: false, missing: ['The database does not answer.'] })
  expect((await fetch(`${relay.url}/healthz`)).status).toBe(200)
  const answer = await customer.fetch({ url })
  expect(answer.status).toBe(500)
  expect(await answer.json()).toMatchObject({
    code: 'relay-failed',
    source: 'relay',
    retryable: true,
    charged: false,
    instance: answer.headers.get('fallow-exchange-id'),
  })
  await relay.stop()
})

describe('a relay behind a trusted proxy, with a country database', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fallow-geo-'))
  const file = join(folder, 'countries.mmdb')
  let relay: TestRelay
  beforeAll(async () => {
    writeFileSync(file, mmdbOf({ '127.1.0.0/16': 'DE', '127.2.0.0/16': 'FR' }))
    relay = await startTestRelay({ FALLOW_GEO_DB: file, FALLOW_TRUSTED_PROXIES: '127.0.0.1' })
  })
  afterAll(async () => {
    await relay.stop()
    rmSync(folder, { recursive: true })
  })
  const nodeAt = (forwardedFor: string, name: string) =>
    connectScriptedNode({ relayUrl: relay.url, forwardedFor, onLane: (lane) => lane.answer({ body: name }) })

  test('gives each request a node of the country that it wants, and no other', async () => {
    const nodes = [
      await nodeAt('127.1.0.1', 'german'),
      await nodeAt('9.9.9.9, 127.2.0.1', 'french'),
      await nodeAt('127.3.0.1', 'unknown'),
    ]
    expect(nodes.map((node) => node.welcome?.country)).toEqual(['DE', 'FR', null])
    const customer = await relay.newCustomer()
    const ask = async (country: unknown) => (await customer.fetch({ url, country })).json()
    for (let round = 0; round < 5; round += 1) {
      expect(await ask('DE')).toMatchObject({ body: 'german', node: { country: 'DE' } })
      expect(await ask('FR')).toMatchObject({ body: 'french', node: { country: 'FR' } })
    }
    const raw = await customer.fetch({ url, country: ['DE', 'JP'] }, { headers: { accept: '*/*' } })
    expect(raw.headers.get('fallow-node-country')).toBe('DE')
    const refused = await customer.fetch({ url, country: 'JP' })
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('1')
    const problem = (await refused.json()) as { code: string; detail: string; source: string }
    expect(problem).toMatchObject({
      code: 'no-node-available',
      source: 'relay',
      retryable: true,
      charged: false,
    })
    expect(problem.detail).toContain('JP')
    for (const node of nodes) node.leave()
    await Promise.all(nodes.map((node) => node.closed))
  })

  test('metrics are not for whom the proxy forwards, whoever that claims to be', async () => {
    for (const forwardedFor of ['127.0.0.1', '::1', '198.51.100.7'])
      expect(
        (await fetch(`${relay.url}/metrics`, { headers: { 'x-forwarded-for': forwardedFor } })).status,
      ).toBe(404)
    expect((await fetch(`${relay.url}/metrics`)).status).toBe(200)
  })
})

test('a relay that trusts no proxy believes no forwarded address', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fallow-geo-'))
  const file = join(folder, 'countries.mmdb')
  writeFileSync(file, mmdbOf({ '127.1.0.0/16': 'DE' }))
  const relay = await startTestRelay({ FALLOW_GEO_DB: file })
  const node = await connectScriptedNode({ relayUrl: relay.url, forwardedFor: '127.1.0.1' })
  expect(node.welcome).toMatchObject({ country: null, publicAddress: '127.0.0.1' })
  await relay.stop()
  rmSync(folder, { recursive: true })
})
