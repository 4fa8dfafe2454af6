import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Child, startChild } from './child.ts'

/** Where windows appear. `isOwn` is false for the display of the person who sits here. */
export type Display = {
  /** What belongs into `DISPLAY`, such as `:99`. */
  readonly name: string
  readonly isOwn: boolean
  close(): Promise<void>
}

const windowsNeedNoX = process.platform === 'darwin' || process.platform === 'win32'
const screen = '1280x1000x24'

/**
 * Gives a display for real windows. `present` takes the one in the environment where there is one, `own` never does, so that
 * nobody's keyboard gets in between. An own display is Xvfb with openbox, because the browser's permission prompt takes no
 * key without a window manager.
 */
export async function openDisplay({ prefer }: { prefer: 'present' | 'own' }): Promise<Display> {
  const present = process.env.DISPLAY
  if (prefer === 'present' && (present || windowsNeedNoX))
    return { name: present ?? '', isOwn: false, close: async () => {} }
  for (const program of ['Xvfb', 'openbox', 'xdotool']) requireProgram(program)
  const server = await startChild('Xvfb', ['-displayfd', '3', '-screen', '0', screen, '-nolisten', 'tcp'], {
    readyOn: 3,
  })
  const name = `:${server.readyLine.trim()}`
  try {
    return ownDisplay(name, server, await startChild('openbox', [], { env: { DISPLAY: name } }))
  } catch (error) {
    await server.end()
    throw error
  }
}

function ownDisplay(name: string, server: Child, windowManager: Child): Display {
  return {
    name,
    isOwn: true,
    async close() {
      await windowManager.end()
      await server.end()
    },
  }
}

/** Throws a sentence that says what to install. */
function requireProgram(program: string): void {
  if (programPath(program) === null)
    throw new Error(
      `${program} is not installed. On Debian or Ubuntu: apt-get install chromium xvfb openbox xdotool`,
    )
}

/** Where a program of the PATH lies; null where there is none of this name. */
export function programPath(program: string): string | null {
  const places = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, program))
  return places.find(isExecutable) ?? null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
