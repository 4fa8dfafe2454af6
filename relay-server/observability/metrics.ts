import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { closeCodes, failureCodes, type Outcome } from '#protocol'
import type { ExchangeObserver } from '../exchange/exchange-ports.ts'

/** The values of the label `outcome`: the closed list of how exchanges end. */
export const outcomeLabels: readonly Outcome[] = ['completed', 'customer-left', ...failureCodes]
const closeLabels = [...closeCodes, 'connection-lost'] as const
const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

export type Metrics = ReturnType<typeof createMetrics>

/** What the relay says of itself to Prometheus. Every outcome has its line from the start, so that a first failure is seen as a rise. */
export function createMetrics(read: {
  nodes(): number
  lanes(): number
  receiptsWaiting(): number
  auditRowsWaiting(): number
  auditRowsDropped(): number
}) {
  const registers = [new Registry()]
  const [registry] = registers as [Registry]
  collectDefaultMetrics({ register: registry })
  const exchanges = new Counter({
    name: 'fallow_exchanges_total',
    help: 'Exchanges that ended, by outcome.',
    labelNames: ['outcome'],
    registers,
  })
  const inFlight = new Gauge({
    name: 'fallow_exchanges_in_flight',
    help: 'Exchanges that run now.',
    registers,
  })
  const carried = new Counter({
    name: 'fallow_carried_bytes_total',
    help: 'Carried bytes of ended exchanges.',
    labelNames: ['borne_by'],
    registers,
  })
  const seconds = new Histogram({
    name: 'fallow_exchange_seconds',
    help: 'From the request to the end of its answer.',
    buckets: secondsBuckets,
    registers,
  })
  const closes = new Counter({
    name: 'fallow_link_closes_total',
    help: 'Links that ended, by reason.',
    labelNames: ['code'],
    registers,
  })
  gauge('fallow_nodes', 'Nodes that are linked now.', read.nodes)
  gauge('fallow_lanes', 'Lanes in use on all links.', read.lanes)
  gauge('fallow_receipts_waiting', 'Receipts that are not in the ledger yet.', read.receiptsWaiting)
  gauge('fallow_audit_rows_waiting', 'Audit rows that are not in the database yet.', read.auditRowsWaiting)
  gauge(
    'fallow_audit_rows_dropped',
    'Audit rows that were not kept since the start, because the database was away for too long.',
    read.auditRowsDropped,
  )
  for (const outcome of outcomeLabels) exchanges.inc({ outcome }, 0)
  for (const code of closeLabels) closes.inc({ code }, 0)
  for (const borne_by of ['customer', 'goodwill']) carried.inc({ borne_by }, 0)

  function gauge(name: string, help: string, value: () => number) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value())
      },
    })
  }

  const observer: ExchangeObserver = {
    exchangeStarted: () => inFlight.inc(),
    exchangeEnded(record) {
      inFlight.dec()
      exchanges.inc({ outcome: record.outcome })
      carried.inc({ borne_by: 'customer' }, record.chargedBytes)
      carried.inc({ borne_by: 'goodwill' }, record.carriedBytes - record.chargedBytes)
      seconds.observe(record.totalMs / 1_000)
    },
  }
  return {
    observer,
    linkClosed: (code: (typeof closeLabels)[number]) => closes.inc({ code }),
    text: () => registry.metrics(),
  }
}
