import { copyFile, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { repositoryFiles } from '../house/repository-files.ts'
import { repository, runStage } from '../lib/run-stage.ts'
import { type BrokenPromise, journeyFileOf, testsOf } from './broken-promise.ts'
import { promises } from './promises.ts'
import { applyEdit, type SourceEdit } from './source-edit.ts'
import { type JourneyReport, type Verdict, verdictOf, whyNotSound } from './verdict.ts'

const journeyDeadlineMs = 10 * 60_000

type Shown = { promise: BrokenPromise; verdict: Verdict; seconds: number }

/**
 * Breaks each promise in a copy of this repository, one after the other, and runs the tests that must notice it. Before that the same
 * tests must pass in the copy as it is: a journey that fails anyway notices nothing. `filter` is part of a journey's name or of a promise.
 */
export async function provePromises([filter]: readonly string[]) {
  const startedAt = performance.now()
  const chosen = promises.filter(({ journey, promise }) => `${journey}\n${promise}`.includes(filter ?? ''))
  const [here, elsewhere] = [chosen.filter(canBeShown), chosen.filter((each) => !canBeShown(each))]
  const shown = await inCopy((copy) => breakAll(copy, here))
  const noticed = shown.filter(({ verdict }) => verdict.noticed).length
  const counts = `${noticed} of ${shown.length} broken promises were noticed`
  const rest = elsewhere.length > 0 ? `, ${elsewhere.length} left out because only root can show them` : ''
  const result = `${counts}${rest}, ${((performance.now() - startedAt) / 1000).toFixed(0)} s`
  console.log(result)
  return {
    held: shown.length > 0 && noticed === shown.length,
    written:
      filter === undefined
        ? { command: '`npm run prove -- broken-promises`', result, lines: tableOf(shown) }
        : null,
  }
}

const canBeShown = ({ needsRoot }: BrokenPromise): boolean => !needsRoot || process.getuid?.() === 0

async function breakAll(copy: string, chosen: readonly BrokenPromise[]): Promise<Shown[]> {
  const shown: Shown[] = []
  for (const ofJourney of Map.groupBy(chosen, ({ journey }) => journey).values())
    for await (const one of breakJourney(copy, ofJourney)) shown.push(told(one))
  return shown
}

async function* breakJourney(copy: string, ofJourney: readonly BrokenPromise[]): AsyncGenerator<Shown> {
  const file = journeyFileOf(ofJourney[0] as BrokenPromise)
  const names = [...new Set(ofJourney.flatMap(testsOf))]
  const why = (await whyUnsound(copy, file, names)) && (await whyUnsound(copy, file, names))
  for (const promise of ofJourney) {
    if (why === null) yield await breakOne(copy, promise)
    else yield { promise, verdict: { noticed: false, why: `its tests fail without it: ${why}` }, seconds: 0 }
  }
}

/** Says it too. A busy machine may fail a journey once, so it is asked twice. */
async function whyUnsound(copy: string, file: string, names: readonly string[]): Promise<string | null> {
  const { report } = await runJourney(copy, file, names)
  const why = whyNotSound(report, names)
  console.log(why === null ? `ok     ${file}, unbroken` : `FAILED ${file}, unbroken: ${why}`)
  return why
}

async function breakOne(copy: string, promise: BrokenPromise): Promise<Shown> {
  const before = await edit(copy, promise.edits)
  try {
    const { report, seconds } = await runJourney(copy, journeyFileOf(promise), testsOf(promise))
    return { promise, verdict: verdictOf(report, promise.test), seconds }
  } finally {
    for (const [file, text] of before) await writeFile(join(copy, file), text)
  }
}

/** Gives the texts as they were. */
async function edit(copy: string, edits: readonly SourceEdit[]): Promise<Map<string, string>> {
  const before = new Map<string, string>()
  for (const one of edits) {
    const path = join(copy, one.file)
    const text = await readFile(path, 'utf8')
    if (!before.has(one.file)) before.set(one.file, text)
    await writeFile(path, applyEdit(text, one))
  }
  return before
}

async function runJourney(
  copy: string,
  file: string,
  names: readonly string[],
): Promise<{ report: JourneyReport | null; seconds: number }> {
  const reportFile = join(copy, 'report.json')
  await rm(reportFile, { force: true })
  const { seconds } = await runStage({
    name: file,
    command: [
      ...(['vitest', 'run', '--project', 'journeys', '--project', 'journeys-alone'] as const),
      ...['--reporter=json', `--outputFile.json=${reportFile}`],
      ...['-t', names.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')],
      file,
    ],
    folder: copy,
    output: 'kept',
    deadlineMs: journeyDeadlineMs,
  })
  const text = await readFile(reportFile, 'utf8').catch(() => null)
  return { report: text === null ? null : (JSON.parse(text) as JourneyReport), seconds }
}

/** A copy of what is in the repository or about to be, with the same packages. */
async function inCopy<T>(work: (copy: string) => Promise<T>): Promise<T> {
  const copy = await mkdtemp(join(tmpdir(), 'fallow-broken-promises-'))
  try {
    for (const path of repositoryFiles()) {
      await mkdir(dirname(join(copy, path)), { recursive: true })
      await copyFile(join(repository, path), join(copy, path))
    }
    await symlink(await realpath(join(repository, 'node_modules')), join(copy, 'node_modules'))
    return await work(copy)
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

function told(one: Shown): Shown {
  const { promise, verdict, seconds } = one
  const said = verdict.noticed ? verdict.said : verdict.why
  console.log(
    `${verdict.noticed ? 'ok    ' : 'FAILED'} ${promise.promise} (${seconds.toFixed(0)} s)\n       ${said}`,
  )
  return one
}

function tableOf(shown: readonly Shown[]): string[] {
  const rows = shown.map(({ promise: { promise, broken, journey }, verdict }) => [
    promise,
    broken,
    journey,
    ...(verdict.noticed ? [verdict.test, `\`${verdict.said}\``] : ['', verdict.why]),
  ])
  return [
    ['promise', 'what was broken', 'journey', 'the test that failed', 'what it said'],
    Array(5).fill('---'),
    ...rows,
  ].map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
}
