import { readFile } from 'node:fs/promises'

/** How many tests passed, failed, and were left out. */
export type TestCounts = { passed: number; failed: number; skipped: number }

/** The part of vitest's JSON report that we read. */
export type VitestReport = {
  success: boolean
  testResults: readonly {
    status: 'passed' | 'failed'
    assertionResults: readonly { status: 'passed' | 'failed' | 'skipped' | 'pending' | 'todo' | 'disabled' }[]
  }[]
}

export const noTests: TestCounts = { passed: 0, failed: 0, skipped: 0 }

export function addCounts(left: TestCounts, right: TestCounts): TestCounts {
  return {
    passed: left.passed + right.passed,
    failed: left.failed + right.failed,
    skipped: left.skipped + right.skipped,
  }
}

/**
 * Reads what a run of vitest wrote. `ranWell` is how its process ended: a run that broke off, that found no test, or whose
 * only failure lies outside of any test still counts as one failure.
 */
export async function readCounts(reportFile: string, ranWell: boolean): Promise<TestCounts> {
  const text = await readFile(reportFile, 'utf8').catch(() => '')
  if (text === '') return { ...noTests, failed: 1 }
  return honest(countTests(JSON.parse(text) as VitestReport), ranWell)
}

/** Counts the tests of a report; a file that could not be loaded, or whose hooks failed, is one failed test. */
export function countTests(report: VitestReport): TestCounts {
  return report.testResults.map(countFile).reduce(addCounts, noTests)
}

function countFile({ status, assertionResults }: VitestReport['testResults'][number]): TestCounts {
  const passed = assertionResults.filter((test) => test.status === 'passed').length
  const failed = assertionResults.filter((test) => test.status === 'failed').length
  const skipped = assertionResults.length - passed - failed
  return { passed, failed: status === 'failed' && failed === 0 ? 1 : failed, skipped }
}

function honest(counts: TestCounts, ranWell: boolean): TestCounts {
  const nothingRan = counts.passed + counts.failed === 0
  const failedElsewhere = !ranWell && counts.failed === 0
  return nothingRan || failedElsewhere ? { ...counts, failed: 1 } : counts
}
