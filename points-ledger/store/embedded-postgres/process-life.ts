import { readFileSync, readlinkSync } from 'node:fs'

/** Whether a process exists and has not ended. One that ended and waits for its parent to notice counts as ended. */
export function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it exists and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return !isZombie(pid)
}

/**
 * Whether a living process works in `folder`, as PostgreSQL's first process does in its data. After a crash of the whole
 * machine or container a process id in a file soon belongs to somebody else. Without /proc the id alone decides.
 */
export function processWorksIn(pid: number, folder: string): boolean {
  if (!processLives(pid)) return false
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder
  } catch (error) {
    return process.platform !== 'linux' || (error as NodeJS.ErrnoException).code === 'EACCES'
  }
}

function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The state follows the name, which stands in parentheses and may hold any character.
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')
  } catch {
    return false
  }
}
