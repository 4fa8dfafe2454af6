import { configDefaults, defineConfig } from 'vitest/config'

const integrationTests = '**/*.integration.test.ts'
const journeys = 'e2e/journeys/**/*.test.ts'

const unitTestMs = 20_000
const integrationTestMs = 60_000
const journeyMs = 180_000

/** Preact's JSX for the pages of the extension. The build's own plugin adds hot reloading, which no test wants. */
const preactJsx = { jsx: { runtime: 'automatic', importSource: 'preact' } } as const

export default defineConfig({
  test: {
    // A test that was skipped for lack of something would be a hole in the wall; each project must find its tests.
    passWithNoTests: false,
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
          // One browser at a time: each journey measures what its own browser does.
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: journeyMs,
          hookTimeout: journeyMs,
        },
      },
    ],
  },
})
