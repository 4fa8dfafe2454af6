/**
 * Everything that must hold: `npm test`. Its last line is `N passed, N failed`.
 *
 *     npm test                        checks, build, unit, integration, journeys
 *     npm test -- unit integration    only these (also: check)
 *     npm test -- window              the tests whose path contains "window", in whatever project
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkStages } from './lib/check-stages.ts'
import { addCounts, noTests, readCounts, type TestCounts } from './lib/count-tests.ts'
import { reportStage } from './lib/report.ts'
import { runStage, type Stage, stopStagesOnSignals } from './lib/run-stage.ts'
import { type TestKind, testProjects } from './lib/test-projects.ts'

const projects = Object.keys(testProjects) as TestKind[]

const buildDeadlineMs = 5 * 60_000
const projectDeadlineMs: Record<TestKind, number> = {
  unit: 10 * 60_000,
  integration: 20 * 60_000,
  journeys: 60 * 60_000,
}

type Plan = { checks: boolean; projects: readonly TestKind[]; filters: readonly string[] }

stopStagesOnSignals()
const counts = await carryOut(planFrom(process.argv.slice(2)))
if (counts.skipped > 0) console.log(`${counts.skipped} skipped`)
console.log(`${counts.passed} passed, ${counts.failed} failed`)
process.exit(counts.failed === 0 ? 0 : 1)

function planFrom(args: readonly string[]): Plan {
  const named = projects.filter((project) => args.includes(project))
  const filters = args.filter((arg) => arg !== 'check' && !named.some((project) => project === arg))
  const everything = args.length === 0
  return {
    checks: everything || args.includes('check'),
    projects: everything || (named.length === 0 && filters.length > 0) ? projects : named,
    filters,
  }
}

async function carryOut(plan: Plan): Promise<TestCounts> {
  let counts = noTests
  const add = (more: TestCounts) => {
    counts = addCounts(counts, more)
  }
  if (plan.checks) for (const stage of checkStages) add(await runAsTest(stage))
  // Journeys load the built extension; with a filter nobody knows whether they will.
  if (plan.projects.includes('journeys')) add(await runAsTest(buildStage()))
  const runs = plan.filters.length > 0 ? [plan.projects] : plan.projects.map((project) => [project])
  for (const run of runs) add(await runProjects(run, plan.filters))
  return counts
}

/** A check counts as one test. */
async function runAsTest(stage: Stage): Promise<TestCounts> {
  const result = await runStage(stage)
  reportStage(result)
  return result.passed ? { ...noTests, passed: 1 } : { ...noTests, failed: 1 }
}

function buildStage(): Stage {
  return {
    name: 'build',
    command: ['node', 'scripts/build-extension.ts'],
    output: 'kept',
    deadlineMs: buildDeadlineMs,
  }
}

/** Runs some projects of vitest at once and counts their tests, each project's tests in its own time limit. */
async function runProjects(names: readonly TestKind[], filters: readonly string[]): Promise<TestCounts> {
  const folder = await mkdtemp(join(tmpdir(), 'fallow-test-report-'))
  const report = join(folder, 'report.json')
  try {
    const result = await runStage({
      name: names.join(', '),
      command: [
        'vitest',
        'run',
        ...names.flatMap((name) => testProjects[name]).flatMap((project) => ['--project', project]),
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
        ...filters,
      ],
      output: 'shown',
      deadlineMs: names.reduce((sum, name) => sum + projectDeadlineMs[name], 0),
    })
    reportStage(result)
    return await readCounts(report, result.passed)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
