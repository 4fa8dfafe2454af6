import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { runOn, withDatabase } from './test-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the run's throw-away PostgreSQL is. */
    testServerUrl: string
    /** The database that new ones are copied from: migrated, and empty. */
    testTemplate: string
  }
}

export type TestDatabase = { url: string; drop(): Promise<void> }

/** Makes a migrated, empty database of its own on the run's PostgreSQL. For tests named `*.integration.test.ts`. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = inject('testServerUrl')
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await runOn(serverUrl, `create database ${name} template ${inject('testTemplate')}`)
  const drop = () => runOn(serverUrl, `drop database if exists ${name} with (force)`)
  return { url: withDatabase(serverUrl, name), drop }
}
