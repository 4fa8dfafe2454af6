import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type NameServer, startNameServer } from '../testing/name-server.ts'
import { type SmallSite, startSmallSite } from '../testing/small-site.ts'
import { AskedTooOften, type CheckedFetch, createCheckedFetch } from './checked-fetch.ts'
import { createNameLookup } from './name-lookup.ts'
import { createTargetPace } from './target-pace.ts'

let site: SmallSite
/** A listener whose address no override calls public: a device in the relay's own network. */
let device: SmallSite
let nameServer: NameServer
let fetch: CheckedFetch
beforeEach(async () => {
  site = await startSmallSite({ '/a': 'hello' })
  device = await startSmallSite({ '/a': 'secret' })
  nameServer = await startNameServer({
    'site.example': '127.0.0.1',
    'inside.example': '10.0.0.1',
    'loopback.example': '127.0.0.2',
  })
  fetch = createCheckedFetch({
    rules: { overrides: [{ address: '127.0.0.1', port: site.port, space: 'public' }], ownAddress: null },
    names: createNameLookup({ fixed: new Map(), nameServers: [nameServer.address] }),
    userAgent: 'Fallow/test',
    pace: createTargetPace({ isFree: () => false, crawlDelaySecondsOf: () => null }),
  })
})
afterEach(async () => {
  await fetch.close()
  await site.close()
  await device.close()
  nameServer.close()
})

const limits = { bytesMax: 1_000, msMax: 4_000 }
const text = (url: string, given: Partial<typeof limits> = {}) =>
  fetch.text(new URL(url), { ...limits, ...given })
const redirectTo = (location: string, status = 302) =>
  ((response) => void response.writeHead(status, { location }).end()) satisfies SmallSite['pages'][string]

describe('the relay asks a site', () => {
  test('by an address or by a name, with its own name and nothing of anybody', async () => {
    for (const host of ['127.0.0.1', 'site.example'])
      expect(await text(`http://${host}:${site.port}/a`)).toEqual({ status: 200, text: 'hello', cut: false })
    for (const { headers } of site.received)
      expect(Object.keys(headers).sort()).toEqual([
        'accept',
        'accept-encoding',
        'connection',
        'host',
        'user-agent',
      ])
    expect(site.received[0]?.headers['user-agent']).toBe('Fallow/test')
  })

  test('no further than it wants to hear, and no longer than it wants to wait', async () => {
    site.pages['/long'] = 'é'.repeat(2_000)
    expect(await text(`http://127.0.0.1:${site.port}/long`)).toEqual({
      status: 200,
      text: 'é'.repeat(500),
      cut: true,
    })
    site.pages['/never'] = (response) => void response.write('first')
    await expect(text(`http://127.0.0.1:${site.port}/never`, { msMax: 50 })).rejects.toThrow()
    site.pages['/endless'] = (response) => {
      const more = () => {
        if (!response.destroyed) response.write('x'.repeat(64 * 1024), more)
      }
      more()
    }
    expect((await text(`http://127.0.0.1:${site.port}/endless`)).cut).toBe(true)
  })

  test.each([
    ['a private address', () => 'http://10.0.0.1/a'],
    ['a loopback address', () => `http://127.0.0.1:${device.port}/a`],
    ['a name at a private address', () => 'http://inside.example/a'],
    ['a name at a loopback address', () => `http://loopback.example:${site.port}/a`],
    ['an IPv4 address in IPv6', () => `http://[::ffff:127.0.0.1]:${device.port}/a`],
    ['another port of an open address', () => `http://site.example:${device.port}/a`],
    ['a bare name', () => `http://localhost:${site.port}/a`],
    ['a user', () => `http://user@127.0.0.1:${site.port}/a`],
    ['a file', () => 'file:///etc/passwd'],
  ])('but never %s, at first or behind a redirect', async (_what, url) => {
    await expect(text(url())).rejects.toThrow()
    site.pages['/to'] = redirectTo(url())
    await expect(text(`http://127.0.0.1:${site.port}/to`)).rejects.toThrow()
    expect(device.received).toEqual([])
    expect(site.received.map(({ path }) => path)).toEqual(['/to'])
  })

  test('following redirects, five at most', async () => {
    for (let hop = 1; hop <= 6; hop += 1) site.pages[`/${hop}`] = redirectTo(`/${hop - 1}`, 301)
    site.pages['/0'] = 'end'
    expect(await text(`http://127.0.0.1:${site.port}/5`)).toMatchObject({ status: 200, text: 'end' })
    expect(await text(`http://127.0.0.1:${site.port}/6`)).toMatchObject({ status: 301 })
  })

  test('at the pace of its site, whatever name of it is asked', async () => {
    const asked = Array.from({ length: 40 }, (_, index) =>
      text(`http://a${index}.silent.example/a`).catch((e) => e),
    )
    const refusals = (await Promise.all(asked)).filter((error) => error instanceof AskedTooOften)
    expect(refusals.length).toBeGreaterThan(10)
    expect(refusals[0]).toMatchObject({ refusal: { ok: false, code: 'target-pace' } })
  })
})
