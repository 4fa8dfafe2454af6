import { expect, test } from 'vitest'
import { printable } from './print.ts'

test.each([
  ['ac\u001b[31mme', 'ac?[31mme'],
  ['acme\r\nverified', 'acme??verified'],
  ['acme\u2028verified\u2029', 'acme?verified?'],
  ['\u202eemca\u202c', '?emca?'],
  ['\u2066acme\u2069', '?acme?'],
  ['ac\u200b\u200d\u2060\ufeffme', 'ac????me'],
  ['acme\u3164', 'acme?'],
  ['Bücher & Söhne, 株式会社', 'Bücher & Söhne, 株式会社'],
])('%j is printed as %j', (text, printed) => {
  expect(printable(text)).toBe(printed)
})
