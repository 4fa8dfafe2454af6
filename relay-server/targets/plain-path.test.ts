import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainPath, withoutNeedlessEscapes } from './plain-path.ts'

const origin = 'https://site.example'
const pathOf = (text: string): string => {
  const { pathname, search } = new URL(text, origin)
  return plainPath(pathname + search)
}

test.each([
  ['/%70rivate', '/private'],
  ['/%7e%2D%5f%2Ea', '/~-_.a'],
  ['/a%2fb%3f', '/a%2Fb%3F'],
  ['/ü', '/%C3%BC'],
  ['/%c3%bc', '/%C3%BC'],
  ['/a b', '/a%20b'],
  ['/100%', '/100%'],
  ['/%zz', '/%zz'],
  ['/a?b=%61', '/a?b=a'],
])('%j is compared as %j', (path, plain) => {
  expect(plainPath(path)).toBe(plain)
})

test('however a path is escaped, it comes out the same', () => {
  const character = fc.constantFrom(...'abzAZ019-._~ü€/?&=')
  const escaped = fc.tuple(character, fc.constantFrom('plain', 'escaped', 'small'))
  const path = fc.array(escaped, { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(path, (pieces) => {
      const plain = `/x${pieces.map(([one]) => one).join('')}`
      const spelt = `/x${pieces.map(([one, how]) => spell(one, how)).join('')}`
      expect(plainPath(spelt)).toBe(plainPath(plain))
    }),
  )
})

/** A slash or a question mark means another thing when it is escaped, and stays as it is. */
function spell(character: string, how: string): string {
  if (how === 'plain' || '/?&='.includes(character)) return character
  const bytes = [...Buffer.from(character)]
  const hex = bytes.map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
  return how === 'small' ? hex : hex.toUpperCase()
}

test('what a browser makes of a path is left as it is, and once is enough', () => {
  fc.assert(
    fc.property(fc.webPath(), fc.webQueryParameters(), (path, query) => {
      const once = pathOf(`/x${path}?${query}`)
      expect(plainPath(once)).toBe(once)
      expect(withoutNeedlessEscapes(once)).toBe(once)
    }),
  )
})
