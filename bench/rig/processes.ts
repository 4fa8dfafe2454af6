import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const clockTicksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** CPU that a process has used so far, all its threads, in microseconds: user and system time of /proc/PID/stat (proc(5)). */
export function cpuUs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name in the second field may hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  return (ticks / clockTicksPerSecond) * 1e6
}

/** The most memory that the process ever had in RAM since `resetPeak`, in bytes. */
export function peakResidentBytes(pid: number): number {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (!kibibytes) throw new Error(`/proc/${pid}/status has no VmHWM`)
  return Number(kibibytes) * 1024
}
