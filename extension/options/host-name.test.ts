import { expect, test } from 'vitest'
import { hostNameOf, hostNamesOf } from './host-name.ts'

test.each([
  ['example.org', 'example.org'],
  [' Example.ORG. ', 'example.org'],
  ['https://user@shop.example.org:8443/basket?x=1#top', 'shop.example.org'],
  ['shop.example.org/basket', 'shop.example.org'],
  ['müller.example', 'xn--mller-kva.example'],
  ['93.184.216.34', '93.184.216.34'],
  ['[2001:db8::1]', '[2001:db8::1]'],
])('"%s" names the site %s', (typed, name) => {
  expect(hostNameOf(typed)).toBe(name)
})

test.each(['', 'localhost', 'two words', '*.example.org', 'javascript:alert(1)', 'http://', '..'])(
  '"%s" names no site',
  (typed) => {
    expect(hostNameOf(typed)).toBeNull()
  },
)

test('of a pasted list every name is taken once, and the first that is none is told', () => {
  expect(hostNamesOf('a.example, b.example;a.example\nc.example')).toEqual({
    names: ['a.example', 'b.example', 'c.example'],
    wrong: null,
  })
  expect(hostNamesOf('a.example oops b.example').wrong).toBe('oops')
})
