import { type ChildProcess, spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { link, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Cluster, Durability } from './cluster.ts'
import { DatabaseError } from './database-error.ts'
import { processLives, processWorksIn } from './process-life.ts'

/**
 * What `postmaster.pid` says of a cluster's server.
 *
 *     absent ─▶ starting ─▶ ready ─▶ stopping ─▶ absent
 */
export type ServerState =
  | { phase: 'absent' }
  | { phase: 'starting'; pid: number }
  | { phase: 'ready'; pid: number; port: number }
  | { phase: 'stopping'; pid: number }

export const serverHost = '127.0.0.1'

const pollMs = 10
/** Long, because a start after a power cut replays the log first. */
const startDeadlineMs = 120_000
const fastStopDeadlineMs = 60_000
const immediateStopDeadlineMs = 10_000
const logBytesMax = 16 * 1024 * 1024
const logTailLines = 12
const privateFileMode = 0o600

/** Another starter was quicker, or the servants of a killed server have not all noticed its death yet. */
const passingTroubles =
  /lock file "postmaster.pid" (already exists|is empty)|pre-existing shared memory block/

const durabilityFlags: Record<Durability, string[]> = {
  full: ['fsync=on', 'synchronous_commit=on', 'full_page_writes=on'],
  none: ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=300'],
}

/** Reads the state of a cluster's server. PostgreSQL writes the file while it starts, so a half-written one is `starting`. */
export async function readServerState(cluster: Cluster): Promise<ServerState> {
  const text = await readFile(pidFile(cluster), 'utf8').catch(() => '')
  const lines = text.split('\n')
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0 || !isOurs(cluster, pid)) return { phase: 'absent' }
  const port = Number(lines[3])
  const status = lines[7]?.trim()
  if (status === 'ready' && port > 0) return { phase: 'ready', pid, port }
  return status === 'stopping' ? { phase: 'stopping', pid } : { phase: 'starting', pid }
}

/**
 * Starts the server and waits until it is ready, ours or that of another process that was quicker: PostgreSQL's own lock
 * file decides between two starters. `try-again`: something stood in the way that passes.
 */
export async function startServer(cluster: Cluster): Promise<'ready' | 'try-again'> {
  await takeAwayStalePidFile(cluster)
  const port = await choosePort(cluster)
  const child = await spawnServer(cluster, port)
  const deadline = Date.now() + startDeadlineMs
  while (runs(child)) {
    if ((await readServerState(cluster)).phase === 'ready') return 'ready'
    if (Date.now() > deadline) throw await startFailed(cluster, 'It was not ready within two minutes.')
    await wait(pollMs)
  }
  return explainEarlyEnd(cluster, port)
}

/** Stops the server (fast: open transactions are rolled back) and returns when its process is gone. */
export async function stopServer(cluster: Cluster, pid: number): Promise<void> {
  signal(pid, 'SIGINT')
  if (await ends(pid, fastStopDeadlineMs)) return
  signal(pid, 'SIGQUIT')
  if (await ends(pid, immediateStopDeadlineMs)) return
  throw new DatabaseError(
    'stop-failed',
    `PostgreSQL (process ${pid}) does not stop. Look into ${logFile(cluster)}.`,
  )
}

/** A child that could not be started at all has no process id. */
function runs(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null
}

const pidFile = (cluster: Cluster) => join(cluster.dataFolder, 'postmaster.pid')
const logFile = (cluster: Cluster) => join(cluster.folder, 'log')
const portFile = (cluster: Cluster) => join(cluster.folder, 'port')

function isOurs(cluster: Cluster, pid: number): boolean {
  return processWorksIn(pid, realpathSync(cluster.dataFolder))
}

/**
 * In a container that was killed and started again, the id in the file is soon that of some other process, and PostgreSQL
 * would refuse to start. It sees to a dead process's file by itself, and one without an id is being written at this moment:
 * neither is touched. Moved before it is judged for good: a file that was written meanwhile is put back.
 */
async function takeAwayStalePidFile(cluster: Cluster): Promise<void> {
  if (!isForeign(cluster, await readPid(pidFile(cluster)))) return
  const aside = `${pidFile(cluster)}.stale-${process.pid}`
  await rename(pidFile(cluster), aside).catch(() => {})
  if (!isForeign(cluster, await readPid(aside))) await link(aside, pidFile(cluster)).catch(() => {})
  await rm(aside, { force: true })
}

async function readPid(file: string): Promise<number> {
  return Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10)
}

function isForeign(cluster: Cluster, pid: number): boolean {
  return pid > 0 && processLives(pid) && !isOurs(cluster, pid)
}

/** The port of last time if it is free, so that a URL somebody noted stays right; else one that the system gives. */
async function choosePort(cluster: Cluster): Promise<number> {
  const kept = Number(await readFile(portFile(cluster), 'utf8').catch(() => '0'))
  const port = (kept > 0 && (await tryPort(kept))) || (await tryPort(0))
  if (!port) throw await startFailed(cluster, `No port of ${serverHost} is free.`)
  if (port !== kept) await writeFile(portFile(cluster), `${port}\n`, { mode: privateFileMode })
  return port
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(undefined))
    probe.listen({ host: serverHost, port }, () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' ? address?.port : undefined))
    })
  })
}

/**
 * Detached, in a session of its own: a SIGINT to the relay's process group must not stop PostgreSQL before the relay has
 * flushed its receipts.
 */
async function spawnServer(cluster: Cluster, port: number): Promise<ChildProcess> {
  await rotateLog(cluster)
  const log = await open(logFile(cluster), 'a', privateFileMode)
  const [program = '', ...args] = cluster.launcher.command(cluster.binaries.postgres, [
    '-D',
    cluster.dataFolder,
    ...settings(cluster, port).flatMap((setting) => ['-c', setting]),
  ])
  const child = spawn(program, args, { detached: true, stdio: ['ignore', log.fd, log.fd] })
  child.once('error', () => {})
  child.unref()
  await log.close()
  return child
}

function settings(cluster: Cluster, port: number): string[] {
  return [
    `listen_addresses=${serverHost}`,
    `port=${port}`,
    // A socket's path may have 107 bytes, and a data folder's path may be longer.
    'unix_socket_directories=',
    'log_timezone=UTC',
    'timezone=UTC',
    ...durabilityFlags[cluster.durability],
  ]
}

async function rotateLog(cluster: Cluster): Promise<void> {
  const bytes = await stat(logFile(cluster)).then(
    ({ size }) => size,
    () => 0,
  )
  if (bytes > logBytesMax) await rename(logFile(cluster), `${logFile(cluster)}.1`)
}

/** What an end before it was ready means. Throws where another attempt would end the same way. */
async function explainEarlyEnd(cluster: Cluster, port: number): Promise<'ready' | 'try-again'> {
  const { phase } = await readServerState(cluster)
  if (phase === 'ready') return 'ready'
  const tail = await logTail(cluster)
  const passes = phase !== 'absent' || passingTroubles.test(tail) || (await tryPort(port)) === undefined
  if (passes) return 'try-again'
  throw await startFailed(cluster, 'It ended at once.')
}

async function startFailed(cluster: Cluster, why: string): Promise<DatabaseError> {
  return new DatabaseError(
    'start-failed',
    `PostgreSQL did not start. ${why} The end of ${logFile(cluster)}:\n${await logTail(cluster)}`,
  )
}

async function logTail(cluster: Cluster): Promise<string> {
  const text = await readFile(logFile(cluster), 'utf8').catch(() => '')
  return text.trimEnd().split('\n').slice(-logTailLines).join('\n')
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended on its own, which is what we want.
  }
}

async function ends(pid: number, deadlineMs: number): Promise<boolean> {
  const deadline = Date.now() + deadlineMs
  while (processLives(pid)) {
    if (Date.now() > deadline) return false
    await wait(pollMs)
  }
  return true
}
