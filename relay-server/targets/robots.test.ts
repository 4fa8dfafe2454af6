import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { networkPolicy } from '#network-policy'
import { type SmallSite, startSmallSite } from '../testing/small-site.ts'
import { createCheckedFetch } from './checked-fetch.ts'
import { createNameLookup } from './name-lookup.ts'
import { createRobots, type Robots } from './robots.ts'
import { createTargetPace } from './target-pace.ts'

let site: SmallSite
let robots: Robots
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  site = await startSmallSite()
  const overrides = [{ address: '127.0.0.1', port: site.port, space: 'public' as const }]
  const fetch = createCheckedFetch({
    rules: { overrides, ownAddress: null },
    names: createNameLookup({ fixed: new Map(), nameServers: [] }),
    userAgent: 'Fallow/test',
    pace: createTargetPace({ isFree: () => true, crawlDelaySecondsOf: () => null }),
  })
  robots = createRobots({ fetch })
})
afterEach(async () => {
  vi.useRealTimers()
  await site.close()
})

const at = (path: string) => new URL(path, `http://127.0.0.1:${site.port}`)
const status =
  (code: number): SmallSite['pages'][string] =>
  (response) =>
    void response.writeHead(code).end('Disallow: /')
const reads = () => site.received.filter(({ path }) => path === '/robots.txt').length

describe('a robots.txt', () => {
  test.each([
    ['200', 'User-agent: *\nDisallow: /b', true],
    ['404', status(404), true],
    ['403', status(403), true],
    ['410', status(410), true],
    [
      'a redirect without end',
      ((response) =>
        void response.writeHead(302, { location: '/robots.txt' }).end()) as SmallSite['pages'][string],
      true,
    ],
    ['500', status(500), false],
    ['503', status(503), false],
    ['a broken connection', ((response) => void response.destroy()) as SmallSite['pages'][string], false],
    [
      'a redirect into a private network',
      ((response) =>
        void response
          .writeHead(302, { location: 'http://10.0.0.1/robots.txt' })
          .end()) as SmallSite['pages'][string],
      false,
    ],
  ])('answered with %s allows or forbids as RFC 9309 says', async (_what, page, allowed) => {
    site.pages['/robots.txt'] = page as string
    expect((await robots.wordOn(at('/a'))).allowed).toBe(allowed)
  })

  test('behind a redirect is that of the host that was asked', async () => {
    site.pages['/robots.txt'] = (response) => void response.writeHead(301, { location: '/elsewhere' }).end()
    site.pages['/elsewhere'] = 'User-agent: fallow\nDisallow: /a'
    expect(await robots.wordOn(at('/a'))).toMatchObject({ allowed: false, rule: 'line 2, "Disallow: /a"' })
  })

  test('is read once by many who come at the same time, and kept for a day', async () => {
    site.pages['/robots.txt'] = 'User-agent: *\nDisallow: /b\nCrawl-delay: 7'
    expect(robots.knownWordOn(at('/b'))).toBeNull()
    await Promise.all(Array.from({ length: 30 }, () => robots.wordOn(at('/a'))))
    expect(robots.knownWordOn(at('/b'))).toMatchObject({ allowed: false })
    expect(robots.crawlDelaySecondsOf(at('/b'))).toBe(7)
    vi.advanceTimersByTime(networkPolicy.robots.keptHours * 3_600_000 - 1_000)
    await robots.wordOn(at('/a'))
    expect(reads()).toBe(1)
    vi.advanceTimersByTime(2_000)
    await robots.wordOn(at('/a'))
    expect(reads()).toBe(2)
  })

  test('by http and one by https ask for one delay, the longer', async () => {
    const text = async ({ protocol }: URL) => ({
      ...{ status: 200, cut: false },
      text: `User-agent: *\nCrawl-delay: ${protocol === 'https:' ? 9 : 3}`,
    })
    robots = createRobots({ fetch: { text, close: async () => {} } })
    const [plain, secure] = [new URL('http://slow.example/'), new URL('https://slow.example/')]
    await robots.wordOn(plain)
    expect(robots.crawlDelaySecondsOf(secure)).toBe(3)
    await robots.wordOn(secure)
    for (const url of [plain, secure]) expect(robots.crawlDelaySecondsOf(url)).toBe(9)
    expect(robots.crawlDelaySecondsOf(new URL('https://www.slow.example/'))).toBeNull()
  })

  test('that could not be read is asked for again after ten minutes', async () => {
    site.pages['/robots.txt'] = status(500)
    expect((await robots.wordOn(at('/a'))).allowed).toBe(false)
    site.pages['/robots.txt'] = 'User-agent: *\nDisallow:'
    vi.advanceTimersByTime(networkPolicy.robots.unreachableKeptMinutes * 60_000 - 1_000)
    expect((await robots.wordOn(at('/a'))).allowed).toBe(false)
    vi.advanceTimersByTime(2_000)
    expect((await robots.wordOn(at('/a'))).allowed).toBe(true)
  })

  test('that goes on beyond half a megabyte counts up to its last whole line there', async () => {
    const lines = Array.from({ length: 40_000 }, (_, index) => `Disallow: /p${index}/`)
    const text = ['User-agent: *', ...lines].join('\n')
    site.pages['/robots.txt'] = text
    const lastWhole = text.slice(0, 512 * 1024).split('\n').length - 3
    const isAllowed = async (index: number) => (await robots.wordOn(at(`/p${index}/`))).allowed
    expect(lastWhole).toBeLessThan(39_000)
    for (const index of [0, lastWhole]) expect(await isAllowed(index)).toBe(false)
    for (const index of [lastWhole + 1, 39_999]) expect(await isAllowed(index)).toBe(true)
  })
})
