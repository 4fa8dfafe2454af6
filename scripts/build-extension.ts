import { build } from 'vite'
import type { TargetBrowser } from '../manifest.config.ts'
import { extensionConfig } from '../vite.config.ts'

const targets: TargetBrowser[] = ['chromium', 'firefox']

/** Writes the unpacked extension for each browser into `dist/`. Rejects when one does not build. */
export async function buildExtension(): Promise<void> {
  for (const browser of targets) {
    await build({ configFile: false, logLevel: 'warn', ...extensionConfig(browser) })
    console.log(`built dist/${browser}`)
  }
}

if (import.meta.main) await buildExtension()
