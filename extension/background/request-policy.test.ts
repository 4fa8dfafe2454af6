import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HeaderList } from '#protocol'
import { publicV4, publicV6 } from '../../addresses/testing/address-samples.ts'
import { hostileUrls } from '../../addresses/testing/hostile-urls.ts'
import { decideRequest, type PlannedRequest } from './request-policy.ts'

const rules = { overrides: [], ownAddress: '203.0.114.7' }
const get = { url: 'https://shop.example.com/a?b=c', method: 'GET', headers: [] as HeaderList, bodyBytes: 0 }

function planned(asked: Partial<typeof get>): PlannedRequest {
  const decision = decideRequest({ ...get, ...asked }, rules)
  if (!decision.ok) throw new Error(decision.detail)
  return decision.request
}

function refused(asked: Partial<typeof get>): string {
  const decision = decideRequest({ ...get, ...asked }, rules)
  if (decision.ok) throw new Error('it was allowed')
  return decision.detail
}

describe('what may leave the owner’s browser', () => {
  it.each([
    'http://192.168.1.1/',
    'http://[::1]/',
    'http://2130706433/',
    'http://router.lan/',
    'http://localhost/',
    'https://example.com:8443/',
    'file:///etc/passwd',
    'ftp://example.com/',
    'https://me:secret@example.com/',
    'http://203.0.114.7/',
  ])('%s is refused with a sentence', (url) => {
    expect(refused({ url })).toMatch(/\.$/)
  })

  it('the URL is normalised and loses its fragment, so that no header rule misses it', () => {
    expect(planned({ url: 'https://BÜCHER.example.com/ä b#top' }).url).toBe(
      'https://xn--bcher-kva.example.com/%C3%A4%20b',
    )
  })

  it.each(['CONNECT', 'TRACE', 'get', 'G ET', ''])('the method "%s" is refused', (method) => {
    expect(refused({ method })).toContain('method')
  })

  it('a GET with a body is refused', () => {
    expect(refused({ bodyBytes: 1 })).toContain('no body')
  })

  it.each([
    'host',
    'content-length',
    'transfer-encoding',
    'connection',
    'sec-fetch-site',
    'proxy-authorization',
    'accept-encoding',
  ])('the header %s cannot be set', (name) => {
    expect(refused({ headers: [[name, 'x']] })).toContain(name)
  })

  it('without a word of the customer, origin, referer and cookies are taken off and the language is English', () => {
    const { fetchHeaders, ruleHeaders } = planned({})
    expect(fetchHeaders).toEqual([['accept-language', 'en']])
    expect(ruleHeaders.set).toEqual([])
    expect(ruleHeaders.remove).toEqual(
      expect.arrayContaining(['origin', 'referer', 'cookie', 'sec-ch-ua-full-version-list']),
    )
    expect(ruleHeaders.remove).not.toContain('sec-ch-ua')
  })

  it('neither the browser’s experiments nor metadata that only an extension’s request has leave', () => {
    expect(planned({}).ruleHeaders.remove).toEqual(
      expect.arrayContaining(['x-client-data', 'sec-fetch-site', 'sec-fetch-mode', 'sec-fetch-dest']),
    )
  })

  it('a customer’s User-Agent is set by rule and takes the browser’s brand with it', () => {
    const { fetchHeaders, ruleHeaders } = planned({
      headers: [
        ['user-agent', 'mine/1'],
        ['x-mine', '1'],
      ],
    })
    expect(fetchHeaders).toEqual([
      ['x-mine', '1'],
      ['accept-language', 'en'],
    ])
    expect(ruleHeaders.set).toEqual([['user-agent', 'mine/1']])
    expect(ruleHeaders.remove).toEqual(
      expect.arrayContaining(['sec-ch-ua', 'sec-ch-ua-mobile', 'sec-ch-ua-platform']),
    )
  })

  it('a customer’s cookies and referer are set, not removed, and repeated headers become one', () => {
    const { fetchHeaders, ruleHeaders } = planned({
      headers: [
        ['cookie', 'a=1'],
        ['cookie', 'b=2'],
        ['referer', 'https://r.example/'],
        ['x-a', '1'],
        ['x-a', '2'],
      ],
    })
    expect(ruleHeaders.set).toEqual([
      ['cookie', 'a=1; b=2'],
      ['referer', 'https://r.example/'],
    ])
    expect(ruleHeaders.remove).not.toContain('cookie')
    expect(ruleHeaders.remove).not.toContain('referer')
    expect(fetchHeaders).toContainEqual(['x-a', '1, 2'])
  })

  it('the same host on another port is another host', () => {
    const overrides = [{ address: '127.0.0.1', port: 9000, space: 'public' as const }]
    const decision = decideRequest({ ...get, url: 'http://127.0.0.1:9000/' }, { overrides, ownAddress: null })
    expect(decision).toMatchObject({ ok: true, request: { host: '127.0.0.1:9000' } })
  })
})

describe('the node’s own check of an address, without any other', () => {
  const decide = (url: string, schemes?: readonly string[]) => decideRequest({ ...get, url }, rules, schemes)

  it('no hostile spelling gets through, of more than 10,000', () => {
    const urls = hostileUrls()
    expect(urls.length).toBeGreaterThan(10_000)
    expect(urls.filter((url) => decide(url).ok)).toEqual([])
  })

  it('none of 1,000 random public addresses is refused', () => {
    const hosts = fc.oneof(
      publicV4.filter((address) => address !== rules.ownAddress),
      publicV6.map((address) => `[${address}]`),
    )
    fc.assert(
      fc.property(hosts, (host) => decide(`https://${host}/`).ok),
      { numRuns: 1000 },
    )
  })

  it('a browser without the address lock speaks https alone', () => {
    expect(decide('https://shop.example.com/', ['https']).ok).toBe(true)
    expect(decide('http://shop.example.com/', ['https'])).toEqual({
      ok: false,
      detail: 'This node fetches over https alone.',
    })
  })
})
