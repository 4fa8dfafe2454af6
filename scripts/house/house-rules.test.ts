import { describe, expect, test } from 'vitest'
import { functionsOf } from './functions.ts'
import { importsOf } from './imports.ts'
import { brokenWalls } from './walls.ts'

const breaks = (path: string, specifier: string): string[] =>
  brokenWalls(path, importsOf(path, `import { x } from '${specifier}'`))

describe('the scan for imports', () => {
  test('finds every way to import, and no word of a comment', () => {
    const text = [
      "import a, { type B } from './a.ts'",
      'import {\n  c,\n  d,\n} from "../d.ts"',
      "import * as e from 'node:fs'",
      "import type { F } from '@scope/name/deep'",
      "export * from './g.ts'",
      "export { h } from '#protocol'",
      "export type { I } from '#relay-server/app.ts'",
      "import './j.css'",
      "const k = await import('./k.ts')",
      "// import { l } from './l.ts'",
      "/* import { m } from './m.ts' */",
      "const n = 'from './n.ts'",
    ].join('\n')
    expect(
      importsOf('room/deep/file.ts', text)
        .map(({ target }) => target)
        .sort(),
    ).toEqual(
      [
        'room/deep/a.ts',
        'room/d.ts',
        'node:fs',
        '@scope/name',
        'room/deep/g.ts',
        'protocol/index.ts',
        'relay-server/app.ts',
        'room/deep/j.css',
        'room/deep/k.ts',
      ].sort(),
    )
  })
})

test('the scan for functions measures each named one, whatever stands in its strings', () => {
  const text = [
    'export function createRooms(): object {',
    "  const door = async () => '}'",
    '  return {',
    '    open: (): RegExp => {',
    '      return /[{]/',
    '    },',
    '  }',
    '}',
    'class Link<T> {',
    '  close(',
    '    reason: T,',
    '  ): void {}',
    '  #wake = (one = "{") => (two: string) => { return one + two }',
    '}',
  ].join('\n')
  expect(functionsOf('room/file.ts', text)).toEqual([
    { name: 'createRooms', lines: 8, returnsObject: true },
    { name: 'door', lines: 1, returnsObject: false },
    { name: 'open', lines: 3, returnsObject: false },
    { name: 'close', lines: 3, returnsObject: false },
    { name: 'wake', lines: 1, returnsObject: false },
  ])
})

describe('the walls', () => {
  test.each([
    ['protocol/frames.ts', 'node:crypto'],
    ['protocol/frames.ts', 'fast-check'],
    ['protocol/frames.ts', '../addresses/index.ts'],
    ['protocol/frames.test.ts', '#addresses'],
    ['addresses/index.ts', '#protocol'],
    ['addresses/index.ts', 'node:net'],
    ['points-ledger/holds.ts', '#protocol'],
    ['points-ledger/holds.ts', 'drizzle-orm/pg-core'],
    ['points-ledger/holds.test.ts', '../relay-server/app.ts'],
    ['relay-server/app.ts', '#points-ledger'],
    ['relay-server/metering/outbox.ts', '../../points-ledger/holds.ts'],
    ['relay-server/customers/problem.ts', '../nodes/node-link.ts'],
    ['relay-server/nodes/node-link.ts', '#relay-server/customers/problem.ts'],
    ['extension/background/index.ts', '#points-ledger'],
    ['extension/background/index.ts', 'node:buffer'],
    ['extension/background/index.ts', 'webextension-polyfill'],
    ['extension/popup/popup.tsx', '../background/index.ts'],
    ['extension/options/main.tsx', '../storage/index.ts'],
    ['scripts/demo.ts', '../e2e/fixtures/browser.ts'],
    ['scripts/demo.ts', '#points-ledger'],
    ['e2e/journeys/consent.test.ts', '../../points-ledger/store/totals-store.ts'],
    ['bench/main.ts', '../points-ledger/index.ts'],
    ['command-line/main.ts', '#scripts/../bench/main.ts'.replace('#scripts/', '../scripts/')],
  ])('%s may not import %s', (path, specifier) => {
    expect(breaks(path, specifier)).toHaveLength(1)
  })

  test.each([
    ['protocol/frames.ts', './limits.ts'],
    ['protocol/frames.test.ts', 'vitest'],
    ['addresses/public-address.ts', 'ipaddr.js'],
    ['points-ledger/store/schema.ts', 'drizzle-orm/pg-core'],
    ['relay-server/main.ts', '#points-ledger'],
    ['command-line/main.ts', '#points-ledger'],
    ['relay-server/exchange/exchange.ts', '../nodes/node-link.ts'],
    ['extension/background/index.ts', '#protocol'],
    ['extension/platform/index.ts', 'webextension-polyfill'],
    ['extension/popup/popup.tsx', '../messages/index.ts'],
    ['e2e/journeys/consent.test.ts', '../fixtures/browser.ts'],
    ['e2e/fixtures/books.ts', '#scripts/browser/command-line.ts'],
    ['bench/main.ts', '../points-ledger/store/testing/test-database.ts'],
    ['scripts/browser/command-line.ts', '../../command-line/main.ts'],
  ])('%s may import %s', (path, specifier) => {
    expect(breaks(path, specifier)).toEqual([])
  })
})
