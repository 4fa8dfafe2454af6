import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CustomerDetails, Ledger } from '#points-ledger'
import { createTestDatabase } from '../../points-ledger/store/testing/test-database.ts'
import { acme } from '../../points-ledger/testing/acme.ts'
import { readConfig } from '../config.ts'
import { type Relay, startRelay } from '../main.ts'
import { unaskedAddresses } from './unasked-addresses.ts'

/** A relay in this process, on a port and a database of its own. */
export type TestRelay = {
  url: string
  ledger: Ledger
  dataDir: string
  databaseUrl: string
  /** What the relay logged, newest last. */
  logged: { fields: Record<string, unknown>; sentence: string }[]
  newCustomer(trafficBytes?: bigint, details?: Partial<CustomerDetails>): Promise<TestCustomer>
  stop(): Promise<void>
}
export type TestCustomer = {
  customerId: string
  apiKey: string
  fetch(request: object, init?: { headers?: Record<string, string>; signal?: AbortSignal }): Promise<Response>
}

const trafficBytesDefault = 10n * 1024n ** 3n

export async function startTestRelay(environment: Record<string, string> = {}): Promise<TestRelay> {
  const dataDir = mkdtempSync(join(tmpdir(), 'fallow-relay-'))
  const database = await createTestDatabase()
  const config = readConfig({
    FALLOW_PORT: '0',
    FALLOW_DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    FALLOW_UNASKED_ADDRESSES: unaskedAddresses,
    ...environment,
  })
  const logged: TestRelay['logged'] = []
  const note = (fields: object, sentence: string) =>
    void logged.push({ fields: fields as Record<string, unknown>, sentence })
  const relay: Relay = await startRelay({
    config,
    log: { info: note, warn: note, error: note },
    onLost: () => {},
  })
  const { url, ledger } = relay
  return {
    url,
    ledger,
    dataDir,
    databaseUrl: config.databaseUrl ?? '',
    logged,
    newCustomer: (trafficBytes = trafficBytesDefault, details = {}) =>
      newCustomer(relay, { ...acme, ...details, trafficBytes }),
    async stop() {
      await relay.stop()
      await database.drop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

async function newCustomer(
  { url, ledger }: Relay,
  customer: CustomerDetails & { trafficBytes: bigint },
): Promise<TestCustomer> {
  const { customerId, apiKey } = await ledger.createCustomer(customer)
  return {
    customerId,
    apiKey,
    fetch: (request, init = {}) =>
      fetch(`${url}/v1/fetch`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${apiKey}`,
          'content-type': 'application/json',
          accept: 'application/json',
          ...init.headers,
        },
        body: JSON.stringify(request),
        ...(init.signal && { signal: init.signal }),
      }),
  }
}
