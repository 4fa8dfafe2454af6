import { chown, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PostgresBinaries } from './binaries.ts'
import { DatabaseError } from './database-error.ts'
import { runProgram } from './run-program.ts'

/** How a program of PostgreSQL is run here, since it refuses to run as root. */
export type Launcher = {
  /** The command line that runs `program` with `args`. */
  command(program: string, args: readonly string[]): string[]
  /** Gives a folder that we made, with what lies in it, to the user PostgreSQL runs as. */
  handOver(folder: string): Promise<void>
}

/** `nobody` on Linux: there without being created, and owner of nothing. */
const unprivilegedId = 65_534

/**
 * A user namespace in which root is called 1000: PostgreSQL is content, and in the file system it is still root, so it can
 * enter private (0700) folders that no other user could.
 */
const namespacePrefix = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--']

const otherUserPrefixes = [
  ['setpriv', `--reuid=${unprivilegedId}`, `--regid=${unprivilegedId}`, '--clear-groups', '--'],
  ['runuser', '-u', 'nobody', '--'],
]

/**
 * Chooses how to run PostgreSQL. `owner` is the user id that owns an existing cluster, undefined for a new one: what one
 * launcher made, only that launcher can open.
 */
export async function chooseLauncher(
  binaries: PostgresBinaries,
  folder: string,
  owner: number | undefined,
): Promise<Launcher> {
  if (process.getuid?.() !== 0) return proven(plain, binaries)
  const inNamespace = owner === undefined || owner === 0
  if (inNamespace && (await runs([...namespacePrefix, 'true'])))
    return proven(prefixed(namespacePrefix), binaries)
  for (const prefix of otherUserPrefixes) {
    if (owner !== 0 && (await canEnter(prefix, binaries, folder)))
      return proven(asOtherUser(prefix), binaries)
  }
  throw new DatabaseError('no-unprivileged-user', noUserSentence(folder))
}

const plain: Launcher = { command: (program, args) => [program, ...args], handOver: async () => {} }

function prefixed(prefix: readonly string[]): Launcher {
  return { command: (program, args) => [...prefix, program, ...args], handOver: async () => {} }
}

function asOtherUser(prefix: readonly string[]): Launcher {
  return { ...prefixed(prefix), handOver: giveAway }
}

async function giveAway(folder: string): Promise<void> {
  await chown(folder, unprivilegedId, unprivilegedId)
  for (const name of await readdir(folder, { recursive: true })) {
    await chown(join(folder, name), unprivilegedId, unprivilegedId)
  }
}

async function runs(command: readonly string[]): Promise<boolean> {
  return (await runProgram(command)).exitCode === 0
}

/** The other user must reach both the programs and the data; it owns nothing, so only open folders let it through. */
async function canEnter(
  prefix: readonly string[],
  binaries: PostgresBinaries,
  folder: string,
): Promise<boolean> {
  const script = 'test -x "$1" && cd "$2"'
  return runs([...prefix, 'sh', '-c', script, 'sh', binaries.postgres, folder])
}

/** Shows that the binaries run here at all: a C library that does not fit them is told apart from a failed start. */
async function proven(launcher: Launcher, binaries: PostgresBinaries): Promise<Launcher> {
  const { exitCode, output } = await runProgram(launcher.command(binaries.postgres, ['--version']))
  if (exitCode === 0) return launcher
  throw new DatabaseError(
    'binaries-missing',
    `The PostgreSQL that npm installed does not run on this system (${output}). Set DATABASE_URL to a PostgreSQL server of your own.`,
  )
}

function noUserSentence(folder: string): string {
  return (
    `PostgreSQL refuses to run as root, and this system allows neither user namespaces (unshare --user) nor another user ` +
    `to enter ${folder}. Start as an ordinary user, or set FALLOW_DATA_DIR to a folder that every user may enter, ` +
    `or set DATABASE_URL to a PostgreSQL server of your own.`
  )
}
