import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { networkPolicy, ownerCategoriesOf, refusedCategoryNames, refusedCategoryOf } from './index.ts'

const refused = (url: string, method = 'GET') => refusedCategoryOf(new URL(url), method)
const refusedHosts = refusedCategoryNames.flatMap((category) =>
  networkPolicy.refusedForEverybody[category].hosts.map((host) => ({ category, host })),
)
const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/)

describe('a category that is refused for everybody', () => {
  test.each([
    ['https://paypal.com/', 'payment', 'paypal.com'],
    ['https://www.paypal.com/de/webapps/', 'payment', 'paypal.com'],
    ['http://PayPal.com./', 'payment', 'paypal.com'],
    ['https://login.gov/', 'government-login', 'login.gov'],
    ['https://secure.login.gov/sign_up', 'government-login', 'login.gov'],
    ['https://www.va.gov/sign-in/?next=/', 'government-login', 'va.gov/sign-in'],
    ['https://www.chase.com/', 'banking', 'chase.com'],
    ['https://onlinebanking.some-bank.example/', 'banking', 'onlinebanking.*'],
    ['https://webmail.university.example/', 'webmail-login', 'webmail.*'],
    ['https://mail.google.com/mail/u/0/', 'webmail-login', 'mail.google.com'],
    ['https://www.icloud.com/mail', 'webmail-login', 'icloud.com/mail'],
    ['https://github.com/signup?source=x', 'account-creation', 'github.com/signup'],
    ['https://github.com//SIGN%75P/', 'account-creation', 'github.com/signup'],
    ['https://www.facebook.com/r.php', 'account-creation', 'facebook.com/r.php'],
    ['https://www.google.com/aclk?sa=l', 'ad-click', 'google.com/aclk'],
    ['https://ad.doubleclick.net/clk;1', 'ad-click', 'doubleclick.net'],
  ])('%s is %s', (url, category, rule) => {
    expect(refused(url)).toEqual({ category, rule })
  })

  test.each([
    ['https://shop.example/checkout', 'payment', '/checkout (writing)'],
    ['https://shop.example/de/cart/checkout.php;sid=1', 'payment', '/checkout (writing)'],
    ['https://forum.example/register', 'account-creation', '/register (writing)'],
    ['https://forum.example/api/users/create/', 'account-creation', '/users/create (writing)'],
  ])('writing to %s is %s, reading is not', (url, category, rule) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'post'])
      expect(refused(url, method)).toEqual({ category, rule })
    for (const method of ['GET', 'HEAD', 'OPTIONS']) expect(refused(url, method)).toBeNull()
  })

  test.each([
    'https://search.example/?q=online+banking+login+paypal.com',
    'https://en.wikipedia.org/wiki/Online_banking',
    'https://notpaypal.com/',
    'https://paypal.com.example/',
    'https://paypal.company/',
    'https://xpaypal.com/',
    'https://example.com/paypal.com/',
    'https://example.com/#checkout',
    'https://webmail.com/',
    'https://mywebmail.example.com/',
    'https://a.webmail.example.com/',
    'https://github.com/signups',
    'https://github.com/fallow/signup',
    'https://gist.example/github.com/signup',
    'https://www.icloud.com/mailing',
    'https://docs.stripe.com/payments',
    'https://www.va.gov/health/sign-in/',
    'https://www.usa.gov/',
    'https://developers.google.com/',
    'https://128.0.0.1/',
  ])('%s is none', (url) => {
    expect(refused(url)).toBeNull()
  })

  test.each([
    'https://shop.example/checkouts',
    'https://shop.example/pre-checkout',
    'https://museum.example/cash-register',
    'https://api.example/users/created',
    'https://api.example/create/users',
    'https://search.example/?next=/checkout',
  ])('writing to %s is none', (url) => {
    expect(refused(url, 'POST')).toBeNull()
  })

  test('covers every name under each of its hosts, in any spelling of the URL, and no other name', () => {
    fc.assert(
      fc.property(fc.constantFrom(...refusedHosts), fc.array(label, { maxLength: 3 }), (entry, labels) => {
        const [host = '', ...path] = entry.host.split('/')
        const at = `${[...labels, host].join('.')}/${path.join('/')}`
        expect(refused(`https://${at}`)).not.toBeNull()
        expect(refused(`http://${at.toUpperCase()}/more?a=b`)).not.toBeNull()
        const [first = 'x'] = labels
        expect(refused(`https://${first}x${host.replaceAll('.', '-')}.example/`)).toBeNull()
      }),
    )
  })

  test('is found in no time in the longest URL that may be fetched, whatever its path', () => {
    const piece = fc.constantFrom(
      '/',
      'users',
      '/users/',
      '%',
      '%2',
      '%75',
      'é',
      ';',
      '.php',
      '/create',
      'signup',
    )
    fc.assert(
      fc.property(fc.array(piece, { minLength: 2_000, maxLength: 4_000 }), (pieces) => {
        const url = new URL(`https://example.com/${pieces.join('')}`)
        const refusal = refusedCategoryOf(url, 'POST')
        if (refusal) expect(refusal.category).toBe('account-creation')
      }),
      { numRuns: 20 },
    )
  })
})

describe("an owner's category", () => {
  test.each([
    ['www.nytimes.com', ['news']],
    ['bbc.co.uk', ['news']],
    ['old.reddit.com', ['social-media']],
    ['twitch.tv', ['streaming']],
    ['anything.xxx', ['adult']],
    ['smile.amazon.co.jp', ['shopping']],
    ['example.com', []],
    ['notreddit.com', []],
    ['reddit.com.example', []],
    ['93.184.216.34', []],
    ['[2606:2800:220:1::1]', []],
  ])('%s lies in %j', (hostname, categories) => {
    expect(ownerCategoriesOf(hostname)).toEqual(categories)
  })

  test('is never one that a host has only by the end of its name', () => {
    fc.assert(
      fc.property(fc.constantFrom(...networkPolicy.refusableByOwners.news.hosts), label, (host, word) => {
        expect(ownerCategoriesOf(`${word}.${host}`)).toContain('news')
        expect(ownerCategoriesOf(`${word}${host}.example`)).toEqual([])
      }),
    )
  })
})
