import { describe, expect, test } from 'vitest'
import { commands } from './commands.ts'
import { parseWords } from './parse.ts'
import { UsageError } from './usage-error.ts'

describe('a wrong argument gets one sentence that says what to type instead', () => {
  const wrong: [words: string[], says: string][] = [
    [[], 'fallow --help'],
    [['banana'], '"banana"'],
    [['customer'], 'create or list'],
    [['customer', 'fly'], '"fly"'],
    [['customer', 'create', '--name', 'acme'], '--traffic SIZE'],
    [['customer', 'create', '--traffic', '1GiB'], '--name NAME'],
    [['customer', 'create', '--name', 'acme', '--traffic', '10GB'], '"10GB"'],
    [['customer', 'create', '--name', 'acme', '--traffic', '1025TiB'], '1024 TiB'],
    [['customer', 'create', '--name', 'acme', '--traffic', '1GiB', '--colour', 'red'], '--colour'],
    [['customer', 'create', '--name', 'acme', '--traffic', '-1'], '--traffic'],
    [['customer', 'create', '--name'], '--name'],
    [['customer', 'list', '--json=yes'], '--json'],
    [['ledger', 'verify', 'now'], "'now'"],
    [['--json', 'ledger', 'verify'], '"--json"'],
  ]

  test.each(wrong)('%j', (words, says) => {
    const sentence = sentenceFor(words)
    expect(sentence).toContain(says)
    expect(sentence).toMatch(/^[^\n]+\.$/)
  })
})

describe('--help explains', () => {
  test('everything', () => {
    const text = helpFor(['--help'])
    for (const { group, name } of commands) expect(text).toContain(`fallow ${group} ${name}`)
    expect(text).toContain('DATABASE_URL')
    expect(text).toContain('FALLOW_DATA_DIR')
  })

  test.each(['customer', 'node', 'ledger'])('the group %s', (group) => {
    const text = helpFor([group, '--help'])
    for (const command of commands) {
      expect(text.includes(`fallow ${command.group} ${command.name}`)).toBe(command.group === group)
    }
  })

  test.each(commands.map((command) => [command.group, command.name, command] as const))(
    '%s %s',
    (group, name, command) => {
      const text = helpFor([group, name, '--help'])
      for (const option of command.options) expect(text).toContain(`--${option.name} ${option.value}`)
      expect(text).toContain('--json')
      expect(text).toContain(command.example)
    },
  )
})

test('the examples in the help are right', () => {
  for (const { example } of commands) {
    expect(parseWords(example.split(' ').slice(1), commands)).toMatchObject({ kind: 'run', json: false })
  }
})

function sentenceFor(words: string[]): string {
  try {
    parseWords(words, commands)
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
  throw new Error(`fallow ${words.join(' ')} was taken`)
}

function helpFor(words: string[]): string {
  const parsed = parseWords(words, commands)
  if (parsed.kind !== 'help') throw new Error(`fallow ${words.join(' ')} is no help`)
  return parsed.text
}
