import type { TestProject } from 'vitest/node'
import { migrateDatabase } from '../migrate.ts'
import { runOn, startTestServer, withDatabase } from './test-server.ts'

const templateName = 'test_template'

/** Starts the PostgreSQL that all integration tests of a run share, and stops it after them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startTestServer()
  await runOn(server.url, `create database ${templateName}`)
  // Migrated once: copying a database takes a tenth of the time that migrating each anew would.
  await migrateDatabase(withDatabase(server.url, templateName))
  project.provide('testServerUrl', server.url)
  project.provide('testTemplate', templateName)
  return server.stop
}
