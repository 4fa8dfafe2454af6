import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { amountBytesMax, MIB } from './limits.ts'
import { acme } from './testing/acme.ts'
import { openTestLedger } from './testing/ledger-fixture.ts'

describe('customers', () => {
  test('an API key opens its customer and is stored as its SHA-256 alone', async () => {
    const { ledger, query } = await openTestLedger()
    const { customerId, apiKey } = await ledger.createCustomer({ ...acme, trafficBytes: MIB })
    expect(apiKey).toMatch(/^fk_[\w-]{43}$/)
    expect(await ledger.findCustomerByApiKey(apiKey)).toEqual({
      ...{ customerId, ...acme },
      ...{ suspendedAt: null, suspendedReason: null },
    })
    const [row] = await query('select * from api_keys')
    expect(row?.key_sha256).toEqual(createHash('sha256').update(apiKey).digest())
    expect(JSON.stringify(row)).not.toContain(apiKey)
  })

  test.each(['', 'fk_', `fk_${'A'.repeat(43)}`, 'fk_\0', `fk_${'é'.repeat(43)}`, 'x'.repeat(1e6)])(
    'a key that was never given out opens nothing',
    async (apiKey) => {
      const { ledger } = await openTestLedger()
      expect(await ledger.findCustomerByApiKey(apiKey)).toBeNull()
    },
  )

  test('prepaid traffic is exact up to a pebibyte', async () => {
    const { ledger } = await openTestLedger()
    const sizes = [0n, 1n, amountBytesMax - 1n, amountBytesMax]
    for (const trafficBytes of sizes) await ledger.createCustomer({ ...acme, label: 'any', trafficBytes })
    expect((await ledger.listCustomers()).map(({ freeBytes }) => freeBytes)).toEqual(sizes)
    expect((await ledger.totals()).issuedBytes).toBe(sizes.reduce((sum, size) => sum + size))
  })

  test.each([
    { ...acme, trafficBytes: -1n },
    { ...acme, trafficBytes: amountBytesMax + 1n },
    { ...acme, trafficBytes: 7 as unknown as bigint },
    { ...acme, label: '', trafficBytes: 1n },
    { ...acme, label: 'a\0b', trafficBytes: 1n },
    { ...acme, label: '\ud800', trafficBytes: 1n },
    { ...acme, label: 'n'.repeat(129), trafficBytes: 1n },
  ])('a customer with a wrong name or size is refused and not made', async (customer) => {
    const { ledger } = await openTestLedger()
    await expect(ledger.createCustomer(customer)).rejects.toMatchObject({ code: 'invalid-input' })
    expect(await ledger.listCustomers()).toEqual([])
  })

  test('an unknown customer has no balance to read', async () => {
    const { ledger } = await openTestLedger()
    await expect(ledger.customerBalance('cus_nobody')).rejects.toMatchObject({ code: 'unknown-customer' })
  })
})

describe('nodes and relays', () => {
  const node = { nodeId: 'node-one', publicKey: 'key', kind: 'residential' }

  test('a node gets an account of its own at first sight and finds it again', async () => {
    const { ledger } = await openTestLedger()
    const first = await ledger.registerNode(node)
    expect(first).toMatchObject({ created: true, accountId: expect.stringMatching(/^acc_[0-9a-f]{32}$/) })
    expect(await ledger.registerNode(node)).toEqual({ ...first, created: false })
    expect((await ledger.registerNode({ ...node, nodeId: 'node-two' })).accountId).not.toBe(first.accountId)
  })

  test('a node that arrives at many relays at once gets one account', async () => {
    const { ledger } = await openTestLedger()
    const seen = await Promise.all(Array.from({ length: 12 }, () => ledger.registerNode(node)))
    expect(new Set(seen.map(({ accountId }) => accountId)).size).toBe(1)
    expect(seen.filter(({ created }) => created)).toHaveLength(1)
    expect(await ledger.totals()).toMatchObject({ nodes: 1, accounts: 1 })
  })

  test('the id of a node or relay belongs to one key', async () => {
    const { ledger } = await openTestLedger()
    const relay = { relayId: 'relay-one', publicKey: 'key', publicUrl: 'http://127.0.0.1:1' }
    await ledger.registerNode(node)
    await ledger.registerRelayKey(relay)
    const mismatch = { code: 'key-mismatch' }
    await expect(ledger.registerNode({ ...node, publicKey: 'else' })).rejects.toMatchObject(mismatch)
    await expect(ledger.registerRelayKey({ ...relay, publicKey: 'else' })).rejects.toMatchObject(mismatch)
  })

  test('the key of a relay is found again, with its newest address', async () => {
    const { ledger } = await openTestLedger()
    const relay = { relayId: 'relay-one', publicKey: 'key', publicUrl: 'http://127.0.0.1:1' }
    await ledger.registerRelayKey(relay)
    await ledger.registerRelayKey({ ...relay, publicUrl: 'http://127.0.0.1:2' })
    expect(await ledger.findRelayKey('relay-one')).toEqual({ ...relay, publicUrl: 'http://127.0.0.1:2' })
    expect(await ledger.findRelayKey('relay-two')).toBeNull()
  })

  test('an unknown account has no earnings to read', async () => {
    const { ledger } = await openTestLedger()
    await expect(ledger.accountEarnings('acc_none')).rejects.toMatchObject({ code: 'unknown-account' })
  })
})
