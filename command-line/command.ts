import type { Ledger } from '#points-ledger'

/** Values of a command's own options, by name. All of them are texts and required. */
export type Options = Readonly<Record<string, string>>

export type OptionHelp = { name: string; value: string; help: string }

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
  run(ledger: Ledger, options: Options): Promise<Answer>
  /** Checks the options before a database is opened; throws UsageError. */
  check?(options: Options): void
}

export const groups: ReadonlyMap<string, string> = new Map([
  ['customer', 'customers, their API keys and their prepaid traffic'],
  ['node', 'browsers that carry traffic, and what they earned'],
  ['ledger', 'the books as a whole'],
])
