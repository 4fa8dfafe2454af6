import { parseArgs } from 'node:util'
import { measure } from './rig/measure.ts'
import { writeReport } from './rig/report.ts'
import type { Row } from './rig/row.ts'
import { activity } from './rows/activity.ts'
import { browserLarge } from './rows/browser-large.ts'
import { browserSmall } from './rows/browser-small.ts'
import { largeBody } from './rows/large-body.ts'
import { manyAtOnce } from './rows/many-at-once.ts'
import { oneAtATime } from './rows/one-at-a-time.ts'
import { pause } from './rows/pause.ts'
import { popup } from './rows/popup.ts'
import { reconnect } from './rows/reconnect.ts'
import { smallAnswer } from './rows/small-answer.ts'
import { stalledCustomers } from './rows/stalled-customers.ts'

const rows: Row[] = [
  smallAnswer,
  oneAtATime,
  manyAtOnce,
  largeBody,
  stalledCustomers,
  browserSmall,
  browserLarge,
  popup,
  activity,
  pause,
  reconnect,
]
const roundsDefault = 5
const roundsMax = 100

/** `npm run bench [-- NAME ...] [--rounds N]`: measures the named rows, or all, and writes their tables to bench/results/. */
async function main(): Promise<void> {
  const { values, positionals } = readArguments()
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > roundsMax)
    refuse(`--rounds takes a whole number from 1 to ${roundsMax}.`)
  const unknown = positionals.filter((name) => !rows.some((row) => row.name === name))
  if (unknown.length > 0)
    refuse(`There is no row ${unknown.join(', ')}. The rows are: ${rows.map((row) => row.name).join(', ')}.`)
  for (const row of rows.filter(({ name }) => positionals.length === 0 || positionals.includes(name)))
    await run(row, rounds)
}

async function run(row: Row, rounds: number): Promise<void> {
  process.stderr.write(`${row.name}: setting up, then ${rounds} rounds ...\n`)
  const prepared = await row.prepare()
  try {
    const { name, what } = row
    process.stdout.write(
      `${writeReport({ row: { name, what }, rounds, results: await measure(prepared, rounds) })}\n`,
    )
  } finally {
    await prepared.close()
  }
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { rounds: { type: 'string', default: String(roundsDefault) } },
    })
  } catch (error) {
    return refuse((error as Error).message)
  }
}

function refuse(sentence: string): never {
  process.stderr.write(`${sentence}\n`)
  process.exit(2)
}

await main()
