import { expect, test } from 'vitest'
import { createTestDatabase } from './test-database.ts'
import { runOn } from './test-server.ts'

test('each test database is apart from every other and gone after its test', async () => {
  const [first, second] = await Promise.all([createTestDatabase(), createTestDatabase()])
  await runOn(first.url, 'create table only_here (id int)')
  await expect(runOn(second.url, 'select from only_here')).rejects.toMatchObject({ code: '42P01' })
  await first.drop()
  await expect(runOn(first.url, 'select 1')).rejects.toMatchObject({ code: '3D000' })
  await second.drop()
})
