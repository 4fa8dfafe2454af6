/** The `fallow` command: exit code 0 done, 1 it failed or found something wrong, 2 it was typed wrongly. */
import { DatabaseError, type Ledger, LedgerError, openDatabase, openLedger } from '#points-ledger'
import type { Place } from './command.ts'
import { commands } from './commands.ts'
import { parseWords } from './parse.ts'
import { jsonOf } from './print.ts'
import { UsageError } from './usage-error.ts'

const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const

// A reader that has seen enough, like `| head`, is no failure.
process.stdout.on('error', () => process.exit(exitCodes.done))
process.exitCode = await main(process.argv.slice(2)).catch(explain)

async function main(words: readonly string[]): Promise<number> {
  const parsed = parseWords(words, commands)
  if (parsed.kind === 'help') {
    console.log(parsed.text)
    return exitCodes.done
  }
  const { command, options, json } = parsed
  const answer = await withLedger((ledger, place) => command.run(ledger, options, place))
  console.log(json ? jsonOf(answer.json) : answer.text)
  return answer.exitCode ?? exitCodes.done
}

/** Opens what the environment names, and leaves nothing running that was not running before. */
async function withLedger<Result>(work: (ledger: Ledger, place: Place) => Promise<Result>): Promise<Result> {
  const { FALLOW_DATA_DIR: dataDir = '.fallow', DATABASE_URL: databaseUrl } = process.env
  const auditKeyText = process.env.FALLOW_AUDIT_KEY || undefined
  const database = await openDatabase({ dataDir, databaseUrl, as: 'command' })
  const interrupt = () => void database.close().finally(() => process.exit(exitCodes.interrupted))
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    const ledger = await openLedger({ url: database.url })
    const place = { databaseUrl: database.url, dataDir, auditKeyText }
    return await work(ledger, place).finally(() => ledger.close())
  } finally {
    await database.close()
  }
}

function explain(error: unknown): number {
  if (error instanceof UsageError) {
    console.error(error.message)
    return exitCodes.usage
  }
  const expected = error instanceof LedgerError || error instanceof DatabaseError
  console.error(expected ? error.message : error)
  return exitCodes.failed
}
