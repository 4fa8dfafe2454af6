import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readCounts, type VitestReport } from './count-tests.ts'

type FileReport = VitestReport['testResults'][number]

const file = (
  status: FileReport['status'],
  ...tests: FileReport['assertionResults'][number]['status'][]
) => ({
  status,
  assertionResults: tests.map((status) => ({ status })),
})

async function counted(testResults: FileReport[], ranWell: boolean) {
  const folder = await mkdtemp(join(tmpdir(), 'fallow-counts-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const report = join(folder, 'report.json')
  await writeFile(report, JSON.stringify({ success: ranWell, testResults } satisfies VitestReport))
  return readCounts(report, ranWell)
}

test('tests are counted over all files', async () => {
  const counts = await counted(
    [file('passed', 'passed', 'passed'), file('failed', 'passed', 'failed', 'todo')],
    false,
  )
  expect(counts).toEqual({ passed: 3, failed: 1, skipped: 1 })
})

test('a file that could not be loaded is a failure', async () => {
  const counts = await counted([file('passed', 'passed'), file('failed')], false)
  expect(counts).toEqual({ passed: 1, failed: 1, skipped: 0 })
})

test('a run whose only failure lies outside of any test is a failure', async () => {
  expect(await counted([file('passed', 'passed')], false)).toEqual({ passed: 1, failed: 1, skipped: 0 })
})

test('a run that found no test is a failure', async () => {
  expect(await counted([], true)).toEqual({ passed: 0, failed: 1, skipped: 0 })
})

test('a run that left no report is a failure', async () => {
  expect(await readCounts('/nowhere/report.json', true)).toEqual({ passed: 0, failed: 1, skipped: 0 })
})
