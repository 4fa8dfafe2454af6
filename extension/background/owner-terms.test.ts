import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode, encode, type FrameOf, termsCharactersMax, termsHostsMax } from '#protocol'
import { freshSettings, type OwnerRules } from '../messages/index.ts'
import { createOwnerRules } from './owner-rules.ts'
import { termsOf } from './owner-terms.ts'

const rulesWith = (changes: Partial<OwnerRules>): OwnerRules => ({ ...freshSettings.rules, ...changes })
const hosts = (count: number, at: string) =>
  Array.from({ length: count }, (_, index) => `h${index}.${at}.example`)
const customers = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `cus_${String(index).padStart(26, '0')}`, label: 'x' }))

describe('the terms for the relay', () => {
  it('say short rules whole', () => {
    const rules = rulesWith({
      deniedCategories: ['adult'],
      deniedHosts: ['a.example', 'b.example'],
      allowedHosts: ['c.example'],
      deniedCustomers: customers(1),
    })
    expect(termsOf(rules, 7)).toEqual({
      lanesMax: 7,
      deniedCategories: ['adult'],
      deniedHosts: ['b.example', 'a.example'],
      allowedHosts: ['c.example'],
      onlyAllowed: false,
      deniedCustomers: customers(1).map(({ id }) => id),
    })
  })

  it('of lists that are too long say the newest entries, and fit the protocol whatever the lists', () => {
    const count = fc.integer({ min: 0, max: 400 })
    fc.assert(
      fc.property(
        count,
        count,
        count,
        fc.integer({ min: 1, max: 100 }),
        (denied, allowed, refused, width) => {
          const at = 'x'.repeat(Math.min(width, 60))
          const rules = rulesWith({
            deniedHosts: hosts(denied, at),
            allowedHosts: hosts(allowed, `ok-${at}`),
            onlyAllowed: true,
            deniedCustomers: customers(refused),
          })
          const terms = termsOf(rules, 64)
          const sent = decode(encode({ type: 'terms', terms }) as string) as FrameOf<'terms'>
          expect(sent.terms).toEqual(terms)
          expect(terms.deniedHosts).toEqual(rules.deniedHosts.toReversed().slice(0, terms.deniedHosts.length))
          expect(terms.allowedHosts).toEqual(
            rules.allowedHosts.toReversed().slice(0, terms.allowedHosts.length),
          )
        },
      ),
      { numRuns: 60 },
    )
  })

  it('use what room there is: one long list fills it alone', () => {
    const terms = termsOf(rulesWith({ deniedHosts: hosts(10_000, 'e') }), 64)
    const used = JSON.stringify(terms).length
    expect(terms.deniedHosts.length === termsHostsMax || used > termsCharactersMax - 40).toBe(true)
  })

  it('a long list does not crowd out another', () => {
    const rules = rulesWith({
      deniedHosts: hosts(10_000, 'e'),
      allowedHosts: hosts(20, 'f'),
      onlyAllowed: true,
      deniedCustomers: customers(20),
    })
    const terms = termsOf(rules, 64)
    expect(terms.allowedHosts).toHaveLength(20)
    expect(terms.deniedCustomers).toHaveLength(20)
  })

  it('leave out what says nothing new', () => {
    const rules = rulesWith({
      deniedHosts: ['a.example', 'www.a.example', 'b.example'],
      allowedHosts: ['c.example'],
    })
    expect(termsOf(rules, 64)).toMatchObject({ deniedHosts: ['b.example', 'a.example'], allowedHosts: [] })
  })

  it('without a cut they refuse exactly what the node refuses', () => {
    const label = fc.constantFrom('a', 'b', 'c')
    const name = fc
      .array(label, { minLength: 1, maxLength: 3 })
      .map((labels) => `${labels.join('.')}.example`)
    const names = fc.array(name, { maxLength: 6 })
    fc.assert(
      fc.property(names, names, fc.boolean(), name, (deniedHosts, allowedHosts, onlyAllowed, host) => {
        const rules = rulesWith({ deniedHosts, allowedHosts, onlyAllowed })
        const { deniedCustomers: _, lanesMax: __, ...told } = termsOf(rules, 64)
        const asked = { url: `https://${host}/`, customer: { id: 'cus_a' } }
        const byNode = createOwnerRules(rules).refusalOf(asked)
        const byTerms = createOwnerRules(rulesWith(told)).refusalOf(asked)
        expect(byTerms === null).toBe(byNode === null)
      }),
    )
  })
})
