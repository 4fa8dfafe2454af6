import { type ChildProcess, spawn } from 'node:child_process'

export type ChildOptions = {
  env?: Record<string, string | undefined>
  /** Waits for the first line of standard output, or of descriptor 3 where `readyOn` is 3. */
  readyOn?: 1 | 3
  /** For the sentence that says it did not come up. */
  readyMsMax?: number
}

/** A process that this one started and ends again, by its id. */
export type Child = {
  readonly pid: number
  /** The line that said it is up; empty where none was waited for. */
  readonly readyLine: string
  /** Resolves with the exit code, or null after a signal. */
  readonly exited: Promise<number | null>
  /** The last words on standard output; empty where `readyOn` is not 1. */
  outputText(): string
  /** The last words on standard error. */
  errorText(): string
  /** Sends `signal` and waits; after `graceMs` the process is killed. May be called twice. */
  end(options?: { signal?: NodeJS.Signals; graceMs?: number }): Promise<void>
}

const readyMsDefault = 30_000
const graceMsDefault = 5_000
const charactersKept = 64 * 1024

const living = new Set<ChildProcess>()
// The last resort: whatever way this process ends, nothing that it started stays behind.
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

/** Starts a program in a process group of its own, so that Ctrl-C reaches this process first and the order of ending is ours. */
export async function startChild(
  command: string,
  args: readonly string[],
  options: ChildOptions = {},
): Promise<Child> {
  const { env, readyOn } = options
  const spawned = spawn(command, args, {
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', readyOn === 1 ? 'pipe' : 'ignore', 'pipe', readyOn === 3 ? 'pipe' : 'ignore'],
  })
  const child = watch(spawned)
  if (!readyOn) {
    await started(spawned, command)
    return child
  }
  try {
    const readyLine = await firstLine(spawned, command, options)
    return Object.defineProperty(child, 'readyLine', { value: readyLine })
  } catch (error) {
    await child.end({ graceMs: 0 })
    throw error
  }
}

function watch(spawned: ChildProcess): Child {
  living.add(spawned)
  const outputText = keepLastWords(spawned.stdout)
  const errorText = keepLastWords(spawned.stderr)
  const exited = new Promise<number | null>((resolve) => {
    spawned.once('exit', resolve)
    spawned.once('error', () => resolve(null))
  })
  void exited.then(() => living.delete(spawned))
  return {
    pid: spawned.pid ?? 0,
    readyLine: '',
    exited,
    outputText,
    errorText,
    async end({ signal = 'SIGTERM', graceMs = graceMsDefault } = {}) {
      spawned.kill(signal)
      const killing = setTimeout(() => spawned.kill('SIGKILL'), graceMs)
      await exited
      clearTimeout(killing)
    },
  }
}

function keepLastWords(stream: NodeJS.ReadableStream | null): () => string {
  let text = ''
  stream?.setEncoding('utf8').on('data', (piece: string) => {
    text = (text + piece).slice(-charactersKept)
  })
  return () => text
}

function started(spawned: ChildProcess, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    spawned.once('spawn', resolve)
    spawned.once('error', (error) => reject(new Error(`${command} could not be started: ${error.message}`)))
  })
}

function firstLine(
  spawned: ChildProcess,
  command: string,
  { readyOn, readyMsMax = readyMsDefault }: ChildOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    let errors = ''
    const fail = (what: string) => {
      clearTimeout(timer)
      reject(new Error(`${command} ${what}.${errors ? `\nIts last words:\n${errors.trim()}` : ''}`))
    }
    const timer = setTimeout(() => fail(`said nothing within ${readyMsMax} ms`), readyMsMax)
    const output = spawned.stdio[readyOn ?? 1] as NodeJS.ReadableStream
    output.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
      const end = text.indexOf('\n')
      if (end < 0) return
      clearTimeout(timer)
      resolve(text.slice(0, end))
    })
    spawned.stderr?.on('data', (piece: string) => {
      errors = (errors + piece).slice(-charactersKept)
    })
    spawned.once('error', (error) => fail(`could not be started: ${error.message}`))
    spawned.once('exit', (code, signal) => fail(`ended (${signal ?? code}) before it was ready`))
  })
}
