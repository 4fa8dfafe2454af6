import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hostMatches } from './index.ts'

test.each([
  ['paypal.com', 'paypal.com'],
  ['www.paypal.com', 'paypal.com'],
  ['WWW.PayPal.COM.', 'paypal.com'],
  ['a.b.c.example', 'C.EXAMPLE.'],
  ['1.2.3.4', '1.2.3.4'],
  ['[2606:2800::1]', '[2606:2800::1]'],
  ['[2606:2800::1]', '2606:2800::1'],
])('%s is covered by %s', (hostname, entry) => {
  expect(hostMatches(hostname, entry)).toBe(true)
})

test.each([
  ['notpaypal.com', 'paypal.com'],
  ['paypal.com.example', 'paypal.com'],
  ['paypal.com', 'www.paypal.com'],
  ['paypal.co', 'paypal.com'],
  ['1.2.3.4', '3.4'],
  ['1.2.3.4', '2.3.4'],
  ['www.1.2.3.4', '1.2.3.4'],
  ['[2606:2800::1]', '[2606:2800::2]'],
  ['', ''],
  ['example.com', ''],
  ['example.com', '.'],
])('%s is not covered by %s', (hostname, entry) => {
  expect(hostMatches(hostname, entry)).toBe(false)
})

test('a host is covered by itself and by each name above it, and by no other end of its name', () => {
  const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/)
  fc.assert(
    fc.property(fc.array(label, { minLength: 2, maxLength: 6 }), fc.nat(), (labels, cut) => {
      const host = labels.join('.')
      for (let from = 0; from < labels.length; from += 1)
        expect(hostMatches(host, labels.slice(from).join('.'))).toBe(true)
      const end = host.slice(cut % host.length)
      const isWhole = cut % host.length === 0 || host[(cut % host.length) - 1] === '.'
      expect(hostMatches(host, end)).toBe(isWhole && !end.startsWith('.'))
    }),
  )
})
