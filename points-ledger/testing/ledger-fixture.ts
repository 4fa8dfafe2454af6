/** A ledger on a database of its own, and the shortest way to write down what a relay hands in. */
import pg from 'pg'
import { onTestFinished } from 'vitest'
import { type Ledger, openLedger } from '../ledger.ts'
import type { AttemptRow, ExchangeRow, LinkPosting, Receipt } from '../link-posting.ts'
import { createTestDatabase } from '../store/testing/test-database.ts'
import { acme } from './acme.ts'

export type TestLedger = {
  ledger: Ledger
  url: string
  /** Looks into the database behind the ledger's back. */
  query(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>
  close(): Promise<void>
}

/** Opens one; it is gone at the end of the test. */
export async function openTestLedger(): Promise<TestLedger> {
  const test = await openLedgerFixture()
  onTestFinished(() => test.close())
  return test
}

/** Opens one that the caller closes. */
export async function openLedgerFixture(): Promise<TestLedger> {
  const database = await createTestDatabase()
  const ledger = await openLedger({ url: database.url })
  const pool = new pg.Pool({ connectionString: database.url, max: 2 })
  // Dropping the database cuts connections that are just being closed.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return {
    ledger,
    url: database.url,
    query: async (text, values) => (await pool.query(text, values)).rows,
    close: async () => {
      await pool.end()
      await ledger.close()
      await database.drop()
    },
  }
}

export const relayId = 'relay-one'
export const otherRelayId = 'relay-two'
export const nodeId = 'node-one'

/** A registered relay and node, and a customer with this much traffic. */
export async function furnish({ ledger }: TestLedger, trafficBytes: bigint) {
  await ledger.registerRelayKey({ relayId, publicKey: 'relay key', publicUrl: 'http://127.0.0.1:8787' })
  const { accountId } = await ledger.registerNode({ nodeId, publicKey: 'node key', kind: 'residential' })
  const { customerId, apiKey } = await ledger.createCustomer({ ...acme, trafficBytes })
  return { accountId, customerId, apiKey }
}

/** Receipt `sequence` of a link that has carried this much; the two texts stand in for the signed ones. */
export function receiptOf(sequence: number, carriedUp: bigint, carriedDown = 0n): Receipt {
  const at = new Date(Date.UTC(2026, 0, 1) + sequence)
  const text = JSON.stringify({ sequence, carriedUp: String(carriedUp), carriedDown: String(carriedDown) })
  return {
    sequence,
    exchanges: sequence,
    upFrames: sequence,
    carriedUp,
    carriedDown,
    at,
    text,
    relaySignature: 'r',
  }
}

/** A posting of `link-one` that both sides agree on, without rows, unless `changes` say otherwise. */
export function postingOf(receipt: Receipt, changes: Partial<LinkPosting> = {}): LinkPosting {
  return {
    linkId: 'link-one',
    nodeId,
    relayId,
    receipt,
    counterSigned: agreed(receipt),
    attempts: [],
    exchanges: [],
    ended: false,
    ...changes,
  }
}

/** The node counted the same. */
export const agreed = ({ carriedUp, carriedDown }: Receipt) => ({ carriedUp, carriedDown, signature: 'n' })

export function attemptOf(
  exchangeId: string,
  customerId: string,
  carriedUp: bigint,
  changes: Partial<AttemptRow> = {},
): AttemptRow {
  return {
    exchangeId,
    attempt: 1,
    customerId,
    holdId: null,
    carriedUp,
    carriedDown: 0n,
    charged: true,
    outcome: 'completed',
    ...changes,
  }
}

export function exchangeOf(row: AttemptRow, changes: Partial<ExchangeRow> = {}): ExchangeRow {
  return {
    exchangeId: row.exchangeId,
    customerId: row.customerId,
    nodeId,
    method: 'GET',
    host: 'target.example',
    targetStatus: 200,
    outcome: row.outcome,
    purpose: null,
    attempts: row.attempt,
    carriedUp: row.carriedUp,
    carriedDown: row.carriedDown,
    chargedBytes: row.charged ? row.carriedUp + row.carriedDown : 0n,
    startedAt: new Date(Date.UTC(2026, 0, 1)),
    tookMs: 12,
    ...changes,
  }
}

/** The names of the checks that found something wrong. */
export async function wrongChecks({ ledger }: Pick<TestLedger, 'ledger'>): Promise<string[]> {
  return (await ledger.verify()).filter(({ ok }) => !ok).map(({ name, found }) => `${name}: ${found}`)
}
