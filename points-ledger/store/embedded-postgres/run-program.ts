import { spawn } from 'node:child_process'

export type ProgramResult = { exitCode: number | null; output: string }

/** Runs a program to its end and collects what it says. One that cannot be started is a result as well: `exitCode` null. */
export function runProgram(command: readonly string[]): Promise<ProgramResult> {
  const [program = '', ...args] = command
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (data: Buffer) => {
      output += data.toString()
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.once('error', (error) => resolve({ exitCode: null, output: error.message }))
    child.once('close', (exitCode) => resolve({ exitCode, output: output.trim() }))
  })
}
