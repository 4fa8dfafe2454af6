import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { crx } from '@crxjs/vite-plugin'
import preact from '@preact/preset-vite'
import { defineConfig, type InlineConfig, type Plugin } from 'vite'
import { parseRelayUrl } from './extension/messages/relay-url.ts'
import { manifestFor, type TargetBrowser } from './manifest.config.ts'

const extensionRoot = fileURLToPath(new URL('./extension', import.meta.url))

/** `vite` alone serves the pages over a background that is played in the page: how they are designed. */
export default defineConfig(() => designConfig())

/** The shipped extension, unpacked into `outDir`. `npm run build` writes one for each browser. */
export function extensionConfig(browser: TargetBrowser, outDir: string): InlineConfig {
  return {
    root: extensionRoot,
    plugins: [
      preact(),
      drawField(),
      crx({ manifest: manifestFor(browser), browser: browser === 'firefox' ? 'firefox' : 'chrome' }),
    ],
    define: { __FALLOW_RELAY_URL__: JSON.stringify(defaultRelayUrl()) },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2024',
      modulePreload: { polyfill: false },
      // The manifest names the other pages; this one is opened by the background alone.
      rolldownOptions: { input: { consent: `${extensionRoot}/consent/index.html` } },
    },
  }
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
      target: 'es2024',
      rolldownOptions: { input: pages.map((page) => `${extensionRoot}/${page}/index.html`) },
    },
  }
}

const pages = ['popup', 'options', 'consent']

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
