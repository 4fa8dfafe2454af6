import { readFile } from 'node:fs/promises'
import { chromium } from 'playwright'

/** Draws the toolbar icons from `extension/design/icon.svg`. Run it after a change of the drawing; the PNGs are kept. */
const sizes = [16, 32, 48, 128]
const drawing = new URL('../extension/design/icon.svg', import.meta.url)
const folder = new URL('../extension/public/icons/', import.meta.url)

const svg = await readFile(drawing, 'utf8')
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
for (const size of sizes) {
  const page = await browser.newPage({ viewport: { width: size, height: size } })
  await page.setContent(
    `<style>body{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`,
  )
  await page.screenshot({ path: new URL(`fallow-${size}.png`, folder).pathname, omitBackground: true })
}
await browser.close()
