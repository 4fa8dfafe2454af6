import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCustomer, fallow } from '#scripts/browser/command-line.ts'
import { askJson, askRaw, type CustomerAccess, openAnswer, readBody } from '#scripts/browser/customer.ts'
import { commandOwner } from '#scripts/browser/owner.ts'
import type { ActivityPage, ActivityRow } from '../../extension/messages/activity.ts'
import type { CommandResult } from '../../extension/messages/commands.ts'
import { readRawRows } from '../../points-ledger/store/testing/raw-rows.ts'
import { type House, type Node, openHouse } from '../fixtures/house.ts'
import { tellMeasured } from '../fixtures/measured.ts'
import { until } from '../fixtures/until.ts'

const cutMsMax = 5_000
const nodeAddress = '127.0.0.1'

type NamedCustomer = CustomerAccess & { customerId: string }
/** What of `fallow abuse lookup --json` is used here. */
type Lookup = {
  customers: {
    customerId: string
    label: string
    contact: string
    purposes: string[]
    exchanges: { exchangeId: string; hosts: string[]; method: string; outcome: string; address: string }[]
  }[]
}

describe.sequential('customers have names', () => {
  let house: House
  let node: Node
  let shop: NamedCustomer
  let press: NamedCustomer
  beforeAll(async () => {
    house = await openHouse()
    node = await house.openNode()
    const open = async (name: string, purposes: string[]): Promise<NamedCustomer> => {
      const contact = `abuse@${name}.example`
      const made = await createCustomer(house.relay.dataDir, { name, traffic: '1GiB', purposes, contact })
      return { ...made, relayUrl: house.relay.url }
    }
    shop = await open('shop', ['price-watch', 'stock watch'])
    press = await open('press', ['ai-retrieval'])
  })
  afterAll(() => house?.close())

  const inThisHouse = <T>(...words: string[]) => fallow<T>(house.relay.dataDir, ...words)
  const page = (path: string) => `${house.site.origin}${path}`

  /** As the log of the browser's owner has it. */
  async function rowOf(exchangeId: unknown): Promise<ActivityRow | undefined> {
    const newest = { beforeId: null, afterId: null, limit: 10 }
    const read = (await commandOwner(node.browser, 'readActivity', newest)) as CommandResult<ActivityPage>
    return read.ok ? read.value.rows.find((row) => row.exchangeId === exchangeId) : undefined
  }

  test('a purpose that was declared is served, and no other one is', async () => {
    const url = page('/small')
    expect(await askJson(shop, { url, purpose: 'stock watch' })).toMatchObject({ ok: true })
    expect(await askJson(press, { url, purpose: 'stock watch' })).toMatchObject({
      ok: false,
      problem: { status: 403, code: 'purpose-not-declared', source: 'account' },
    })
  })

  test('the owner’s log names who asked as they were created: label, purpose and contact', async () => {
    const asked = [
      { access: shop, purpose: 'stock watch', name: 'shop' },
      { access: press, purpose: 'ai-retrieval', name: 'press' },
    ]
    for (const { access, purpose, name } of asked) {
      const { headers } = await askRaw(access, { url: page('/small'), purpose })
      const row = await until(`the row of ${name}`, () => rowOf(headers['fallow-exchange-id']))
      const { customerId: id } = access
      expect(row.customer).toEqual({ id, label: name, purpose, contact: `abuse@${name}.example` })
    }
  })

  test('suspending a customer cuts its streaming answer within five seconds, while another customer’s goes on', async () => {
    const [cut, going] = [
      await openAnswer(shop, { url: page('/slow-drip?gate=shop') }),
      await openAnswer(press, { url: page('/slow-drip?gate=press') }),
    ]
    await Promise.all([once(cut, 'readable'), once(going, 'readable')])
    const { customerId } = shop
    await inThisHouse('customer', 'suspend', '--id', customerId, '--reason', 'complaint 17')
    const since = performance.now()
    expect(await readBody(cut)).toMatchObject({ ending: 'broken' })
    const cutMs = performance.now() - since
    tellMeasured('from the end of the suspending command to the broken answer', `${Math.round(cutMs)} ms`)
    expect(cutMs).toBeLessThan(cutMsMax)
    house.site.open('press')
    house.site.open('shop')
    const whole = await readBody(going)
    expect({ ending: whole.ending, text: whole.start.toString() }).toEqual({
      ending: 'complete',
      text: 'first piece\nlast piece\n',
    })
  })

  test('a suspended customer is refused, and served again as soon as it is resumed', async () => {
    expect(await askJson(shop, { url: page('/small') })).toMatchObject({
      ok: false,
      problem: { status: 403, code: 'customer-suspended', charged: false },
    })
    await inThisHouse('customer', 'resume', '--id', shop.customerId)
    const since = performance.now()
    await until(
      'the customer to be served again',
      async () => (await askJson(shop, { url: page('/small') })).ok,
    )
    const againMs = performance.now() - since
    tellMeasured('from the end of the resuming command to the first answer', `${Math.round(againMs)} ms`)
    expect(againMs).toBeLessThan(cutMsMax)
  })

  test('a look-up names the customer who asked through the node’s address in a minute, and the host, and nobody else', async () => {
    const path = '/redirect?secret=in-the-query'
    const asked = await askRaw(shop, {
      ...{ url: page(path), method: 'POST', body: 'secret in the body' },
      headers: { 'x-secret': 'in-a-header' },
    })
    expect(asked.status).toBe(200)
    const exchangeId = asked.headers['fallow-exchange-id']
    const minute = new Date().toISOString().slice(0, 16)
    const words = ['abuse', 'lookup', '--address', nodeAddress, '--at', `${minute}Z`]
    const lookUp = () => inThisHouse<Lookup>(...words)
    const exchangesOf = async (customerId: string) =>
      (await lookUp()).customers.find((each) => each.customerId === customerId)?.exchanges ?? []
    await until('the row to be written', async () =>
      (await exchangesOf(shop.customerId)).some((each) => each.exchangeId === exchangeId),
    )
    const { customers } = await lookUp()
    expect(customers.find(({ customerId }) => customerId === shop.customerId)).toMatchObject({
      label: 'shop',
      contact: 'abuse@shop.example',
      purposes: ['price-watch', 'stock watch'],
    })
    const host = new URL(house.site.origin).host
    const ours = (await exchangesOf(shop.customerId)).find((each) => each.exchangeId === exchangeId)
    expect(ours).toMatchObject({
      hosts: [host, host],
      method: 'POST',
      outcome: 'completed',
      address: nodeAddress,
    })
    expect((await exchangesOf(shop.customerId)).map(({ outcome }) => outcome)).toContain('customer-suspended')
    const elsewhere = await inThisHouse<Lookup>(...words.with(3, '127.0.0.9'))
    expect(elsewhere.customers).toEqual([])
  })

  test('the audit rows hold no path, no query, no body, no header, no host and no address', async () => {
    const rows = await readRawRows(house.relay.dataDir, 'audit_attempts')
    expect(rows.length).toBeGreaterThanOrEqual(5)
    const { host, hostname } = new URL(house.site.origin)
    const secrets = [
      'redirect',
      'small',
      'slow-drip',
      'secret',
      'in-the-query',
      'in-a-header',
      'http',
      host,
      hostname,
    ]
    for (const secret of [...secrets, nodeAddress])
      for (const hidden of [secret, Buffer.from(secret).toString('hex')])
        expect(rows.filter((row) => row.includes(hidden))).toEqual([])
    expect(rows.every((row) => row.includes('cus_'))).toBe(true)
  })
})
