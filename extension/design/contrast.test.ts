import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** WCAG 2.2, 1.4.3 and 1.4.11: what text needs against what lies below it, and what edges and focus rings need. */
const textRatioMin = 4.5
const edgeRatioMin = 3

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8')
const [lightCss = '', darkCss = ''] = css.split('@media (prefers-color-scheme: dark)')
const schemes = { light: coloursOf(lightCss), dark: coloursOf(darkCss) }

const textPairs = [
  ['ink', 'paper'],
  ['ink', 'sheet'],
  ['ink', 'line'],
  ['ink', 'straw-wash'],
  ['ink', 'moss-wash'],
  ['ink', 'clay-wash'],
  ['ink-soft', 'paper'],
  ['ink-soft', 'sheet'],
  ['moss', 'paper'],
  ['moss', 'sheet'],
  ['clay', 'paper'],
  ['clay', 'sheet'],
  ['on-moss', 'moss'],
  ['on-moss', 'moss-strong'],
]
const edgePairs = [
  ['field-edge', 'paper'],
  ['field-edge', 'sheet'],
  ['focus', 'paper'],
  ['focus', 'sheet'],
  ['clay', 'paper'],
]

for (const [scheme, colours] of Object.entries(schemes)) {
  test.each(textPairs)(`in the ${scheme} scheme %s can be read on %s`, (upper, lower) => {
    expect(contrast(colours, upper, lower)).toBeGreaterThanOrEqual(textRatioMin)
  })
  test.each(edgePairs)(`in the ${scheme} scheme %s can be seen on %s`, (upper, lower) => {
    expect(contrast(colours, upper, lower)).toBeGreaterThanOrEqual(edgeRatioMin)
  })
}

function coloursOf(block: string): Map<string, string> {
  return new Map(
    [...block.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name = '', hex = '']) => [name, hex]),
  )
}

function contrast(colours: Map<string, string>, upper = '', lower = ''): number {
  const [light = 0, dark = 0] = [luminance(colours.get(upper)), luminance(colours.get(lower))].sort(
    (a, b) => b - a,
  )
  return (light + 0.05) / (dark + 0.05)
}

function luminance(hex: string | undefined): number {
  if (!hex) throw new Error('a pair names a colour that tokens.css does not have')
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) =>
    linear(Number.parseInt(hex.slice(at, at + 2), 16) / 255),
  )
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function linear(channel: number): number {
  return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
}
