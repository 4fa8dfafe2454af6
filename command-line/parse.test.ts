import { describe, expect, test } from 'vitest'
import { commands } from './commands.ts'
import { parseWords } from './parse.ts'
import { UsageError } from './usage-error.ts'

const create = ['customer', 'create', '--name', 'acme']
const whole = [...create, '--purpose', 'ai-retrieval', '--contact', 'a@b.example', '--traffic']

describe('a wrong argument gets one sentence that says what to type instead', () => {
  const wrong: [words: string[], says: string][] = [
    [[], 'fallow --help'],
    [['banana'], '"banana"'],
    [['customer'], 'create, list, change, suspend, or resume'],
    [['customer', 'fly'], '"fly"'],
    [[...create, '--purpose', 'p', '--contact', 'a@b.example'], '--traffic SIZE'],
    [[...create, '--purpose', 'p', '--traffic', '1GiB'], '--contact CONTACT'],
    [[...create, '--contact', 'a@b.example', '--traffic', '1GiB'], '--purpose PURPOSE'],
    [['customer', 'create', '--traffic', '1GiB'], '--name NAME'],
    [[...whole, '10GB'], '"10GB"'],
    [[...whole, '1025TiB'], '1024 TiB'],
    [[...whole, '1GiB', '--colour', 'red'], '--colour'],
    [[...whole, '1GiB', '--name', 'other'], '--name stands more than once'],
    [[...whole, '-1'], '--traffic'],
    [['customer', 'change'], '--id CUSTOMER'],
    [['customer', 'change', '--id', 'cus_1'], '--name NAME, --purpose PURPOSE or --contact CONTACT'],
    [['customer', 'suspend', '--id', 'cus_1'], '--reason REASON'],
    [['customer', 'resume'], '--id CUSTOMER'],
    [['abuse', 'lookup', '--at', '2026-11-26T20:48Z'], '--address ADDRESS'],
    [['abuse', 'lookup', '--address', '203.0.113.9'], '--at MINUTE'],
    ...['', 'home', '203.0.113', '203.0.113.9:80', '203.0.113.9/24', 'fe80::1%eth0'].map(
      (address): [string[], string] => [
        ['abuse', 'lookup', '--address', address, '--at', '2026-11-26T20:48Z'],
        `"${address}"`,
      ],
    ),
    ...[
      '',
      'now',
      '20:48',
      '2026-11-26T20:48',
      '2026-11-26',
      '2026-13-26T20:48Z',
      '2026-11-26T25:48Z',
      '1769460480',
    ].map((at): [string[], string] => [
      ['abuse', 'lookup', '--address', '203.0.113.9', '--at', at],
      `"${at}"`,
    ]),
    ...['', '-1', '61', '1.5', 'one'].map((margin): [string[], string] => [
      ['abuse', 'lookup', '--address', '::1', '--at', '2026-11-26T20:48Z', `--margin=${margin}`],
      `"${margin}"`,
    ]),
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

  test.each(['customer', 'node', 'ledger', 'abuse'])('the group %s', (group) => {
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

test('an option that may stand more than once keeps all its values in order; one that was left out is not there', () => {
  const words = ['customer', 'change', '--id', 'cus_1', '--purpose', 'two words', '--purpose', 'b,c']
  expect(parseWords(words, commands)).toMatchObject({
    kind: 'run',
    options: { one: { id: 'cus_1' }, many: { purpose: ['two words', 'b,c'] } },
  })
  const renamed = parseWords(['customer', 'change', '--id', 'cus_1', '--name', 'new'], commands)
  expect(renamed).toMatchObject({ options: { one: { id: 'cus_1', name: 'new' }, many: { purpose: [] } } })
  expect(renamed.kind === 'run' && 'contact' in renamed.options.one).toBe(false)
})

test('the help says which options may be left out, and which may stand more than once', () => {
  expect(helpFor(['customer', 'change', '--help'])).toContain(
    'fallow customer change --id CUSTOMER [--name NAME] [--purpose PURPOSE …] [--contact CONTACT] [--json]',
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
