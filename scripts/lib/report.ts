import type { StageResult } from './run-stage.ts'

/** One line for a stage, and under it what a failed one said. */
export function reportStage({ name, passed, output, seconds }: StageResult): void {
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name.padEnd(20)} ${seconds.toFixed(1)} s`)
  if (!passed && output.trim() !== '') console.log(`\n${output.trim()}\n`)
}
