import { execFileSync } from 'node:child_process'
import { globSync, readdirSync, readFileSync } from 'node:fs'

const clockTicksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** Of /proc/PID/stat (proc(5)). CPU in microseconds, all threads, user and system time; `reaped`: of its children that have ended. */
type ProcessTimes = { parent: number; cpuUs: number; reapedCpuUs: number }

function readTimes(pid: number): ProcessTimes {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name in the second field may hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const usOf = (...indices: number[]) =>
    (indices.reduce((sum, index) => sum + Number(fields[index]), 0) / clockTicksPerSecond) * 1e6
  return { parent: Number(fields[1]), cpuUs: usOf(11, 12), reapedCpuUs: usOf(13, 14) }
}

/** CPU that a process has used so far, in microseconds. */
export const cpuUs = (pid: number): number => readTimes(pid).cpuUs

/** CPU that a process and all that it has started have used so far, in microseconds: those that live, and those that have ended. */
export function treeCpuUs(pid: number): number {
  const living = readAllTimes()
  const sumFrom = (root: number): number => {
    const { cpuUs = 0, reapedCpuUs = 0 } = living.get(root) ?? {}
    const children = [...living].filter(([, { parent }]) => parent === root)
    return children.reduce((sum, [child]) => sum + sumFrom(child), cpuUs + reapedCpuUs)
  }
  return sumFrom(pid)
}

function readAllTimes(): Map<number, ProcessTimes> {
  const living = new Map<number, ProcessTimes>()
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    try {
      living.set(Number(name), readTimes(Number(name)))
    } catch {
      // It has ended since the folder was read.
    }
  }
  return living
}

/** The main process of the PostgreSQL whose files lie somewhere in `dataDir`. Its first line in postmaster.pid is its id. */
export function postgresPid(dataDir: string): number {
  const [file] = globSync(`${dataDir}/**/postmaster.pid`)
  if (!file) throw new Error(`no PostgreSQL runs in ${dataDir}`)
  return Number(readFileSync(file, 'utf8').split('\n')[0])
}

/** The most memory that the process ever had in RAM since `resetPeak`, in bytes. */
export function peakResidentBytes(pid: number): number {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (!kibibytes) throw new Error(`/proc/${pid}/status has no VmHWM`)
  return Number(kibibytes) * 1024
}
