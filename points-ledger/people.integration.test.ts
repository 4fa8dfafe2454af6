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
    { ...acme, label: 'acme\u202e', trafficBytes: 1n },
    { ...acme, label: 'acme\u2069', trafficBytes: 1n },
    { ...acme, label: 'ac\u200bme', trafficBytes: 1n },
    { ...acme, label: 'acme\u3164', trafficBytes: 1n },
    { ...acme, label: 'acme\nverified', trafficBytes: 1n },
    { ...acme, label: 'acme\u2028verified', trafficBytes: 1n },
    { ...acme, label: ' acme', trafficBytes: 1n },
  ])('a customer with a wrong name or size is refused and not made', async (customer) => {
    const { ledger } = await openTestLedger()
    await expect(ledger.createCustomer(customer)).rejects.toMatchObject({ code: 'invalid-input' })
    expect(await ledger.listCustomers()).toEqual([])
  })

  test.each([
    { label: 'acme\u200d' },
    { purposes: [] },
    { purposes: [''] },
    { purposes: ['p'.repeat(101)] },
    { purposes: [' ai-retrieval'] },
    { purposes: ['ai\nretrieval'] },
    { purposes: ['ai\u202eretrieval'] },
    { purposes: ['ai\u2028retrieval'] },
    { purposes: ['ai\u3164retrieval'] },
    { purposes: ['ai-retrieval', 'ai-retrieval'] },
    { purposes: Array.from({ length: 33 }, (_, number) => `purpose ${number}`) },
    { purposes: 'ai-retrieval' as unknown as string[] },
    { contact: '' },
    { contact: 'acme' },
    { contact: 'ops@acme' },
    { contact: 'ops @acme.example' },
    { contact: 'ops@acme.example\u202e' },
    { contact: 'ops@\u115facme.example' },
    { contact: 'javascript:alert(1)' },
    { contact: 'https://user:password@acme.example/' },
    { contact: `https://acme.example/${'a'.repeat(200)}` },
  ])('a wrong name, purpose or contact is refused, and nothing is made or changed: %j', async (wrong) => {
    const { ledger } = await openTestLedger()
    const { customerId } = await ledger.createCustomer({ ...acme, trafficBytes: 1n })
    const refusal = { code: 'invalid-input' }
    await expect(ledger.createCustomer({ ...acme, ...wrong, trafficBytes: 1n })).rejects.toMatchObject(
      refusal,
    )
    await expect(ledger.changeCustomer({ customerId, label: 'new', ...wrong })).rejects.toMatchObject(refusal)
    expect(await ledger.listCustomers()).toMatchObject([{ customerId, ...acme }])
  })

  test('what is changed is new, and the rest stays', async () => {
    const { ledger } = await openTestLedger()
    const { customerId, apiKey } = await ledger.createCustomer({ ...acme, trafficBytes: 1n })
    const changes = { purposes: ['price watch', 'ai-retrieval'], contact: 'https://acme.example/abuse' }
    const changed = { customerId, label: 'acme', ...changes, suspendedAt: null, suspendedReason: null }
    expect(await ledger.changeCustomer({ customerId, ...changes })).toEqual(changed)
    expect(await ledger.findCustomerByApiKey(apiKey)).toEqual(changed)
  })

  test('a customer is suspended for a reason, for the same time however often, until it is resumed', async () => {
    const { ledger } = await openTestLedger()
    const { customerId } = await ledger.createCustomer({ ...acme, trafficBytes: 1n })
    const first = await ledger.suspendCustomer({ customerId, reason: 'complaint 17' })
    expect(first).toMatchObject({ suspendedAt: expect.any(Date), suspendedReason: 'complaint 17' })
    expect(await ledger.suspendCustomer({ customerId, reason: 'and 18' })).toEqual({
      ...first,
      suspendedReason: 'and 18',
    })
    expect(await ledger.listCustomers()).toMatchObject([{ suspendedAt: first.suspendedAt }])
    expect(await ledger.resumeCustomer({ customerId })).toMatchObject({
      suspendedAt: null,
      suspendedReason: null,
    })
    await expect(ledger.suspendCustomer({ customerId, reason: '' })).rejects.toMatchObject({
      code: 'invalid-input',
    })
    const unknown = { code: 'unknown-customer' }
    await expect(ledger.suspendCustomer({ customerId: 'cus_1', reason: 'r' })).rejects.toMatchObject(unknown)
    await expect(ledger.resumeCustomer({ customerId: 'cus_1' })).rejects.toMatchObject(unknown)
    await expect(ledger.changeCustomer({ customerId: 'cus_1', label: 'l' })).rejects.toMatchObject(unknown)
  })

  test('whoever asks for changes misses none, and hears of none that is long past', async () => {
    const { ledger, query } = await openTestLedger()
    const make = async () => (await ledger.createCustomer({ ...acme, trafficBytes: 1n })).customerId
    const [one, two] = [await make(), await make()]
    await query("update customers set changed_at = now() - interval '1 hour'")
    const nothing = await ledger.customerChanges(null)
    expect(nothing).toEqual({ asOf: expect.any(Date), customers: [] })
    await ledger.suspendCustomer({ customerId: one, reason: 'complaint 17' })
    const { asOf, customers } = await ledger.customerChanges(nothing.asOf)
    expect(customers).toEqual([{ customerId: one, isSuspended: true, changedAt: expect.any(Date) }])
    // As if its transaction had ended only now, though it began before the last answer.
    await query(
      "update customers set changed_at = $1::timestamptz - interval '20 seconds' where customer_id = $2",
      [asOf, two],
    )
    expect((await ledger.customerChanges(asOf)).customers.map(({ customerId }) => customerId)).toContain(two)
    const hourAgo = new Date(asOf.getTime() - 2 * 3_600_000)
    await ledger.resumeCustomer({ customerId: one })
    expect((await ledger.customerChanges(hourAgo)).customers).toContainEqual({
      customerId: one,
      isSuspended: false,
      changedAt: expect.any(Date),
    })
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
