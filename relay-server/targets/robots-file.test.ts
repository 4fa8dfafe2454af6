import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readRobotsFile } from './robots-file.ts'

const origin = 'https://site.example'
const read = (text: string) => readRobotsFile(origin, text, 'fallow')
const allows = (text: string, path: string) => read(text).wordOn(new URL(path, origin)).allowed

describe('a robots.txt', () => {
  test.each([
    ['nothing', '', '/x', true],
    ['everything for everybody', 'User-agent: *\nDisallow: /', '/x', false],
    ['an empty rule', 'User-agent: *\nDisallow:', '/x', true],
    ['our own group alone', 'User-agent: *\nDisallow: /\n\nUser-agent: Fallow\nDisallow: /a', '/x', true],
    ['our own group in capitals', 'USER-AGENT: FALLOW\nDISALLOW: /a', '/a', false],
    ['our own group with a version', 'User-agent: fallow/2.0\nDisallow: /a', '/a', false],
    ["another crawler's group", 'User-agent: other\nDisallow: /', '/x', true],
    ['a name that only begins like ours', 'User-agent: fallowed\nDisallow: /', '/x', true],
    [
      'a group for several',
      'User-agent: other\nUser-agent: fallow\nUser-agent: x\nDisallow: /a',
      '/a',
      false,
    ],
    ['two groups of ours', 'User-agent: fallow\nDisallow: /a\nUser-agent: fallow\nDisallow: /b', '/b', false],
    [
      "rules of the next crawler's group",
      'User-agent: fallow\nAllow: /\nUser-agent: b\nDisallow: /',
      '/a',
      true,
    ],
    ['the longest rule', 'User-agent: *\nDisallow: /a\nAllow: /a/b', '/a/b/c', true],
    ['a wildcard', 'User-agent: *\nDisallow: /*.pdf$', '/x/y.pdf', false],
    ['a wildcard that ends', 'User-agent: *\nDisallow: /*.pdf$', '/x/y.pdf?a', true],
    ['a query', 'User-agent: *\nDisallow: /*?session=', '/a?session=1', false],
    ['an escaped star', 'User-agent: *\nDisallow: /a%2Ab', '/a*b', false],
    ['an escaped star that is none', 'User-agent: *\nDisallow: /a%2ab', '/axb', true],
    ['an escaped dollar', 'User-agent: *\nDisallow: /a%24b', '/a$b', false],
    ['a dollar inside', 'User-agent: *\nDisallow: /a$b # c', '/a%24b', false],
    ['a dollar before a comment', 'User-agent: *\nDisallow: /a$ # c', '/ab', true],
    ['a comment', 'User-agent: * # all: of them\nDisallow: /a # not: this', '/a', false],
    [
      'lines that are none',
      'hello\nUser-agent: *\nnonsense # a: b\nUser-agent: fallow\nDisallow: /a',
      '/a',
      false,
    ],
    ['old line ends', 'User-agent: *\rDisallow: /a\r', '/a', false],
    ['an escaped path', 'User-agent: *\nDisallow: /private', '/%70rivate/x', false],
    ['an escaped rule', 'User-agent: *\nDisallow: /%70rivat%65', '/private', false],
    ['a rule in other letters', 'User-agent: *\nDisallow: /süß', '/s%c3%bc%C3%9F', false],
    ['an escaped slash, which is none', 'User-agent: *\nDisallow: /a/b', '/a%2Fb', true],
    ['itself', 'User-agent: *\nDisallow: /', '/robots.txt', true],
    ['rules before any group', 'Disallow: /\nUser-agent: other\nDisallow: /', '/a', true],
  ])('of %s is read by RFC 9309', (_what, text, path, allowed) => {
    expect(allows(text, path)).toBe(allowed)
  })

  test('names the line that forbids', () => {
    const word = read('# hi\nUser-agent: *\n\nDisallow: /a\n').wordOn(new URL('/a/b', origin))
    expect(word).toEqual({ allowed: false, rule: 'line 4, "Disallow: /a"' })
  })

  test.each([
    ['10', 10],
    ['0.5', 0.5],
    ['0', null],
    ['-1', null],
    ['soon', null],
    ['Infinity', null],
  ])('with a crawl-delay of %s asks for %s', (text, seconds) => {
    expect(read(`User-agent: *\nCrawl-delay: ${text}\nDisallow: /a`).crawlDelaySeconds).toBe(seconds)
  })

  test('of another crawler asks us for no delay', () => {
    expect(read('User-agent: b\nCrawl-delay: 9\n\nUser-agent: *\nDisallow:').crawlDelaySeconds).toBeNull()
  })
})

describe('a robots.txt that is meant to hold the relay up', () => {
  const full = (line: string) => line.repeat(Math.floor((512 * 1024) / line.length))
  const longPath = `/${'a'.repeat(8_000)}`

  test.each([
    ['one rule of nothing but wildcards', `User-agent: *\nDisallow: ${full('*')}b`],
    ['one rule of many wildcards', `User-agent: *\nDisallow: /${full('*a')}b`],
    ['many rules with wildcards', `User-agent: *\n${full('Disallow: /*a*b\n')}`],
    ['many rules', `User-agent: *\n${full('Disallow: /b\n')}`],
  ])('with %s forbids what it would take too long to compare', (_what, text) => {
    expect(read(text).wordOn(new URL(longPath, origin))).toMatchObject({ allowed: false })
  })

  test('with thousands of names for one group is read as one with few', () => {
    const text = `${full('User-agent: x\n').slice(0, 256 * 1024)}\nUser-agent: *\n${full('Allow: /b\n').slice(0, 250 * 1024)}\nDisallow: /a\n`
    expect(allows(text, '/a')).toBe(false)
    const others = Array.from({ length: 20_000 }, (_, index) => `User-agent: bot${index}\n`).join('')
    expect(
      allows(`${others}User-agent: fallow\n${full('Allow: /b\n').slice(0, 200_000)}\nDisallow: /a\n`, '/a'),
    ).toBe(false)
  })
})

test('a rule and a path that mean the same meet, however each of them is escaped', () => {
  const character = fc.constantFrom(...'abzAZ019-._~ü€')
  const spelt = fc.array(fc.tuple(character, fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 12 })
  const spell = (one: string, escaped: boolean): string =>
    escaped ? [...Buffer.from(one)].map((byte) => `%${byte.toString(16)}`).join('') : one
  fc.assert(
    fc.property(spelt, (pieces) => {
      const rule = pieces.map(([one, inRule]) => spell(one, inRule)).join('')
      const path = pieces.map(([one, , inPath]) => spell(one, inPath)).join('')
      expect(allows(`User-agent: *\nDisallow: /x${rule}`, `/x${path}/y`)).toBe(false)
      expect(allows(`User-agent: *\nDisallow: /\nAllow: /x${rule}`, `/x${path}/y`)).toBe(true)
    }),
  )
})

test('any text gives a word on any URL', () => {
  const line = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom('User-agent: *', 'User-agent: fallow', 'Disallow: /a*', 'Allow: /$', 'Crawl-delay: 1'),
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), fc.webPath(), (lines, path) => {
      const word = read(lines.join('\n')).wordOn(new URL(`${origin}/${path}`))
      expect(typeof word.allowed).toBe('boolean')
    }),
  )
})
