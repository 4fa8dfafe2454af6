import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { crx } from '@crxjs/vite-plugin'
import preact from '@preact/preset-vite'
import { build, defineConfig, type InlineConfig, type Plugin, type Rolldown } from 'vite'
import { parseRelayUrl } from './extension/messages/relay-url.ts'
import { manifestFor, type TargetBrowser } from './manifest.config.ts'

const extensionRoot = fileURLToPath(new URL('./extension', import.meta.url))
const target = 'es2024'

/** `vite` alone serves the pages over a background that is played in the page: how they are designed. */
export default defineConfig(() => designConfig())

/** A wall before the owner's home that a test build leaves out, to show that the others hold without it. */
export type LayerOff = 'node-check' | 'lock' | 'tripwire' | 'lock-word' | 'orders'

/** The shipped extension, unpacked into `outDir`. `npm run build` writes one for each browser; tests alone name `layersOff`. */
export function extensionConfig(
  browser: TargetBrowser,
  outDir: string,
  layersOff: readonly LayerOff[] = [],
): InlineConfig {
  return {
    root: extensionRoot,
    plugins: [
      ...(layersOff.length > 0 ? [leaveLayersOut(layersOff)] : []),
      preact(),
      drawField(),
      crx({ manifest: manifestFor(browser), browser: browser === 'firefox' ? 'firefox' : 'chrome' }),
      gatherPopup(),
    ],
    define: { __FALLOW_RELAY_URL__: JSON.stringify(defaultRelayUrl()) },
    build: {
      outDir,
      emptyOutDir: true,
      target,
      modulePreload: { polyfill: false },
      // The manifest names the other pages; these are opened from inside.
      rolldownOptions: { input: pagesOfBackground(browser) },
    },
  }
}

/** Firefox tells nothing of its battery, so it has no page that could ask. */
function pagesOfBackground(browser: TargetBrowser): Record<string, string> {
  const names = ['consent', 'activity', ...(browser === 'chromium' ? ['offscreen'] : [])]
  return Object.fromEntries(names.map((name) => [name, `${extensionRoot}/${name}/index.html`]))
}

/** Where a fresh install dials: checked and written as the extension itself would, so that no build dials a name of its own. */
function defaultRelayUrl(): string {
  const parsed = parseRelayUrl(process.env.FALLOW_RELAY_URL || 'http://127.0.0.1:8787')
  if (parsed.ok) return parsed.url
  throw new Error(`FALLOW_RELAY_URL cannot be built in. ${parsed.detail}`)
}

/** The pages alone, as plain web pages: `popup/index.html?fake=sharing`. Never shipped. */
export function designConfig(outDir?: string): InlineConfig {
  return {
    root: extensionRoot,
    base: './',
    plugins: [preact(), drawField(), playBackgroundInPage()],
    server: { port: 5173, open: '/popup/index.html?fake=sharing' },
    build: {
      ...(outDir ? { outDir } : {}),
      emptyOutDir: true,
      target,
      rolldownOptions: { input: pages.map((page) => `${extensionRoot}/${page}/index.html`) },
    },
  }
}

const pages = ['popup', 'options', 'consent', 'activity']

/** The switches stand in a file that only this plugin brings in: what is shipped cannot contain them. */
function leaveLayersOut(layers: readonly LayerOff[]): Plugin {
  return {
    name: 'leave-layers-out',
    enforce: 'pre',
    config: () => ({ define: { __FALLOW_LAYERS_OFF__: JSON.stringify(layers) } }),
    resolveId: (source) =>
      source.endsWith('/protections.ts') ? `${extensionRoot}/background/testing/protections-off.ts` : null,
  }
}

/** Only here does a page's door to the browser lead to the fake: what is shipped cannot contain it. */
function playBackgroundInPage(): Plugin {
  return {
    name: 'play-background-in-page',
    enforce: 'pre',
    resolveId: (source) =>
      source.endsWith('/platform/page-host.ts') ? `${extensionRoot}/messages/fake-background.ts` : null,
  }
}

/** Puts the drawing into each page's HTML, so that it is there before any script: `img` could not follow the colours. */
function drawField(): Plugin {
  return {
    name: 'draw-field',
    transformIndexHtml: {
      order: 'pre',
      handler: (html) =>
        html.replace('<!-- field -->', readFileSync(`${extensionRoot}/design/field.svg`, 'utf8').trim()),
    },
  }
}

/**
 * The popup opens on a click and is looked at for a second: its style lies in its HTML, allowed in the policy by its hash, and
 * its script is one file that shares nothing with other pages. Every further file would be a request before the first picture.
 */
function gatherPopup(): Plugin {
  return {
    name: 'gather-popup',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      async handler(_options, bundle) {
        const page = assetOf(bundle, 'popup/index.html')
        const html = String(page.source)
        const sheet = pathIn(html, /<link rel="stylesheet"[^>]* href="\/([^"]+)">/)
        const style = String(assetOf(bundle, sheet).source).trim()
        const script = pathIn(html, /<script type="module"[^>]* src="\/([^"]+)"/)
        const entry = bundle[script]
        if (entry?.type !== 'chunk')
          throw new Error(`the popup names ${script}, which is no script of this build`)
        entry.code = await buildPopupScript()
        page.source = html
          .replace(/\s*<link rel="modulepreload"[^>]*>/g, '')
          .replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${style}</style>`)
        delete bundle[sheet]
        const manifest = assetOf(bundle, 'manifest.json')
        manifest.source = String(manifest.source).replace("style-src 'self'", `$& '${hashOf(style)}'`)
      },
    },
  }
}

async function buildPopupScript(): Promise<string> {
  const built = (await build({
    configFile: false,
    logLevel: 'warn',
    root: extensionRoot,
    plugins: [preact()],
    build: { write: false, target, rolldownOptions: { input: `${extensionRoot}/popup/main.tsx` } },
  })) as Rolldown.RolldownOutput
  const [script, ...others] = built.output
  if (others.length > 0) throw new Error(`the popup's script became ${others.length + 1} files`)
  return script.code
}

function assetOf(bundle: Rolldown.OutputBundle, path: string): Rolldown.OutputAsset {
  const file = bundle[path]
  if (file?.type !== 'asset') throw new Error(`the build has no ${path}`)
  return file
}

function pathIn(html: string, tag: RegExp): string {
  const path = tag.exec(html)?.[1]
  if (!path) throw new Error(`the popup's page has nothing like ${tag}`)
  return path
}

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`
