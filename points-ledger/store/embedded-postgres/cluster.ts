import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import {
  access,
  constants,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { findBinaries, type PostgresBinaries, postgresMajorVersion } from './binaries.ts'
import { DatabaseError } from './database-error.ts'
import { chooseLauncher, type Launcher } from './launcher.ts'
import { processLives } from './process-life.ts'
import { runProgram } from './run-program.ts'

/** `full`: every commit is on the disk before it is answered. `none`: for tests, whose data dies with them. */
export type Durability = 'full' | 'none'

/** A made database cluster, running or not. */
export type Cluster = {
  /** Holds `data`, `password`, `port` and `log`. */
  folder: string
  /** PostgreSQL's own folder (PGDATA). */
  dataFolder: string
  password: string
  durability: Durability
  binaries: PostgresBinaries
  launcher: Launcher
}

/** The one role of an embedded cluster and the name of its database. */
export const clusterUser = 'fallow'

const folderName = 'postgres'
const passwordBytes = 24
const privateFileMode = 0o600
const privateFolderMode = 0o700

/** Opens the cluster in a data folder and makes it first if there is none. Throws DatabaseError. */
export async function openCluster(options: { dataDir: string; durability: Durability }): Promise<Cluster> {
  await makeDataDir(options.dataDir)
  const folder = join(options.dataDir, folderName)
  const binaries = await findBinaries()
  const launcher = await chooseLauncher(binaries, options.dataDir, await ownerOf(join(folder, 'data')))
  const tools = { binaries, launcher, durability: options.durability }
  if (await isAbsent(folder)) await createCluster(options.dataDir, tools)
  const password = await readPassword(folder)
  await checkVersion(folder)
  return { folder, dataFolder: join(folder, 'data'), password, ...tools }
}

type Tools = Pick<Cluster, 'binaries' | 'launcher' | 'durability'>

async function makeDataDir(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: privateFolderMode })
    await access(dataDir, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new DatabaseError(
      'data-folder-unusable',
      `The data folder ${dataDir} cannot be made or written. Set FALLOW_DATA_DIR to a folder that you may write.`,
      { cause },
    )
  }
}

async function ownerOf(dataFolder: string): Promise<number | undefined> {
  return existsSync(dataFolder) ? (await stat(dataFolder)).uid : undefined
}

async function isAbsent(folder: string): Promise<boolean> {
  return !existsSync(folder) || (await readdir(folder)).length === 0
}

/**
 * Made under another name and then renamed: the cluster is there whole or not at all, and of two processes that make one
 * at the same moment the second finds the first one's in its place and throws its own away.
 */
async function createCluster(dataDir: string, tools: Tools): Promise<void> {
  await removeAbandoned(dataDir)
  const draft = join(dataDir, `${folderName}.new-${process.pid}-${randomBytes(4).toString('hex')}`)
  try {
    await initialise(draft, tools)
    await rename(draft, join(dataDir, folderName)).catch(ignoreExisting)
    if (tools.durability === 'full') await syncFolder(dataDir)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

async function initialise(draft: string, { binaries, launcher, durability }: Tools): Promise<void> {
  await mkdir(join(draft, 'data'), { recursive: true, mode: privateFolderMode })
  await writeFile(join(draft, 'password'), randomBytes(passwordBytes).toString('base64url'), {
    mode: privateFileMode,
  })
  await launcher.handOver(draft)
  const { exitCode, output } = await runProgram(
    launcher.command(binaries.initdb, [
      `--pgdata=${join(draft, 'data')}`,
      `--username=${clusterUser}`,
      `--pwfile=${join(draft, 'password')}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--data-checksums',
      ...(durability === 'none' ? ['--no-sync'] : []),
    ]),
  )
  if (exitCode === 0) return
  throw new DatabaseError('start-failed', `PostgreSQL could not set up its data in ${draft}: ${output}`)
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
}

/** A rename is on the disk once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}

/** What a process that was killed in the middle of initdb left behind. */
async function removeAbandoned(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const pid = /^postgres\.new-(\d+)-/.exec(name)?.[1]
    if (pid && !processLives(Number(pid))) await rm(join(dataDir, name), { recursive: true, force: true })
  }
}

async function readPassword(folder: string): Promise<string> {
  try {
    const password = await readFile(join(folder, 'password'), 'utf8')
    if (password.trim() === '') throw new Error('the file is empty')
    return password.trim()
  } catch (cause) {
    throw unusable(folder, 'its file "password" cannot be read', cause)
  }
}

async function checkVersion(folder: string): Promise<void> {
  const version = await readFile(join(folder, 'data/PG_VERSION'), 'utf8').catch((cause) => {
    throw unusable(folder, 'it has no data/PG_VERSION', cause)
  })
  if (version.trim() === postgresMajorVersion) return
  throw new DatabaseError(
    'data-folder-version',
    `${folder} was made by PostgreSQL ${version.trim()}, and this is PostgreSQL ${postgresMajorVersion}. Dump it with the program that made it and load it into a new data folder.`,
  )
}

function unusable(folder: string, what: string, cause: unknown): DatabaseError {
  return new DatabaseError(
    'data-folder-unusable',
    `${folder} is not a database that Fallow made: ${what}. Restore it from a backup, or move it away to begin with an empty ledger.`,
    { cause },
  )
}
