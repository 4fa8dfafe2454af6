import fc from 'fast-check'

type Octets = [number, number, number, number]
export const octetsOf = (address: string): Octets => address.split('.').map(Number) as Octets
const addressOf = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')

/** One address of each kind that an attacker would ask for: the home, the router, the cloud's metadata, the odd corners. */
// biome-ignore format: a table reads better in rows
export const specialSamplesV4 = [
  '0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.254', '100.64.0.1', '100.127.255.254', '127.0.0.1', '127.1.2.3',
  '127.255.255.254', '169.254.169.254', '172.16.0.1', '172.31.255.254', '192.0.0.8', '192.0.0.170', '192.0.2.1',
  '192.31.196.1', '192.52.193.1', '192.88.99.1', '192.168.0.1', '192.168.1.1', '192.168.178.1', '192.175.48.1',
  '198.18.0.1', '198.19.255.254', '198.51.100.7', '203.0.113.9', '224.0.0.1', '239.255.255.250', '240.0.0.1',
  '255.255.255.255',
]

// biome-ignore format: a table reads better in rows
export const specialSamplesV6 = [
  '::', '::1', '::2', '::127.0.0.1', '::8.8.8.8', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:0:127.0.0.1', '64:ff9b::a00:1',
  '64:ff9b::808:808', '64:ff9b:1::1', '64:ff9b:1:ffff::7f00:1', '100::1', '100:0:0:1::1', '2001::1', '2001:0:4136:e378::1',
  '2001:1::1', '2001:2::1', '2001:3::1', '2001:4:112::1', '2001:10::1', '2001:20::1', '2001:30::1', '2001:1ff:ffff::1',
  '2001:db8::1', '2001:db8:ffff::1', '2002:7f00:1::', '2002:808:808::1', '2620:4f:8000::1', '3fff::1', '3fff:fff::1',
  '5f00::1', '1fff:ffff::1', '4000::1', 'a000::1', 'fc00::1', 'fd12:3456:789a::1', 'fe80::1', 'febf::1', 'fec0::1',
  'feff::1', 'ff02::1', 'ff0e::1',
]

/** The gaps between the special ranges, written down apart from the table under test: first and last address of each. */
const publicSpansV4: [first: string, last: string][] = [
  ['1.0.0.0', '9.255.255.255'],
  ['11.0.0.0', '100.63.255.255'],
  ['100.128.0.0', '126.255.255.255'],
  ['128.0.0.0', '169.253.255.255'],
  ['169.255.0.0', '172.15.255.255'],
  ['172.32.0.0', '191.255.255.255'],
  ['192.0.1.0', '192.0.1.255'],
  ['192.0.3.0', '192.31.195.255'],
  ['192.31.197.0', '192.52.192.255'],
  ['192.52.194.0', '192.88.98.255'],
  ['192.88.100.0', '192.167.255.255'],
  ['192.169.0.0', '192.175.47.255'],
  ['192.175.49.0', '198.17.255.255'],
  ['198.20.0.0', '198.51.99.255'],
  ['198.51.101.0', '203.0.112.255'],
  ['203.0.114.0', '223.255.255.255'],
]
export const publicEdgesV4 = publicSpansV4.flat()

/** Prefixes that the regional registries hand out. */
const publicPrefixesV6 = [
  '2001:200',
  '2001:4860',
  '2003:e8',
  '2400:cb00',
  '2606:4700',
  '2804:14c',
  '2a00:1450',
  '2c0f:fb50',
]
export const publicEdgesV6 = [
  '2001:200::',
  '2001:db7:ffff::1',
  '2001:db9::',
  '2003::',
  '2620:4f:7fff::1',
  '3ffe::1',
  '3fff:1000::1',
]

const numberOf = (address: string): number => octetsOf(address).reduce((sum, octet) => sum * 256 + octet, 0)

/** The same question as the code under test, answered from the gaps instead of the ranges. */
export const isBetweenSpecialRanges = (address: string): boolean =>
  publicSpansV4.some(
    ([first, last]) => numberOf(address) >= numberOf(first) && numberOf(address) <= numberOf(last),
  )

export const publicV4 = fc
  .constantFrom(...publicSpansV4)
  .chain(([first, last]) => fc.integer({ min: numberOf(first), max: numberOf(last) }))
  .map(addressOf)

export const publicV6 = fc
  .tuple(
    fc.constantFrom(...publicPrefixesV6),
    fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 6, maxLength: 6 }),
  )
  .map(([prefix, groups]) => [prefix, ...groups.map((group) => group.toString(16))].join(':'))
