import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { networkPolicy } from '#network-policy'
import { createTargetPace, type TargetPace } from './target-pace.ts'

const { site: usual, sites } = networkPolicy.pace
const noDelay = () => null
const staying = new AbortController().signal
const atOnce = { waitMsMax: 0, signal: staying }

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const paceWith = (given: Partial<Parameters<typeof createTargetPace>[0]> = {}): TargetPace =>
  createTargetPace({ isFree: () => false, crawlDelaySecondsOf: noDelay, ...given })
async function turnsAtOnce(pace: TargetPace, urls: string[]): Promise<number> {
  const turns = await Promise.all(urls.map((url) => pace.untilTurn(new URL(url), atOnce)))
  return turns.filter(({ ok }) => ok).length
}
const many = (url: (index: number) => string) => Array.from({ length: 50 }, (_, index) => url(index))

describe('a site', () => {
  test.each([
    ['all names under one registrable domain', (index: number) => `https://h${index}.site.co.uk/`],
    ['http and https', (index: number) => `http${index % 2 ? 's' : ''}://site.example/`],
    [
      'what many people share under a public suffix of somebody',
      (index: number) => `https://user${index}.github.io/`,
    ],
    ['an address', (index: number) => `https://93.184.216.34/${index}`],
    ['an IPv6 address', (index: number) => `https://[2606:2800:220:1::1]/${index}`],
  ])('is %s', async (_what, url) => {
    expect(await turnsAtOnce(paceWith(), many(url))).toBe(usual.burst)
  })

  test('is not its neighbour', async () => {
    expect(
      await turnsAtOnce(
        paceWith(),
        many((index) => `https://site${index}.example/`),
      ),
    ).toBe(50)
    expect(
      await turnsAtOnce(
        paceWith(),
        many((index) => `https://93.184.216.${index}/`),
      ),
    ).toBe(50)
    expect(
      await turnsAtOnce(
        paceWith(),
        many((index) => `https://shop${index}.co.uk/`),
      ),
    ).toBe(50)
  })

  test.each(Object.entries(sites))('%s has the pace of the policy, %o', async (site, { burst }) => {
    expect(
      await turnsAtOnce(
        paceWith(),
        many((index) => `https://www.${site}/${index}`),
      ),
    ).toBe(burst)
  })

  test('that is free of it is never waited for', async () => {
    const pace = paceWith({ isFree: ({ hostname }) => hostname === 'test.example' })
    expect(
      await turnsAtOnce(
        pace,
        many(() => 'https://test.example/'),
      ),
    ).toBe(50)
    expect(pace.siteOf(new URL('https://test.example/'))).toBeNull()
    expect(pace.siteOf(new URL('https://www.other.example/'))).toBe('other.example')
  })
})

test('a request waits for its turn, and is told when to come again where that is too far', async () => {
  const pace = paceWith()
  const url = new URL('https://site.example/')
  for (let count = 0; count < usual.burst; count += 1) await pace.untilTurn(url, atOnce)
  let over = false
  const waiting = pace.untilTurn(url, { waitMsMax: 5_000, signal: staying }).finally(() => {
    over = true
  })
  await vi.advanceTimersByTimeAsync(1_000 / usual.perSecond - 1)
  expect(over).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(await waiting).toMatchObject({ ok: true })
  const refused = await pace.untilTurn(url, atOnce)
  expect(refused).toMatchObject({ ok: false, code: 'target-pace', retryAfterMs: 1_000 / usual.perSecond })
  expect(!refused.ok && refused.detail).toContain('site.example is asked as often as it may be (5 a second')
})

test('a customer who leaves gives the turn to the next', async () => {
  const pace = paceWith({ crawlDelaySecondsOf: () => 3 })
  const url = new URL('https://site.example/')
  await pace.untilTurn(url, atOnce)
  const leaving = new AbortController()
  const left = pace.untilTurn(url, { waitMsMax: 5_000, signal: leaving.signal })
  leaving.abort()
  await left
  const next = pace.untilTurn(url, { waitMsMax: 5_000, signal: staying })
  await vi.advanceTimersByTimeAsync(3_000)
  expect(await next).toMatchObject({ ok: true, waitedMs: 3_000 })
})

test('a crawl-delay holds for a host by http and https together', async () => {
  const pace = paceWith({ crawlDelaySecondsOf: () => 10 })
  const spellings = [
    'https://slow.site.example/',
    'http://slow.site.example/',
    'https://slow.site.example:8443/',
  ]
  expect(await turnsAtOnce(pace, spellings)).toBe(1)
})

test("a crawl-delay is kept by the host that asks for it, beside its domain's pace", async () => {
  const pace = paceWith({ crawlDelaySecondsOf: ({ hostname }) => (hostname.startsWith('slow.') ? 10 : null) })
  expect(
    await turnsAtOnce(
      pace,
      many(() => 'https://slow.site.example/'),
    ),
  ).toBe(1)
  expect(
    await turnsAtOnce(
      pace,
      many(() => 'https://fast.site.example/'),
    ),
  ).toBe(usual.burst - 1)
})
