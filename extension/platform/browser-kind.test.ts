import { expect, test } from 'vitest'
import { browserKindOf } from './browser-kind.ts'

test.each([
  ['chrome-extension://iehnjakjidgbmmicnhnnekofpgbhpedl', 'chromium'],
  ['moz-extension://0b7b1e0c-62a4-4f0e-8c57-5e2b7a9f7f11', 'firefox'],
  ['safari-web-extension://F2C1A7D8-0001', 'other'],
  ['https://moz-extension.example', 'other'],
  ['null', 'other'],
])('an extension at %s runs in a browser of the kind %s', (origin, kind) => {
  expect(browserKindOf(origin)).toBe(kind)
})
