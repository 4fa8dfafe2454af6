import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of package.json, which a stage runs in. */
export const repository = fileURLToPath(new URL('../..', import.meta.url))

/** One program that must end well. */
export type Stage = {
  name: string
  /** Program and arguments; the tools of node_modules are on the PATH. */
  command: readonly [string, ...string[]]
  env?: Record<string, string>
  /** Another folder than the repository's own. */
  folder?: string
  /** `shown`: its output appears as it comes. `kept`: only what a failed stage said is of interest. */
  output: 'shown' | 'kept'
  deadlineMs: number
}

export type StageResult = { name: string; passed: boolean; output: string; seconds: number }

/** A stage that was told to stop gets this long to clear up (vitest stops its PostgreSQL) before it is killed. */
const graceMs = 15_000
const interruptedExitCode = 130

const living = new Set<ChildProcess>()
let interrupted = false

/**
 * Runs a stage to its end, in a process group of its own: when we are told to stop, or it takes too long, it ends with all
 * that it started.
 */
export async function runStage(stage: Stage): Promise<StageResult> {
  const startedAt = performance.now()
  const child = startGroup(stage)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const deadline = setTimeout(() => {
    output += `${stage.name} was not done after ${stage.deadlineMs / 60_000} minutes and was stopped.\n`
    void endGroup(child)
  }, stage.deadlineMs)
  const exitCode = await ended(child)
  clearTimeout(deadline)
  // Its own children may outlive it; they do not outlive the stage.
  signalGroup(child, 'SIGKILL')
  living.delete(child)
  const seconds = (performance.now() - startedAt) / 1000
  return { name: stage.name, passed: exitCode === 0 && !interrupted, output, seconds }
}

/** Ends every running stage, and then this process, when it is told to stop. */
export function stopStagesOnSignals(): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (interrupted) return
      interrupted = true
      void Promise.all([...living].map(endGroup)).then(() => process.exit(interruptedExitCode))
    })
  }
}

function startGroup({ command, env, folder = repository, output }: Stage): ChildProcess {
  const [program, ...args] = command
  const path = [join(repository, 'node_modules/.bin'), process.env.PATH].join(delimiter)
  const stream = output === 'shown' ? 'inherit' : 'pipe'
  const child = spawn(program, args, {
    cwd: folder,
    detached: true,
    stdio: ['ignore', stream, stream],
    env: { ...process.env, PATH: path, ...env },
  })
  living.add(child)
  return child
}

async function ended(child: ChildProcess): Promise<number | null> {
  try {
    const [exitCode] = await once(child, 'close')
    return exitCode
  } catch (error) {
    process.stderr.write(`${String(error)}\n`)
    return null
  }
}

async function endGroup(child: ChildProcess): Promise<void> {
  signalGroup(child, 'SIGTERM')
  const killing = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs)
  await ended(child)
  clearTimeout(killing)
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid) process.kill(-child.pid, signal)
  } catch {
    // Nobody of the group is left.
  }
}
