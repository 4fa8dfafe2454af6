import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TargetBrowser } from '../../manifest.config.ts'
import type { LayerOff } from '../../vite.config.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const sources = ['extension', 'protocol', 'addresses', 'manifest.config.ts', 'vite.config.ts', 'package.json']

/** Builds `dist/chromium`, or `dist/firefox`, as it is shipped, unless what stands there is newer than all that it is made of. */
export async function shipExtension(browser: TargetBrowser = 'chromium'): Promise<'built' | 'present'> {
  const outDir = join(root, 'dist', browser)
  const builtAtMs = await changedAtMs(join(outDir, 'manifest.json')).catch(() => 0)
  const sourcesAtMs = await Promise.all(sources.map((source) => newestAtMs(join(root, source))))
  // What was built for another default relay is not what is shipped.
  if (builtAtMs > Math.max(...sourcesAtMs) && !process.env.FALLOW_RELAY_URL) return 'present'
  await buildExtension(browser, outDir)
  return 'built'
}

/** Builds an extension into a folder. With `layersOff` it is one for tests, which must never lie in `dist`. */
export async function buildExtension(
  browser: TargetBrowser,
  outDir: string,
  layersOff: readonly LayerOff[] = [],
): Promise<void> {
  // Only now, because loading the build's tools takes longer than all the rest of this file.
  const [{ build }, { extensionConfig }] = await Promise.all([import('vite'), import('../../vite.config.ts')])
  // A test runner's environment must not leak into what is shipped.
  const environment = process.env.NODE_ENV
  process.env.NODE_ENV = 'production'
  await build({ configFile: false, logLevel: 'warn', ...extensionConfig(browser, outDir, layersOff) })
  process.env.NODE_ENV = environment
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
