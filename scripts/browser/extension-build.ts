import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const sources = ['extension', 'protocol', 'addresses', 'manifest.config.ts', 'vite.config.ts', 'package.json']
const built = 'dist/chromium/manifest.json'

/** Builds `dist/chromium` as it is shipped, unless what stands there is newer than all that it is made of. */
export async function shipExtension(): Promise<'built' | 'present'> {
  const builtAtMs = await changedAtMs(join(root, built)).catch(() => 0)
  const sourcesAtMs = await Promise.all(sources.map((source) => newestAtMs(join(root, source))))
  // What was built for another default relay is not what is shipped.
  if (builtAtMs > Math.max(...sourcesAtMs) && !process.env.FALLOW_RELAY_URL) return 'present'
  // Only now, because loading the build's tools takes longer than all the rest of this function.
  const [{ build }, { extensionConfig }] = await Promise.all([import('vite'), import('../../vite.config.ts')])
  // A test runner's environment must not leak into what is shipped.
  const environment = process.env.NODE_ENV
  process.env.NODE_ENV = 'production'
  await build({
    configFile: false,
    logLevel: 'warn',
    ...extensionConfig('chromium', join(root, 'dist/chromium')),
  })
  process.env.NODE_ENV = environment
  return 'built'
}

async function newestAtMs(path: string): Promise<number> {
  const found = await stat(path)
  if (!found.isDirectory()) return found.mtimeMs
  const entries = (await readdir(path)).filter((entry) => entry !== 'dist')
  return Math.max(
    found.mtimeMs,
    ...(await Promise.all(entries.map((entry) => newestAtMs(join(path, entry))))),
  )
}

const changedAtMs = async (path: string): Promise<number> => (await stat(path)).mtimeMs
