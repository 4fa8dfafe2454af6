import type { SourceEdit } from './source-edit.ts'

/** One promise, how to break it in the source, and who must notice. */
export type BrokenPromise = {
  promise: string
  /** What is done to the source, in a few words. */
  broken: string
  edits: readonly SourceEdit[]
  /** Of `e2e/journeys/NAME.test.ts`. */
  journey: string
  /** Words of the name of the test that must fail. */
  test: string
  /** The earlier tests of the same journey that it builds on. */
  after?: readonly string[]
  /** The journey writes what only root may write, and is left out elsewhere. */
  needsRoot?: true
}

export const journeyFileOf = ({ journey }: Pick<BrokenPromise, 'journey'>): string =>
  `e2e/journeys/${journey}.test.ts`

/** All tests that must run for it. */
export const testsOf = ({ test, after = [] }: BrokenPromise): string[] => [...after, test]
