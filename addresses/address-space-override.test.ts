import { expect, test } from 'vitest'
import { parseAddressSpaceOverride } from './index.ts'

test("overrides are read in Chromium's own grammar", () => {
  expect(parseAddressSpaceOverride('127.0.0.1:9000=public')).toEqual({
    address: '127.0.0.1',
    port: 9000,
    space: 'public',
  })
  expect(parseAddressSpaceOverride('[::1]:9000=public')).toEqual({
    address: '::1',
    port: 9000,
    space: 'public',
  })
  expect(parseAddressSpaceOverride('10.0.0.1:80=local').space).toBe('local')
})

test.each([
  ['', 'address:port=space'],
  ['127.0.0.1=public', 'address:port=space'],
  ['127.0.0.1:9000', 'address:port=space'],
  ['::1:9000=public', '"::1" is not'],
  ['localhost:9000=public', '"localhost" is not an IPv4 address'],
  ['127.1:9000=public', '"127.1" is not'],
  ['[127.0.0.1]:9000=public', 'in brackets'],
  ['127.0.0.1:0=public', '"0" is not a port'],
  ['127.0.0.1:65536=public', '"65536" is not a port'],
  ['127.0.0.1:9e3=public', '"9e3" is not a port'],
  ['127.0.0.1:9000=Public', '"Public" is not one of public'],
  ['127.0.0.1:9000=public,', '"public," is not one of'],
])('"%s" is refused with the wrong part named', (text, why) => {
  expect(() => parseAddressSpaceOverride(text)).toThrow(why)
})
