import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AddressRules, checkTargetUrl, parseAddressSpaceOverride } from './index.ts'
import { publicV4, publicV6 } from './testing/address-samples.ts'
import { hostileUrls } from './testing/hostile-urls.ts'

const nobody: AddressRules = { overrides: [], ownAddress: null }
const overriding = (...overrides: string[]): AddressRules => ({
  overrides: overrides.map(parseAddressSpaceOverride),
  ownAddress: null,
})
const hrefOf = (text: string, rules = nobody): string | null => {
  const check = checkTargetUrl(text, rules)
  return check.ok ? check.url.href : null
}
const detailOf = (text: string, rules = nobody): string => {
  const check = checkTargetUrl(text, rules)
  return check.ok ? 'allowed' : check.detail
}

describe('checkTargetUrl', () => {
  test('no hostile spelling of an address, a name or a port gets through', () => {
    const urls = hostileUrls()
    expect(urls.filter((url) => checkTargetUrl(url, nobody).ok)).toEqual([])
    // Many of them no parser reads: count those that were read as what they are, and refused for it.
    expect(urls.filter((url) => detailOf(url).includes('only public addresses')).length).toBeGreaterThan(
      10_000,
    )
    expect(urls.filter((url) => detailOf(url).includes('private networks')).length).toBeGreaterThan(1000)
  })

  test('a test override opens no hostile spelling but its own address and port', () => {
    const rules = overriding('127.9.9.9:80=public', '[::9]:443=public')
    expect(hostileUrls().filter((url) => checkTargetUrl(url, rules).ok)).toEqual([])
    expect(hrefOf('http://127.9.9.9/', rules)).toBe('http://127.9.9.9/')
    expect(hrefOf('https://[::9]/', rules)).toBe('https://[::9]/')
  })

  test('public addresses may be fetched', () => {
    const hosts = fc.oneof(
      publicV4,
      publicV6.map((address) => `[${address}]`),
    )
    fc.assert(
      fc.property(hosts, (host) => checkTargetUrl(`https://${host}/`, nobody).ok),
      { numRuns: 1000 },
    )
  })

  test('ordinary names may be fetched and come back in one spelling', () => {
    expect(hrefOf('https://example.com')).toBe('https://example.com/')
    expect(hrefOf('HTTP://EXAMPLE.COM:80/A?b=c#d')).toBe('http://example.com/A?b=c')
    expect(hrefOf('https://example.com./')).toBe('https://example.com/')
    expect(hrefOf('https://bücher.example.com/ü')).toBe('https://xn--bcher-kva.example.com/%C3%BC')
    expect(hrefOf('https://my_page.example.org/')).toBe('https://my_page.example.org/')
    expect(hrefOf('https://localhost.example.net/')).toBe('https://localhost.example.net/')
    expect(hrefOf('https://xlocal.com/')).toBe('https://xlocal.com/')
    expect(hrefOf('http://example.com:443/')).toBe('http://example.com:443/')
  })

  test('a refusal says what to do', () => {
    expect(detailOf('ftp://example.com/')).toContain('use http or https')
    expect(detailOf('http://router/')).toContain('give the full name')
    expect(detailOf('http://printer.local/')).toContain('.local belong to private networks')
    expect(detailOf('http://127.1/')).toContain('127.0.0.1 is loopback')
    expect(detailOf('http://[4000::1]/')).toContain('4000::1 is reserved')
    expect(detailOf('http://example.com:22/')).toContain('Port 22')
    expect(detailOf('http://u@example.com/')).toContain('remove')
    expect(detailOf('nonsense')).toContain('https://example.com/page')
  })

  test("the node's own address is refused, and says so", () => {
    const rules = { overrides: [], ownAddress: '2a00:1450:1:2::3' }
    expect(detailOf('https://[2a00:1450:1:2:ffff::9]/', rules)).toContain("the node's own")
    expect(hrefOf('https://[2a00:1450:1:3::3]/', rules)).not.toBeNull()
  })

  test('an override opens its port for names, and its address on that port alone', () => {
    const rules = overriding('127.0.0.1:9000=public')
    expect(hrefOf('http://shop.example.com:9000/', rules)).toBe('http://shop.example.com:9000/')
    expect(hrefOf('http://127.1:9000/', rules)).toBe('http://127.0.0.1:9000/')
    expect(hrefOf('http://127.0.0.2:9000/', rules)).toBeNull()
    expect(hrefOf('http://127.0.0.1:9001/', rules)).toBeNull()
    expect(hrefOf('http://127.0.0.1/', rules)).toBeNull()
    expect(hrefOf('http://localhost:9000/', rules)).toBeNull()
    expect(hrefOf('http://127.0.0.1:9000/', overriding('127.0.0.1:9000=private'))).toBeNull()
    expect(hrefOf('http://shop.example.com:9000/', overriding('127.0.0.1:9000=private'))).toBeNull()
  })

  test('whatever text comes, there is an answer and never a throw', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webUrl(),
      fc.string().map((text) => `http://${text}/`),
    )
    fc.assert(
      fc.property(texts, (text) => {
        const check = checkTargetUrl(text, nobody)
        return check.ok ? /^[a-z0-9.:[\]_-]+$/.test(check.url.hostname) : check.detail.length > 0
      }),
      { numRuns: 5000 },
    )
  })
})
