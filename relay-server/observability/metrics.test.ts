import { expect, test } from 'vitest'
import { closeCodes, failureCodes } from '#protocol'
import { createMetrics } from './metrics.ts'

const record = {
  exchangeId: 'ex',
  customerId: 'cus',
  nodeId: 'n',
  host: 'h',
  method: 'GET',
  status: 200,
  attempts: 1,
  totalMs: 40,
}

test('every way to end has its line before it ever happened', async () => {
  const text = await createMetrics({
    nodes: () => 2,
    lanes: () => 3,
    receiptsWaiting: () => 4,
    auditRowsWaiting: () => 0,
    auditRowsDropped: () => 0,
  }).text()
  for (const outcome of ['completed', 'customer-left', ...failureCodes])
    expect(text).toContain(`fallow_exchanges_total{outcome="${outcome}"} 0\n`)
  for (const code of [...closeCodes, 'connection-lost'])
    expect(text).toContain(`fallow_link_closes_total{code="${code}"} 0\n`)
  for (const payer of ['customer', 'goodwill'])
    expect(text).toContain(`fallow_carried_bytes_total{borne_by="${payer}"} 0\n`)
  expect(text).toMatch(/^fallow_nodes 2$/m)
  expect(text).toMatch(/^fallow_lanes 3$/m)
  expect(text).toMatch(/^fallow_receipts_waiting 4$/m)
})

test('an exchange is counted once, by its outcome and by who bears its bytes', async () => {
  const metrics = createMetrics({
    nodes: () => 0,
    lanes: () => 0,
    receiptsWaiting: () => 0,
    auditRowsWaiting: () => 0,
    auditRowsDropped: () => 0,
  })
  metrics.observer.exchangeStarted()
  metrics.observer.exchangeStarted()
  expect(await metrics.text()).toMatch(/^fallow_exchanges_in_flight 2$/m)
  metrics.observer.exchangeEnded({ ...record, outcome: 'completed', carriedBytes: 130, chargedBytes: 100 })
  metrics.observer.exchangeEnded({ ...record, outcome: 'target-dns', carriedBytes: 7, chargedBytes: 0 })
  const text = await metrics.text()
  expect(text).toMatch(/^fallow_exchanges_in_flight 0$/m)
  expect(text).toContain('fallow_exchanges_total{outcome="completed"} 1\n')
  expect(text).toContain('fallow_exchanges_total{outcome="target-dns"} 1\n')
  expect(text).toContain('fallow_carried_bytes_total{borne_by="customer"} 100\n')
  expect(text).toContain('fallow_carried_bytes_total{borne_by="goodwill"} 37\n')
  expect(text).toContain('fallow_exchange_seconds_count 2\n')
})

test('two relays in one process count apart', async () => {
  const [one, other] = [1, 2].map(() =>
    createMetrics({
      nodes: () => 0,
      lanes: () => 0,
      receiptsWaiting: () => 0,
      auditRowsWaiting: () => 0,
      auditRowsDropped: () => 0,
    }),
  )
  one?.linkClosed('connection-lost')
  expect(await one?.text()).toContain('fallow_link_closes_total{code="connection-lost"} 1\n')
  expect(await other?.text()).toContain('fallow_link_closes_total{code="connection-lost"} 0\n')
})
