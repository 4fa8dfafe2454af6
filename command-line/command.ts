import type { Ledger } from '#points-ledger'

/** What was typed for a command's own options, by name. */
export type Options = {
  /** One text each; an optional one that was left out is not there. */
  one: Readonly<Record<string, string>>
  /** Of options that may stand more than once, in the order in which they were typed; none where left out. */
  many: Readonly<Record<string, readonly string[]>>
}

export type OptionHelp = {
  name: string
  value: string
  help: string
  /** Required where it does not say so. */
  optional?: true
  /** May stand more than once. */
  repeatable?: true
}

/** Where a command works, for those that need more than the ledger. */
export type Place = { databaseUrl: string; dataDir: string; auditKeyText: string | undefined }

export type Answer = {
  /** For people. */
  text: string
  /** For programs: what `--json` prints. */
  json: unknown
  /** 1 where the command did its work and found something wrong. */
  exitCode?: 1
}

export type Command = {
  group: string
  name: string
  summary: string
  options: readonly OptionHelp[]
  example: string
  run(ledger: Ledger, options: Options, place: Place): Promise<Answer>
  /** Checks the options before a database is opened; throws UsageError. */
  check?(options: Options): void
}

export const groups: ReadonlyMap<string, string> = new Map([
  ['customer', 'customers, their API keys and their prepaid traffic'],
  ['node', 'browsers that carry traffic, and what they earned'],
  ['ledger', 'the books as a whole'],
  ['abuse', 'who asked through an address, for answering complaints'],
])
