import { checkStages } from './lib/check-stages.ts'
import { reportStage } from './lib/report.ts'
import { runStage, stopStagesOnSignals } from './lib/run-stage.ts'

/** Types, format, lint, walls and unused code: what can be known without running the product. */
stopStagesOnSignals()
for (const stage of checkStages) {
  const result = await runStage(stage)
  reportStage(result)
  if (!result.passed) process.exitCode = 1
}
