import { type Command, groups, type OptionHelp } from './command.ts'

const everywhere = [
  ['--json', 'print JSON'],
  ['--help', 'show this'],
] as const

/** `fallow --help` */
export function helpForAll(commands: readonly Command[]): string {
  const sections = [...groups].map(([group, about]) => {
    const lines = commands.filter((command) => command.group === group).map(commandLine)
    return `${group}: ${about}\n${aligned(lines)}`
  })
  return [
    'fallow looks into the ledger, makes and suspends customers, and answers complaints, beside a running relay or without one.',
    'Usage: fallow GROUP COMMAND [OPTIONS]',
    ...sections,
    environmentHelp,
    'Each group and each command has its own --help.',
  ].join('\n\n')
}

/** `fallow customer --help` */
export function helpForGroup(group: string, commands: readonly Command[]): string {
  const lines = commands.filter((command) => command.group === group).map(commandLine)
  return [
    `fallow ${group}: ${groups.get(group)}`,
    `Usage: fallow ${group} COMMAND [OPTIONS]`,
    aligned(lines),
  ].join('\n\n')
}

/** `fallow customer create --help` */
export function helpForCommand({ group, name, summary, options, example }: Command): string {
  const own = options.map((option) => [`--${option.name} ${option.value}`, option.help] as const)
  const usage = [`fallow ${group} ${name}`, ...options.map(usageOf), '[--json]'].join(' ')
  return [
    `fallow ${group} ${name}: ${summary}`,
    `Usage: ${usage}`,
    aligned([...own, ...everywhere]),
    `Example: ${example}`,
    environmentHelp,
  ].join('\n\n')
}

/** `--name NAME`, `[--name NAME]` where it may be left out, `--name NAME …` where it may stand more than once. */
function usageOf({ name, value, optional, repeatable }: OptionHelp): string {
  const text = `--${name} ${value}${repeatable ? ' …' : ''}`
  return optional ? `[${text}]` : text
}

const environmentHelp = `Environment:\n${aligned([
  ['FALLOW_DATA_DIR', 'the data folder, with the embedded PostgreSQL (.fallow)'],
  ['DATABASE_URL', 'a PostgreSQL server to use instead'],
  ['FALLOW_AUDIT_KEY', 'the key of the audit rows, where the relays do not keep it in the data folder'],
])}`

function commandLine({ group, name, summary }: Command): readonly [string, string] {
  return [`fallow ${group} ${name}`, summary]
}

function aligned(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(...pairs.map(([left]) => left.length))
  return pairs.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')
}
