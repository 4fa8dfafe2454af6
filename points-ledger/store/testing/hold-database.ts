/**
 * Opens a database and holds it, for tests that need another process: `node hold-database.ts DATA_DIR relay|command`.
 * Says `{"url"}` or `{"code","sentence","afterMs"}` on stdout; closes on SIGTERM, then says `{"closed":true}`.
 */
import { DatabaseError, openDatabase } from '../database.ts'

const [dataDir = '', as = 'relay'] = process.argv.slice(2)
const say = (fact: object) => process.stdout.write(`${JSON.stringify(fact)}\n`)
const startedAt = performance.now()
// Before the first word on stdout: whoever reads it may send the signal at once.
const toldToClose = new Promise((resolve) => process.once('SIGTERM', resolve))

try {
  const database = await openDatabase({
    dataDir,
    as: as === 'relay' ? 'relay' : 'command',
    onLost: (error) => say({ lost: error.code }),
  })
  say({ url: database.url })
  await toldToClose
  await database.close()
  say({ closed: true })
  process.exit(0)
} catch (error) {
  if (!(error instanceof DatabaseError)) throw error
  say({ code: error.code, sentence: error.message, afterMs: performance.now() - startedAt })
  process.exit(1)
}
