import { describe, expect, it, vi } from 'vitest'
import { OrderRevoker } from './order-revoker.ts'

const nel: [string, string] = ['nel', '{"report_to":"g","max_age":60}']
const elsewhere: [string, string] = ['alt-svc', 'h3="192.168.1.1:443"']

function revoking(forgetReports: (origins: readonly string[]) => Promise<void> = async () => {}) {
  const asked: (readonly string[] | 'alternatives')[] = []
  const revoker = new OrderRevoker({
    rules: () => ({ overrides: [], ownAddress: null }),
    forgetReports: (origins) => {
      asked.push(origins)
      return forgetReports(origins)
    },
    forgetAlternatives: async () => void asked.push('alternatives'),
  })
  const hear = (url: string, ...headers: [string, string][]) => revoker.heard({ url, headers })
  return { revoker, asked, hear }
}

describe('orders are revoked', () => {
  it('what answered the opening of a socket is forgotten unread, where browsers obey it', async () => {
    const { revoker, asked } = revoking()
    revoker.socketAnswered('http://127.0.0.1:8787/node')
    expect(asked).toEqual([])
    revoker.socketAnswered('https://relay.example/node')
    await revoker.idle
    expect(asked).toEqual(['alternatives'])
    expect(revoker.refusalOf({ url: 'https://relay.example/' })).toBeNull()
  })

  it('the browser forgets reports at once, and the site may still be asked', async () => {
    const { revoker, asked, hear } = revoking()
    hear('https://a.example/x', nel)
    expect(asked).toEqual([['https://a.example']])
    await revoker.idle
    expect(revoker.refusalOf({ url: 'https://a.example/y' })).toBeNull()
  })

  it('what comes while the browser forgets goes into the next removal, each site once', async () => {
    const gate = Promise.withResolvers<void>()
    const { revoker, asked, hear } = revoking(() => gate.promise)
    hear('https://a.example/x', nel)
    for (const path of ['y', 'z']) hear(`https://b.example/${path}`, nel)
    hear('https://c.example/', nel)
    expect(asked).toHaveLength(1)
    gate.resolve()
    await revoker.idle
    expect(asked).toEqual([['https://a.example'], ['https://b.example', 'https://c.example']])
    hear('https://a.example/x', nel)
    await revoker.idle
    expect(asked).toHaveLength(3)
  })

  it('a site that leads elsewhere is forgotten and not asked again, and others are', async () => {
    const { revoker, asked, hear } = revoking()
    hear('https://a.example/x', elsewhere)
    expect(revoker.refusalOf({ url: 'https://a.example/y' })).toMatchObject({ code: 'policy-refused' })
    await revoker.idle
    expect(asked).toEqual(['alternatives'])
    expect(revoker.refusalOf({ url: 'https://a.example:8443/y' })).toBeNull()
    expect(revoker.refusalOf({ url: 'https://b.example/' })).toBeNull()
  })

  it('the relay may have one report wait, and order nothing else', async () => {
    const { revoker, asked } = revoking()
    const url = 'https://relay.example/v1/policy?'
    expect(revoker.heardRelay({ url, headers: [nel, ['alt-svc', 'h3=":443"; ma=86400']] })).toBe(false)
    expect(asked).toEqual([])
    const reportTo = '{"endpoints":[{"url":"https://cdn.example/r"}]}'
    expect(revoker.heardRelay({ url, headers: [nel, ['Report-To', reportTo]] })).toBe(true)
    await revoker.idle
    expect(asked).toEqual([['https://relay.example']])
  })

  it('a relay that leads the browser elsewhere is told of, and revoked', async () => {
    const { revoker, asked } = revoking()
    expect(revoker.heardRelay({ url: 'https://relay.example/v1/policy?', headers: [nel, elsewhere] })).toBe(
      true,
    )
    await revoker.idle
    expect(asked).toEqual([['https://relay.example'], 'alternatives'])
  })

  it('a site whose orders the browser would not forget is not asked again', async () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { revoker, hear } = revoking(() => Promise.reject(new Error('forbidden')))
    hear('https://a.example/x', nel)
    await revoker.idle
    expect(revoker.refusalOf({ url: 'https://a.example/y' })).toMatchObject({ code: 'policy-refused' })
    expect(told).toHaveBeenCalledOnce()
    told.mockRestore()
  })

  it('of the sites that lead elsewhere the newest 2,000 are remembered', () => {
    const { revoker, hear } = revoking()
    for (let number = 0; number <= 2_000; number += 1) hear(`https://s${number}.example/`, elsewhere)
    expect(revoker.refusalOf({ url: 'https://s0.example/' })).toBeNull()
    expect(revoker.refusalOf({ url: 'https://s1.example/' })).not.toBeNull()
    expect(revoker.refusalOf({ url: 'https://s2000.example/' })).not.toBeNull()
  })
})
