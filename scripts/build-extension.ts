import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import type { TargetBrowser } from '../manifest.config.ts'
import { extensionConfig } from '../vite.config.ts'

const targets: TargetBrowser[] = ['chromium', 'firefox']

/** Writes the unpacked extension for each browser into `<folder>/<browser>`. Rejects when one does not build. */
export async function buildExtension(folder: string): Promise<void> {
  for (const browser of targets) {
    const outDir = join(folder, browser)
    await build({ configFile: false, logLevel: 'warn', ...extensionConfig(browser, outDir) })
    console.log(`built ${outDir}`)
  }
}

if (import.meta.main) {
  // A test runner's environment must not leak into what is shipped.
  process.env.NODE_ENV = 'production'
  await buildExtension(process.argv[2] ?? fileURLToPath(new URL('../dist', import.meta.url)))
}
