import { parseArgs } from 'node:util'
import { type Command, groups, type Options } from './command.ts'
import { helpForAll, helpForCommand, helpForGroup } from './help.ts'
import { UsageError } from './usage-error.ts'

/** What was typed: a wish to read something, or a command with all its options. */
export type Parsed =
  | { kind: 'help'; text: string }
  | { kind: 'run'; command: Command; options: Options; json: boolean }

/** Reads the words after `fallow`. Throws UsageError with one sentence that says what to type instead. */
export function parseWords(words: readonly string[], commands: readonly Command[]): Parsed {
  const [group, name, ...rest] = words
  if (group === undefined) throw new UsageError('Say what to do; fallow --help lists all commands.')
  if (asksForHelp(group)) return { kind: 'help', text: helpForAll(commands) }
  if (!groups.has(group)) {
    throw new UsageError(`There is no "${group}" in fallow; it has ${listOf([...groups.keys()])}.`)
  }
  const ofGroup = commands.filter((command) => command.group === group)
  const names = listOf(ofGroup.map((command) => command.name))
  if (name === undefined) throw new UsageError(`Say what to do with "fallow ${group}": ${names}.`)
  if (asksForHelp(name)) return { kind: 'help', text: helpForGroup(group, commands) }
  const command = ofGroup.find((candidate) => candidate.name === name)
  if (!command) throw new UsageError(`There is no "${name}" in fallow ${group}; it has ${names}.`)
  return parseOptions(command, rest)
}

function parseOptions(command: Command, words: readonly string[]): Parsed {
  const { help, json, ...values } = readOptions(command, words)
  if (help === true) return { kind: 'help', text: helpForCommand(command) }
  const options = sortOptions(command, values)
  command.check?.(options)
  return { kind: 'run', command, options, json: json === true }
}

type Typed = Partial<Record<string, string | boolean | (string | boolean)[]>>

function sortOptions(command: Command, values: Typed): Options {
  const one: Record<string, string> = {}
  const many: Record<string, string[]> = {}
  for (const { name, value, optional, repeatable } of command.options) {
    const given = values[name]
    if (given === undefined && !optional)
      throw new UsageError(`fallow ${titleOf(command)} needs --${name} ${value}.`)
    if (repeatable) many[name] = Array.isArray(given) ? given.map(String) : []
    else if (Array.isArray(given)) one[name] = onlyOne(given, name)
  }
  return { one, many }
}

function onlyOne(given: readonly (string | boolean)[], name: string): string {
  if (given.length > 1) throw new UsageError(`--${name} stands more than once: give it once.`)
  return String(given[0])
}

function readOptions(command: Command, words: readonly string[]): Typed {
  const own = command.options.map(({ name }) => [name, { type: 'string', multiple: true }] as const)
  try {
    return parseArgs({
      args: [...words],
      options: { help: { type: 'boolean' }, json: { type: 'boolean' }, ...Object.fromEntries(own) },
    }).values
  } catch (error) {
    throw new UsageError(sentenceFor(error, command))
  }
}

/** Node's own messages say what is wrong in their first sentence, and then how to escape a dash. */
function sentenceFor(error: unknown, command: Command): string {
  const message = error instanceof Error ? error.message : String(error)
  const first = message.split(/\.\s|\n/)[0]?.replace(/\.$/, '') ?? message
  return `${first}; fallow ${titleOf(command)} --help shows what it takes.`
}

const titleOf = ({ group, name }: Command) => `${group} ${name}`
const asksForHelp = (word: string) => word === '--help' || word === '-h' || word === 'help'
const listOf = (words: readonly string[]) => new Intl.ListFormat('en', { type: 'disjunction' }).format(words)
