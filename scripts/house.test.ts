import { describe, expect, test } from 'vitest'
import { manifestFor } from '../manifest.config.ts'
import {
  closeCodes,
  closes,
  failureCodes,
  failures,
  frameTypes,
  PROTOCOL_VERSION,
} from '../protocol/index.ts'
import * as limits from '../protocol/limits.ts'
import { fingerprintVectors, frameVectors, refusalVectors, signatureVectors } from '../protocol/vectors.ts'
import { problemStatuses } from '../relay-server/customers/problem.ts'
import { outcomeLabels } from '../relay-server/observability/metrics.ts'
import { functionsOf } from './house/functions.ts'
import { importsOf } from './house/imports.ts'
import { repositoryFiles, textOf } from './house/repository-files.ts'
import { brokenWalls } from './house/walls.ts'

const sourceLinesMax = 400
const functionLinesMax = 45

const files = repositoryFiles()
const sources = files.filter((path) => /\.tsx?$/.test(path))

/** The cells of a table's row that begins with `name` in backticks, without the name; null where there is no such row. */
function rowOf(page: string, name: string): string[] | null {
  const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` |`))
  return row
    ? row
        .split('|')
        .slice(2, -1)
        .map((cell) => cell.trim())
    : null
}

describe('the specification in protocol/README.md', () => {
  const page = textOf('protocol/README.md')
  const missing = (names: readonly string[]): string[] => names.filter((name) => rowOf(page, name) === null)

  test('has a row for every frame', () => {
    expect(missing(frameTypes)).toEqual([])
  })

  test('has a row for every failure code, with its source and whether to retry', () => {
    for (const code of failureCodes) {
      const { source, retryable } = failures[code]
      const sentBy = 'sentBy' in failures[code] ? 'node' : 'relay'
      expect(rowOf(page, code)?.slice(0, 3), code).toEqual([source, sentBy, retryable ? 'yes' : 'no'])
    }
  })

  test('has a row for every close code, with its number and what a node does next', () => {
    // Some words stand in both lists; the close codes have their own table, further down.
    const table = page.slice(page.indexOf('## Close codes'))
    for (const code of closeCodes)
      expect(rowOf(table, code)?.slice(0, 2), code).toEqual([
        String(closes[code].number),
        closes[code].redial,
      ])
  })

  test('has a row for every limit, with its value', () => {
    for (const [name, value] of Object.entries(limits))
      expect(rowOf(page, name)?.[0], name).toBe(value.toLocaleString('en'))
  })

  test('shows every vector', () => {
    const lines = new Set(page.split('\n'))
    for (const vector of frameVectors)
      expect(lines, vector.name).toContain('text' in vector ? vector.text : vector.hex)
    for (const vector of refusalVectors) expect(page).toContain('text' in vector ? vector.text : vector.hex)
    for (const { text, signature } of signatureVectors)
      expect(page).toContain(`${text}\n\`\`\`\n\n\`\`\`\n${signature}\n`)
    for (const { publicKey, id } of fingerprintVectors) expect(page).toContain(`\`${publicKey}\` | \`${id}\``)
  })

  test('speaks of the version that the code speaks, and so does the list of versions', () => {
    expect(page).toContain(`**version ${PROTOCOL_VERSION}**`)
    expect(textOf('protocol/version.ts')).toMatch(new RegExp(`^ \\* \\| ${PROTOCOL_VERSION} \\|`, 'm'))
  })
})

describe('a failure code', () => {
  test('has a row in docs/api.md, with its status, its source, whether to retry and what to do', () => {
    const page = textOf('docs/api.md')
    const table = page.slice(page.indexOf('| code | status | source | retry | what to do |'))
    for (const code of failureCodes) {
      const [status, source, retry, whatToDo] = rowOf(table, code) ?? []
      const said = { status: Number.parseInt(status ?? '', 10), source, retry }
      const { source: side, retryable } = failures[code]
      const meant = { status: problemStatuses[code], source: side, retry: retryable ? 'yes' : 'no' }
      expect(said, code).toEqual(meant)
      expect(whatToDo, `${code} says what to do`).toMatch(/\w/)
    }
  })

  test('has an HTTP status of its own side', () => {
    expect(Object.keys(problemStatuses).sort()).toEqual([...failureCodes].sort())
    for (const code of failureCodes) {
      const blamesClient = ['client', 'account', 'policy'].includes(failures[code].source)
      const from = code === 'redirect-refused' || !blamesClient ? 500 : 400
      expect(problemStatuses[code], code).toSatisfy((status: number) => status >= from && status < 600)
    }
  })

  test('is a label of the metrics, beside the two good endings', () => {
    expect([...outcomeLabels].sort()).toEqual(['completed', 'customer-left', ...failureCodes].sort())
  })
})

describe('a permission of the extension', () => {
  const permissions = new Set(
    (['chromium', 'firefox'] as const).flatMap((browser) => {
      const manifest = manifestFor(browser) as unknown as Record<string, string[] | undefined>
      const kinds = ['permissions', 'optional_permissions', 'host_permissions', 'optional_host_permissions']
      return kinds.flatMap((kind) => manifest[kind] ?? [])
    }),
  )
  const page = textOf('docs/permissions.md')

  test('has its line in docs/permissions.md', () => {
    expect(permissions.size).toBeGreaterThan(0)
    expect([...permissions].filter((permission) => rowOf(page, permission) === null)).toEqual([])
  })

  test('is explained there only while it is asked for', () => {
    const explained = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name)
    expect(explained.filter((name) => !permissions.has(name ?? ''))).toEqual([])
  })
})

describe('the sources', () => {
  test('import only what the walls between the rooms let through', () => {
    const broken = sources.flatMap((path) => brokenWalls(path, importsOf(path, textOf(path))))
    expect(broken).toEqual([])
  })

  test(`are read on one screen or a few: ${sourceLinesMax} lines at most`, () => {
    const long = sources.filter((path) => textOf(path).split('\n').length - 1 > sourceLinesMax)
    expect(long).toEqual([])
  })

  test(`have functions of ${functionLinesMax} lines at most, but for factories: \`create…\` that returns an object`, () => {
    const long = sources
      .filter((path) => !/\.test\.tsx?$/.test(path))
      .flatMap((path) => functionsOf(path, textOf(path)).map((one) => ({ path, ...one })))
      .filter(({ lines }) => lines > functionLinesMax)
      .filter(({ name, returnsObject }) => !(name.startsWith('create') && returnsObject))
    expect(long).toEqual([])
  })

  test('are named in kebab-case', () => {
    const odd = sources.filter((path) => !/^[a-z0-9.-]+$/.test(path.split('/').at(-1) ?? ''))
    expect(odd).toEqual([])
  })
})

describe('the repository', () => {
  /** Folders of somebody's machine, and hosts that serve packages: neither is there on the next machine. */
  const machinePaths = /(?:^|[\s"'`(=:])\/(?:work|root|home\/[a-z][\w-]*|Users\/[A-Za-z][\w-]*)\/[\w.]/m
  const registryHosts =
    /(?:https?:\/\/|\/\/)[\w.-]*(?:npmjs|npmmirror|jfrog|artifactory|verdaccio|nexus)[\w.-]*|"resolved"\s*:/i
  const isText = (text: string): boolean => !text.includes('\0')

  test('names no path of a machine and no host of a package registry', () => {
    const texts = files.map((path) => ({ path, text: textOf(path) })).filter(({ text }) => isText(text))
    expect(texts.filter(({ text }) => machinePaths.test(text)).map(({ path }) => path)).toEqual([])
    expect(texts.filter(({ text }) => registryHosts.test(text)).map(({ path }) => path)).toEqual([])
  })

  test('would notice such a path or host', () => {
    expect(`see ${['', 'root', 'x'].join('/')}`).toMatch(machinePaths)
    expect(`open("${['', 'home', 'ann', 'fallow'].join('/')}")`).toMatch(machinePaths)
    expect(`${['https:', '', 'registry.npmjs.example'].join('/')}/pg`).toMatch(registryHosts)
    expect('https://example.com/home/ann/x').not.toMatch(machinePaths)
  })

  test('says of every decision what, when and why', () => {
    const decisions = files.filter((path) => /^docs\/decisions\/.+\.md$/.test(path))
    expect(decisions, 'docs/decisions/ holds no decision').not.toEqual([])
    for (const path of decisions) {
      const text = textOf(path)
      expect(text, `${path} begins with its title`).toMatch(/^# \S/)
      expect(text, `${path} names its day`).toMatch(/\b20\d\d-\d\d-\d\d\b/)
      expect(text, `${path} gives its reason`).toMatch(/\b(why|reasons?|because)\b/i)
    }
  })
})
