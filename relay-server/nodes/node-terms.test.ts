import { describe, expect, test } from 'vitest'
import type { NodeTerms } from '#protocol'
import { openTerms } from '../testing/scripted-node.ts'
import { ReadyTerms } from './node-terms.ts'

const refuse = (terms: Partial<NodeTerms>, url: string, customerId = 'cus_a') =>
  new ReadyTerms({ ...openTerms, ...terms }).refuse({ url: new URL(url), customerId })

describe('the terms of a node', () => {
  test.each<[string, Partial<NodeTerms>, string, boolean]>([
    ['without rules', {}, 'https://a.example/', false],
    ['denied host', { deniedHosts: ['a.example'] }, 'https://a.example/', true],
    ['its subdomain', { deniedHosts: ['a.example'] }, 'https://www.a.example/', true],
    ['its port', { deniedHosts: ['a.example'] }, 'https://a.example:8443/', true],
    ['another name', { deniedHosts: ['a.example'] }, 'https://ba.example/', false],
    ['IPv6 literal', { deniedHosts: ['2001:db8::1'] }, 'http://[2001:db8::1]/', true],
    ['denied category', { deniedCategories: ['social-media'] }, 'https://www.facebook.com/', true],
    ['another category', { deniedCategories: ['gambling'] }, 'https://www.facebook.com/', false],
    [
      'allowed host of a denied category',
      { deniedCategories: ['social-media'], allowedHosts: ['facebook.com'] },
      'https://www.facebook.com/',
      false,
    ],
    [
      'denied below allowed',
      { allowedHosts: ['a.example'], deniedHosts: ['b.a.example'] },
      'https://b.a.example/',
      true,
    ],
    [
      'allowed below denied',
      { allowedHosts: ['b.a.example'], deniedHosts: ['a.example'] },
      'https://b.a.example/',
      true,
    ],
    ['only allowed', { onlyAllowed: true, allowedHosts: ['a.example'] }, 'https://a.example/', false],
    [
      'not among only allowed',
      { onlyAllowed: true, allowedHosts: ['a.example'] },
      'https://b.example/',
      true,
    ],
    ['denied customer', { deniedCustomers: ['cus_a'] }, 'https://a.example/', true],
    ['another customer', { deniedCustomers: ['cus_b'] }, 'https://a.example/', false],
    ['category of a newer version', { deniedCategories: ['newer'] }, 'https://a.example/', false],
  ])('%s', (_what, terms, url, refused) => {
    expect(refuse(terms, url)).toBe(refused)
  })
})
