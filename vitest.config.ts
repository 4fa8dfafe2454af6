import { availableParallelism } from 'node:os'
import { configDefaults, defineConfig } from 'vitest/config'

const integrationTests = '**/*.integration.test.ts'
const journeys = 'e2e/journeys/**/*.test.ts'
/** They change what every browser of this machine does, so nothing else may run beside them. */
const journeysAlone = ['e2e/journeys/managed-policy.test.ts']

/** Most tests wait for something most of the time, so that no core needs to be kept free. */
const testWorkers = Math.max(2, availableParallelism())
/** Each opens browsers of its own, on a display of its own, and says what it measured. */
const journeyWorkers = 2

const unitTestMs = 20_000
const integrationTestMs = 60_000
const journeyMs = 180_000

/** Preact's JSX for the pages of the extension. The build's own plugin adds hot reloading, which no test wants. */
const preactJsx = { jsx: { runtime: 'automatic', importSource: 'preact' } } as const

export default defineConfig({
  test: {
    // A test that was skipped for lack of something would be a hole in the wall; each project must find its tests.
    passWithNoTests: false,
    maxWorkers: testWorkers,
    projects: [
      {
        oxc: preactJsx,
        test: {
          name: 'unit',
          include: ['**/*.test.ts', '**/*.test.tsx'],
          exclude: [...configDefaults.exclude, integrationTests, 'e2e/**'],
          testTimeout: unitTestMs,
        },
      },
      {
        test: {
          name: 'integration',
          include: [integrationTests],
          exclude: [...configDefaults.exclude, 'e2e/**'],
          globalSetup: ['./points-ledger/store/testing/global-setup.ts'],
          testTimeout: integrationTestMs,
          hookTimeout: integrationTestMs,
        },
      },
      {
        test: {
          name: 'journeys',
          include: [journeys],
          exclude: [...configDefaults.exclude, ...journeysAlone],
          maxWorkers: journeyWorkers,
          testTimeout: journeyMs,
          hookTimeout: journeyMs,
        },
      },
      {
        test: {
          name: 'journeys-alone',
          include: journeysAlone,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
          testTimeout: journeyMs,
          hookTimeout: journeyMs,
        },
      },
    ],
  },
})
