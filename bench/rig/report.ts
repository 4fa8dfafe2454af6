import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SideResult, Spread } from './measure.ts'
import type { Row } from './row.ts'

const resultsFolder = fileURLToPath(new URL('../results', import.meta.url))

export type Report = { row: Pick<Row, 'name' | 'what'>; rounds: number; results: SideResult[] }

/** Writes the table as Markdown and as JSON, and returns the Markdown. */
export function writeReport(report: Report): string {
  const machine = describeMachine()
  const markdown = toMarkdown(report, machine)
  mkdirSync(resultsFolder, { recursive: true })
  writeFileSync(join(resultsFolder, `${report.row.name}.md`), markdown)
  writeFileSync(
    join(resultsFolder, `${report.row.name}.json`),
    `${JSON.stringify({ ...report, machine }, null, 2)}\n`,
  )
  return markdown
}

function toMarkdown({ row, rounds, results }: Report, machine: Record<string, string>): string {
  const figures = [...new Set(results.flatMap(({ figures: of }) => Object.keys(of)))]
  const lines = [
    `# ${row.name}`,
    '',
    row.what,
    '',
    `| | ${figures.join(' | ')} |`,
    `|---|${figures.map(() => '---').join('|')}|`,
    ...results.map(
      ({ side, figures: of }) => `| ${side} | ${figures.map((name) => toCell(of[name])).join(' | ')} |`,
    ),
    '',
    `Median (least to most) of ${rounds} interleaved rounds. \`npm run bench -- ${row.name}\``,
    '',
    Object.entries(machine)
      .map(([what, value]) => `${what} ${value}`)
      .join(' · '),
    '',
  ]
  return lines.join('\n')
}

const toCell = (spread: Spread | undefined): string =>
  spread ? `**${toFigure(spread.median)}** (${toFigure(spread.min)} to ${toFigure(spread.max)})` : ''

const toFigure = (value: number): string =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : Number(value.toPrecision(3)).toString()

const describeMachine = (): Record<string, string> => ({
  date: new Date().toISOString().slice(0, 10),
  node: process.version,
  linux: release(),
  cpu: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
  memory: `${Math.round(totalmem() / 1024 ** 3)} GiB`,
})
