/**
 * The long proofs: tests of the product at a size that nobody waits for every day.
 *
 *     npm run prove             lists them
 *     npm run prove -- NAME     runs one and writes docs/results/NAME.md
 *
 * Of `broken-promises` a third word chooses some, by part of a journey's name or of a promise; nothing is written then.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { provePromises } from './broken-promises/prove.ts'
import { readCounts } from './lib/count-tests.ts'
import { reportStage } from './lib/report.ts'
import { repository, runStage, type Stage, stopStagesOnSignals } from './lib/run-stage.ts'

/** An ordinary test, made large by FALLOW_PROOF_SCALE: how many times its everyday size. */
type LargeTest = { what: string; project: 'unit' | 'integration' | 'journeys'; file: string; scale: number }
/** A proof with a way of its own. */
type OwnWay = { what: string; prove(words: readonly string[]): Promise<Proven> }
type Proof = LargeTest | OwnWay

/** Only a proof that held is written down; one that failed says so where it was run. */
type Proven = { held: boolean; written: { command: string; result: string; lines: string[] } | null }

const proofs: Record<string, Proof> = {
  pages: {
    what: 'Every page in every state, in light and dark, English and Japanese, fits its width and keeps nobody out.',
    project: 'unit',
    file: 'scripts/photograph-pages.test.ts',
    scale: 1,
  },
  fuzz: {
    what: 'Whatever message arrives, it is a frame or a protocol error.',
    project: 'unit',
    file: 'protocol/fuzz.test.ts',
    scale: 20,
  },
  'link-counts': {
    what: 'In whatever order frames arrive, relay and node count the same bytes, and every receipt says so.',
    project: 'unit',
    file: 'protocol/link-counts.test.ts',
    scale: 100,
  },
  'ledger-model': {
    what: 'Any history of posts, replays, crashes, recoveries and expiring holds leaves the books that the rules say.',
    project: 'integration',
    file: 'points-ledger/ledger-model.integration.test.ts',
    scale: 15,
  },
  'audit-lookup': {
    what: 'Who asked through an address in a minute is answered in less than a second, from ten million rows.',
    project: 'integration',
    file: 'points-ledger/audit-lookup.integration.test.ts',
    scale: 100,
  },
  'database-races': {
    what: 'Commands that open and close one data folder at once all get in, and the last one stops PostgreSQL.',
    project: 'integration',
    file: 'points-ledger/store/database.integration.test.ts',
    scale: 20,
  },
  'broken-promises': {
    what: 'Whoever breaks a promise in the source is found out: the journey of that promise fails.',
    prove: provePromises,
  },
}

const proofDeadlineMs = 6 * 3_600_000
const usageExitCode = 2

stopStagesOnSignals()
const [name, ...words] = process.argv.slice(2)
const proof = name === undefined ? undefined : proofs[name]
if (name !== undefined && proof) await prove(name, proof)
else list(name)

function list(unknown: string | undefined): void {
  if (unknown !== undefined) {
    console.error(`There is no proof "${unknown}". These are:`)
    process.exitCode = usageExitCode
  }
  for (const [name, { what }] of Object.entries(proofs)) console.log(`${name.padEnd(16)} ${what}`)
}

async function prove(name: string, proof: Proof): Promise<void> {
  const { held, written } = 'prove' in proof ? await proof.prove(words) : await proveAtScale(name, proof)
  if (!held) process.exitCode = 1
  else if (written) await writeResult(name, proof, written)
}

async function proveAtScale(name: string, proof: LargeTest): Promise<Proven> {
  const folder = await mkdtemp(join(tmpdir(), 'fallow-proof-'))
  const report = join(folder, 'report.json')
  try {
    const result = await runStage(stageOf(name, proof, report))
    reportStage(result)
    const { passed, failed } = await readCounts(report, result.passed)
    if (failed > 0) return { held: false, written: null }
    return {
      held: true,
      written: {
        command: `\`npm run prove -- ${name}\` (FALLOW_PROOF_SCALE=${proof.scale}, \`${proof.file}\`)`,
        result: `${passed} passed, ${failed} failed, ${result.seconds.toFixed(0)} s`,
        lines: await testLines(report),
      },
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function stageOf(name: string, { project, file, scale }: LargeTest, report: string): Stage {
  return {
    name,
    command: [
      'vitest',
      'run',
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      file,
    ],
    env: { FALLOW_PROOF_SCALE: String(scale) },
    output: 'shown',
    deadlineMs: proofDeadlineMs,
  }
}

async function writeResult(
  name: string,
  { what }: Proof,
  { command, result, lines }: NonNullable<Proven['written']>,
): Promise<void> {
  const folder = join(repository, 'docs/results')
  await mkdir(folder, { recursive: true })
  const head = [
    `# ${name}`,
    '',
    what,
    '',
    `- Command: ${command}`,
    `- Date: ${new Date().toISOString().slice(0, 10)}`,
    `- Node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores`,
    `- Result: ${result}`,
  ]
  await writeFile(join(folder, `${name}.md`), [...head, '', ...lines, ''].join('\n'))
  console.log(`written: docs/results/${name}.md`)
}

/** `measured` is a figure that the test has seen, and left in its `task.meta`. */
type TestResult = { fullName: string; status: string; duration?: number; meta?: { measured?: string } }
type NamedTests = {
  testResults: { assertionResults: TestResult[] }[]
}

async function testLines(report: string): Promise<string[]> {
  const { testResults } = JSON.parse(await readFile(report, 'utf8')) as NamedTests
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
  return tests.flatMap(({ status, fullName, duration = 0, meta }) => [
    `- ${status}: ${fullName} (${Math.round(duration)} ms)`,
    ...(meta?.measured ? [`  - measured: ${meta.measured}`] : []),
  ])
}
