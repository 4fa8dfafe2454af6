import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, test } from 'vitest'
import {
  isAllowedAddress,
  isLoopbackAddress,
  isPublicAddress,
  literalAddressOf,
  parseAddressSpaceOverride,
  specialPurposeOf,
} from './index.ts'
import { canonicalAddress, isSameHome } from './public-address.ts'
import {
  isBetweenSpecialRanges,
  publicEdgesV4,
  publicEdgesV6,
  publicV4,
  publicV6,
  specialSamplesV4,
  specialSamplesV6,
} from './testing/address-samples.ts'

describe('isPublicAddress', () => {
  test.each([...specialSamplesV4, ...specialSamplesV6])('%s is not public', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  test.each([...publicEdgesV4, ...publicEdgesV6])('%s, beside a special range, is public', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  test('1,000 random public addresses are public', () => {
    fc.assert(fc.property(fc.oneof(publicV4, publicV6), isPublicAddress), { numRuns: 1000 })
  })

  test('of all IPv4 addresses exactly those between the special ranges are public', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(isPublicAddress(address)).toBe(isBetweenSpecialRanges(address))
      }),
      { numRuns: 5000 },
    )
  })

  test('what ipaddr.js already knows to be special is never public', () => {
    const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 7, maxLength: 7 })
    const first = fc.constantFrom(
      '2001',
      '2002',
      '2620',
      '64',
      '100',
      'fc00',
      'fe80',
      'ff02',
      '3fff',
      '5f00',
      '2a00',
    )
    const addresses = fc
      .tuple(first, groups)
      .map(([head, rest]) => [head, ...rest.map((group) => group.toString(16))].join(':'))
    fc.assert(
      fc.property(fc.oneof(addresses, fc.ipV6(), fc.ipV4()), (address) => {
        if (ipaddr.process(address).range() !== 'unicast') expect(isPublicAddress(address)).toBe(false)
      }),
      { numRuns: 5000 },
    )
  })

  test('outside 2000::/3 no IPv6 address is public', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => isPublicAddress(address) <= /^[23][0-9a-f]{3}:/i.test(address)),
      { numRuns: 2000 },
    )
  })

  test('an IPv4 address is never public in disguise', () => {
    const disguises = ['::', '::ffff:', '::ffff:0:', '64:ff9b::', '64:ff9b:1::']
    fc.assert(
      fc.property(
        fc.constantFrom(...disguises),
        publicV4,
        (disguise, address) => !isPublicAddress(disguise + address),
      ),
    )
  })

  test.each([
    '',
    'example.com',
    '1.2.3',
    '8.8.8.8 ',
    '08.8.8.8',
    '0x8.8.8.8',
    '[2a00::1]',
    '2a00::1%eth0',
    '2a00::1%25',
    '2a00::/16',
  ])('"%s" is not an address, so it is not public', (text) => {
    expect(isPublicAddress(text)).toBe(false)
  })
})

test.each([
  ['192.168.178.1', 'private'],
  ['100.64.0.1', 'shared by a carrier-grade NAT'],
  ['169.254.169.254', 'link local'],
  ['::1', 'loopback'],
  ['::ffff:8.8.8.8', 'an IPv4 address in disguise (mapped)'],
  ['::8.8.8.8', 'an IPv4 address in disguise (compatible)'],
  ['64:ff9b::808:808', 'an IPv4 address in disguise (NAT64)'],
  ['2001::1', 'an IPv4 address in disguise (Teredo)'],
  ['2001:1::1', 'reserved for protocols'],
  ['fe80::1', 'link local'],
  ['fd00::1', 'unique local'],
  ['4000::1', 'reserved'],
  ['example.com', 'not an address'],
  ['9.9.9.9', null],
])('%s is %s', (address, purpose) => {
  expect(specialPurposeOf(address)).toBe(purpose)
})

test('loopback is loopback, and nothing that looks like it', () => {
  expect(['127.0.0.1', '127.255.0.9', '::1', '0:0:0:0:0:0:0:1'].every(isLoopbackAddress)).toBe(true)
  expect(
    ['128.0.0.1', '::', '::ffff:127.0.0.1', '[::1]', 'localhost', '127.1', ''].some(isLoopbackAddress),
  ).toBe(false)
})

test('a host name that is an address is told from one that is not', () => {
  expect(literalAddressOf('127.0.0.1')).toBe('127.0.0.1')
  expect(literalAddressOf('[::1]')).toBe('::1')
  for (const name of ['example.com', '::1', '[127.0.0.1]', '[::1', '1.2.3', ''])
    expect(literalAddressOf(name)).toBeNull()
})

test('one address has one canonical spelling', () => {
  expect(canonicalAddress('2A00:0:0:0:0:0:0:1')).toBe('2a00::1')
  expect(canonicalAddress('::ffff:9.8.7.6')).toBe('9.8.7.6')
  expect(canonicalAddress('::9.8.7.6')).toBe('::908:706')
  expect(canonicalAddress('64:ff9b::9.8.7.6')).toBe('64:ff9b::908:706')
  expect(canonicalAddress('0:0:0:0:0:ffff:9.8.7.6')).toBe('9.8.7.6')
  for (const text of [
    'fe80::1%eth0',
    '::0x9.8.7.6',
    '::9.8.7',
    '9.8.7.6::',
    '::9.8.7.6:1',
    ':9.8.7.6',
    '1:2:3:4:5:6:7:9.8.7.6',
  ])
    expect(canonicalAddress(text), text).toBeNull()
})

test('an IPv6 address is read as a browser reads it, in every spelling', () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const read = new URL(`http://[${address}]/`).hostname.slice(1, -1)
      fc.pre(!read.startsWith('::ffff:'))
      expect(canonicalAddress(address)).toBe(read)
    }),
    { numRuns: 2000 },
  )
})

describe('isSameHome', () => {
  test('IPv4 homes are one address, IPv6 homes are a /64', () => {
    expect(isSameHome('9.8.7.6', '::ffff:9.8.7.6')).toBe(true)
    expect(isSameHome('9.8.7.6', '9.8.7.7')).toBe(false)
    expect(isSameHome('2a00:1:2:3::1', '2a00:1:2:3:ffff::2')).toBe(true)
    expect(isSameHome('2a00:1:2:3::1', '2a00:1:2:4::1')).toBe(false)
    expect(isSameHome('2a00:1:2:3::1', '9.8.7.6')).toBe(false)
    expect(isSameHome('nonsense', 'nonsense')).toBe(false)
  })
})

describe('isAllowedAddress', () => {
  const overrides = [
    parseAddressSpaceOverride('127.0.0.1:9000=public'),
    parseAddressSpaceOverride('8.8.8.8:80=private'),
  ]

  test('an override opens one address on one port, in every spelling of the address', () => {
    const rules = { overrides, ownAddress: null }
    expect(isAllowedAddress('127.0.0.1', 9000, rules)).toBe(true)
    expect(isAllowedAddress('::ffff:127.0.0.1', 9000, rules)).toBe(true)
    expect(isAllowedAddress('127.0.0.1', 9001, rules)).toBe(false)
    expect(isAllowedAddress('::127.0.0.1', 9000, rules)).toBe(false)
    expect(isAllowedAddress('127.0.0.2', 9000, rules)).toBe(false)
    expect(isAllowedAddress('8.8.8.8', 80, rules)).toBe(true)
  })

  test("the node's own address is refused, also when it is the only public one", () => {
    expect(isAllowedAddress('9.8.7.6', 443, { overrides: [], ownAddress: '9.8.7.6' })).toBe(false)
    expect(isAllowedAddress('9.8.7.5', 443, { overrides: [], ownAddress: '9.8.7.6' })).toBe(true)
    expect(isAllowedAddress('127.0.0.1', 9000, { overrides, ownAddress: '127.0.0.1' })).toBe(true)
  })
})
