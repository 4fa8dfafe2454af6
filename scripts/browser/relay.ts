import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import packageJson from '../../package.json' with { type: 'json' }
import { type Child, startChild } from './child.ts'

/** What `npm start` runs, flags of Node included: they decide how much memory a relay takes. */
const [, ...startArguments] = packageJson.scripts.start.split(' ')
const nodeFlags = startArguments.slice(0, -1)
const relayProgram = fileURLToPath(new URL(`../../${startArguments.at(-1)}`, import.meta.url))

/** PostgreSQL is initialised on the first start in a folder. */
const readyMsMax = 60_000
/** The relay gives its exchanges 10 s to finish, then posts what was carried. */
const stopMsMax = 30_000

export type RelaySettings = {
  port: number
  dataDir: string
  /** Test targets: `127.0.0.1:9000=public`. */
  addressSpaceOverrides?: readonly string[]
  env?: Record<string, string>
  /** A program that starts a relay in its own way, for tests; without one what `npm start` runs. */
  program?: string
}

/** A relay as `npm start` runs it, in a process of its own. */
export type RunningRelay = {
  readonly url: string
  readonly pid: number
  readonly dataDir: string
  readonly exited: Promise<number | null>
  logText(): string
  /** Asks it to close, and waits until it has: exchanges finish, receipts are posted, PostgreSQL stops. */
  stop(): Promise<void>
  /** SIGKILL: its memory is lost, and PostgreSQL goes on. */
  kill(): Promise<void>
}

/** Starts a relay and waits until it says that it can serve. */
export async function startRelayProcess({
  port,
  dataDir,
  addressSpaceOverrides = [],
  env = {},
  program = relayProgram,
}: RelaySettings): Promise<RunningRelay> {
  const child = await startChild(process.execPath, [...nodeFlags, program], {
    readyOn: 1,
    readyMsMax,
    env: {
      FALLOW_HOST: '127.0.0.1',
      FALLOW_PORT: String(port),
      FALLOW_DATA_DIR: dataDir,
      FALLOW_ADDRESS_SPACE_OVERRIDES: addressSpaceOverrides.join(','),
      FALLOW_PUBLIC_URL: undefined,
      DATABASE_URL: undefined,
      ...env,
    },
  })
  return { ...runningRelay(child), dataDir, url: urlIn(child.readyLine) }
}

const runningRelay = (child: Child) => ({
  pid: child.pid,
  exited: child.exited,
  logText: child.errorText,
  stop: () => child.end({ graceMs: stopMsMax }),
  kill: () => child.end({ signal: 'SIGKILL' }),
})

function urlIn(readyLine: string): string {
  const ready = JSON.parse(readyLine) as { event?: string; url?: string }
  if (ready.event !== 'ready' || !ready.url)
    throw new Error(`the relay's first line is not its ready line: ${readyLine}`)
  return ready.url
}

/** Memory of a process that lies in RAM now, in bytes. Linux. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
  if (!kibibytes) throw new Error(`/proc/${pid}/status has no VmRSS`)
  return Number(kibibytes) * 1024
}
