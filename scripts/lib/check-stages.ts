import type { Stage } from './run-stage.ts'

const deadlineMs = 10 * 60_000

/** What is checked without running the product, quickest first. */
export const checkStages: readonly Stage[] = [
  check('format and lint', ['biome', 'check', '.', '--error-on-warnings']),
  check('types', ['tsc', '-b', '--noEmit']),
  check('promises and walls', ['oxlint', '--type-aware', '--deny-warnings']),
  check('unused code', ['knip']),
]

function check(name: string, command: Stage['command']): Stage {
  return { name, command, output: 'kept', deadlineMs }
}
