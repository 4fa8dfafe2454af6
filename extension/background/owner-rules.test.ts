import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { freshSettings, type OwnerRules } from '../messages/index.ts'
import { createOwnerRules, createRuleKeeper } from './owner-rules.ts'

const rulesWith = (changes: Partial<OwnerRules>): OwnerRules => ({ ...freshSettings.rules, ...changes })
const isRefused = (changes: Partial<OwnerRules>, url: string, customerId = 'cus_a') =>
  createOwnerRules(rulesWith(changes)).refusalOf({ url, customer: { id: customerId } }) !== null

describe('the owner’s rules', () => {
  it('without any nothing is refused', () => {
    expect(isRefused({}, 'https://anything.example/')).toBe(false)
  })

  it.each([
    ['https://shop.example/', true],
    ['https://www.shop.example/path', true],
    ['https://SHOP.example./', true],
    ['http://shop.example:8080/', true],
    ['https://myshop.example/', false],
    ['https://shop.example.org/', false],
  ])('of a denied host %s is refused: %s', (url, refused) => {
    expect(isRefused({ deniedHosts: ['shop.example'] }, url)).toBe(refused)
  })

  it('an address is refused as it is written in URLs, and only itself', () => {
    const deniedHosts = ['192.0.2.7', '2001:db8::1']
    expect(isRefused({ deniedHosts }, 'http://192.0.2.7/')).toBe(true)
    expect(isRefused({ deniedHosts }, 'http://[2001:db8:0::1]/')).toBe(true)
    expect(isRefused({ deniedHosts }, 'http://1.192.0.2/')).toBe(false)
  })

  it('denied beats allowed, and allowed beats a denied category', () => {
    const categories = { deniedCategories: ['social-media'] }
    expect(isRefused(categories, 'https://www.facebook.com/')).toBe(true)
    expect(isRefused({ ...categories, allowedHosts: ['facebook.com'] }, 'https://www.facebook.com/')).toBe(
      false,
    )
    expect(
      isRefused({ allowedHosts: ['a.example'], deniedHosts: ['bad.a.example'] }, 'https://bad.a.example/'),
    ).toBe(true)
    expect(
      isRefused({ allowedHosts: ['good.a.example'], deniedHosts: ['a.example'] }, 'https://good.a.example/'),
    ).toBe(true)
  })

  it('with only the allowed hosts every other one is refused', () => {
    const only = { allowedHosts: ['a.example'], onlyAllowed: true }
    expect(isRefused(only, 'https://www.a.example/')).toBe(false)
    expect(isRefused(only, 'https://b.example/')).toBe(true)
    expect(isRefused({ onlyAllowed: true }, 'https://b.example/')).toBe(true)
  })

  it('a denied customer is refused whatever the site, and the answer does not say which rule it was', () => {
    const denied = { deniedCustomers: [{ id: 'cus_a', label: 'A' }], allowedHosts: ['a.example'] }
    expect(isRefused(denied, 'https://a.example/')).toBe(true)
    expect(isRefused(denied, 'https://a.example/', 'cus_b')).toBe(false)
    const refusal = createOwnerRules(rulesWith(denied)).refusalOf({
      url: 'https://a.example/',
      customer: { id: 'cus_a' },
    })
    expect(refusal).toMatchObject({ code: 'owner-rule' })
    expect(refusal?.message).not.toMatch(/customer|cus_a|a\.example/)
  })

  it('lists of ten thousand decide as the plain reading of each entry does', () => {
    const label = fc.stringMatching(/^[a-z]{1,2}$/)
    const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
    fc.assert(
      fc.property(
        fc.array(name, { maxLength: 30 }),
        fc.array(name, { maxLength: 30 }),
        name,
        (denied, allowed, host) => {
          const under = (entry: string) => host === entry || host.endsWith(`.${entry}`)
          const plain = denied.some(under) || !allowed.some(under)
          const filler = Array.from({ length: 10_000 }, (_, index) => `filler${index}.example`)
          const deniedHosts = [...denied, ...filler]
          expect(
            isRefused({ deniedHosts, allowedHosts: allowed, onlyAllowed: true }, `https://${host}/`),
          ).toBe(plain)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('rules that were replaced hold from the next question on', () => {
    let rules = rulesWith({})
    const keeper = createRuleKeeper(() => rules)
    const asked = { url: 'https://a.example/', customer: { id: 'cus_a' } }
    expect(keeper.refusalOf(asked)).toBeNull()
    rules = rulesWith({ deniedHosts: ['a.example'] })
    expect(keeper.refusalOf(asked)).not.toBeNull()
    rules = rulesWith({})
    expect(keeper.refusalOf(asked)).toBeNull()
  })
})
