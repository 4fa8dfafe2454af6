import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)
const listBytesMax = 64 * 1024 * 1024

/** Every file that is in the repository or is about to be: tracked, or new and not ignored. Paths from the root, with `/`. */
export function repositoryFiles(): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const list = execFileSync('git', args, {
    cwd: fileURLToPath(root),
    encoding: 'utf8',
    maxBuffer: listBytesMax,
  })
  return [...new Set(list.split('\0'))].filter((path) => path !== '' && isFile(path)).sort()
}

/** A file's text, empty where it does not exist: what is missing then is named by the test that looks for it. */
export function textOf(path: string): string {
  const url = new URL(path, root)
  return existsSync(url) ? readFileSync(url, 'utf8') : ''
}

/** A file that was deleted and not yet committed is still on git's list. */
function isFile(path: string): boolean {
  return statSync(new URL(path, root), { throwIfNoEntry: false })?.isFile() ?? false
}
