import { expect, test } from 'vitest'
import { hostNamesOf } from './host-name.ts'

test('of a pasted list every name is taken once, in the form that requests have', () => {
  const pasted = 'https://Shop.example.org/basket?x=1, news.example;shop.example.org\nmüller.example'
  expect(hostNamesOf(pasted)).toEqual({
    names: ['shop.example.org', 'news.example', 'xn--mller-kva.example'],
    wrong: null,
  })
})

test('the first piece that is no name is told', () => {
  expect(hostNamesOf('a.example b..c&d e.example').wrong).toBe('b..c&d')
  expect(hostNamesOf('a.example').wrong).toBeNull()
})
