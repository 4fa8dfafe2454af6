import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { findAuditKey, openAuditTrail } from '#points-ledger'
import { createTestDatabase } from '../../points-ledger/store/testing/test-database.ts'
import { runOn } from '../../points-ledger/store/testing/test-server.ts'
import { connectScriptedNode, type ScriptedLane } from '../testing/scripted-node.ts'
import { startTestRelay, type TestCustomer, type TestRelay } from '../testing/test-relay.ts'

const url = 'https://93.184.216.34/secret/path?secret=query'
const minuteMs = 60_000

let relay: TestRelay
let customer: TestCustomer
let homes = 0
beforeAll(async () => {
  relay = await startTestRelay({ FALLOW_TRUSTED_PROXIES: '127.0.0.1' })
  customer = await relay.newCustomer()
})
afterAll(() => relay.stop())

/** A node with an address of its own. */
async function linkNode(onLane: (lane: ScriptedLane) => void | Promise<void>, at = relay) {
  homes += 1
  const address = `203.0.113.${homes}`
  const node = await connectScriptedNode({ relayUrl: at.url, onLane, forwardedFor: address })
  onTestFinished(async () => {
    node.drop()
    await node.closed
  })
  return { node, address }
}

/** What stands in the database about an address. */
async function findingsAt(home: string, at = relay) {
  const trail = openAuditTrail({ url: at.databaseUrl, key: findAuditKey({ dataDir: at.dataDir }) })
  const now = Date.now()
  const { findings } = await trail.lookUp({
    home,
    from: new Date(now - minuteMs),
    to: new Date(now + minuteMs),
  })
  await trail.close()
  return findings
}

async function findingsUntil(home: string, count: number) {
  for (;;) {
    const findings = await findingsAt(home)
    if (findings.length >= count) return findings
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe('an audit row', () => {
  test('is written for an attempt that was answered, with nothing of path, query or body', async () => {
    const { node, address } = await linkNode((lane) => lane.answer({ status: 404, body: 'secret body' }))
    const response = await customer.fetch({ url, method: 'POST', body: 'secret body' })
    const findings = await findingsUntil(address, 1)
    expect(findings).toMatchObject([
      {
        exchangeId: response.headers.get('fallow-exchange-id'),
        ...{ attempt: 1, customerId: customer.customerId, nodeId: node.nodeId },
        ...{ method: 'POST', targetStatus: 404, outcome: 'completed' },
        sealed: { address, hosts: ['93.184.216.34'] },
        customer: { label: 'acme', contact: 'ops@acme.example' },
      },
    ])
    expect(JSON.stringify(findings)).not.toContain('secret')
    const { startedAt, endedAt } = findings[0] ?? { startedAt: new Date(0), endedAt: new Date(0) }
    expect(endedAt.getTime()).toBeGreaterThanOrEqual(startedAt.getTime())
  })

  test('names every host that redirects led to', async () => {
    const { address } = await linkNode((lane) =>
      lane.open.url.includes('216.34')
        ? lane.answer({ status: 302, headers: [['location', 'https://93.184.216.35/next']] })
        : lane.answer(),
    )
    await customer.fetch({ url })
    expect(await findingsUntil(address, 1)).toMatchObject([
      { targetStatus: 200, sealed: { hosts: ['93.184.216.34', '93.184.216.35'] } },
    ])
  })

  test('is written for a failed attempt too: the node saw the request', async () => {
    const { address } = await linkNode((lane) => lane.failed('target-refused'))
    await customer.fetch({ url })
    expect(await findingsUntil(address, 1)).toMatchObject([{ targetStatus: null, outcome: 'target-refused' }])
  })

  test('is not written for a request that no node saw', async () => {
    const { address } = await linkNode((lane) => lane.answer())
    await customer.fetch({ url: 'https://10.0.0.1/' })
    await customer.fetch({ url, purpose: 'never declared' })
    await customer.fetch({ url })
    expect(await findingsUntil(address, 1)).toHaveLength(1)
  })
})

test('a customer does not wait for the audit rows, and they are written once their table is back', async () => {
  const { address } = await linkNode((lane) => lane.answer())
  await runOn(relay.databaseUrl, 'alter table audit_attempts rename to audit_attempts_away')
  expect((await customer.fetch({ url })).status).toBe(200)
  const complained = () =>
    relay.logged.some(({ sentence }) => sentence.startsWith('audit rows could not be written'))
  while (!complained()) await new Promise((resolve) => setTimeout(resolve, 20))
  const metrics = await (await fetch(`${relay.url}/metrics`)).text()
  expect(metrics).toMatch(/^fallow_audit_rows_waiting [1-9]/m)
  expect(metrics).toMatch(/^fallow_audit_rows_dropped 0$/m)
  expect((await customer.fetch({ url })).status).toBe(200)
  await runOn(relay.databaseUrl, 'alter table audit_attempts_away rename to audit_attempts')
  expect(await findingsUntil(address, 2)).toHaveLength(2)
})

test('what was noted a moment before the relay stops is written', async () => {
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  const text = readFileSync(join(relay.dataDir, 'audit-key'), 'utf8').trim()
  const other = await startTestRelay({
    ...{ DATABASE_URL: database.url, FALLOW_TRUSTED_PROXIES: '127.0.0.1', FALLOW_AUDIT_KEY: text },
  })
  const asker = await other.newCustomer()
  const { node, address } = await linkNode((lane) => lane.answer(), other)
  await asker.fetch({ url })
  await other.stop()
  await node.closed
  const written = await findingsAt(address, { ...relay, databaseUrl: database.url })
  expect(written, 'under the key that the environment gave').toMatchObject([{ sealed: { address } }])
})
