import { existsSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { runOn, startTestServer, withDatabase } from './test-server.ts'

const templateName = 'test_template'
const migrateModule = new URL('../migrate.ts', import.meta.url)

/** Starts the PostgreSQL that all integration tests of a run share, and stops it after them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startTestServer()
  await runOn(server.url, `create database ${templateName}`)
  await migrate(withDatabase(server.url, templateName))
  project.provide('testServerUrl', server.url)
  project.provide('testTemplate', templateName)
  return server.stop
}

type MigrateModule = { migrateDatabase?: (url: string) => Promise<void> }

/** Migrated once: copying a database takes a tenth of the time that migrating each anew would. */
async function migrate(url: string): Promise<void> {
  if (!existsSync(migrateModule)) return
  const { migrateDatabase } = (await import(migrateModule.href)) as MigrateModule
  await migrateDatabase?.(url)
}
