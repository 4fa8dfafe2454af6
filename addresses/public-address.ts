import ipaddr from 'ipaddr.js'
import { globalUnicastV6, specialRangesV4, specialRangesV6 } from './special-ranges.ts'

type ParsedAddress = ipaddr.IPv4 | ipaddr.IPv6
type ParsedRange = { network: ParsedAddress; prefixBits: number; purpose: string }

const ranges: readonly ParsedRange[] = [...specialRangesV4, ...specialRangesV6].map(([range, purpose]) => {
  const [network, prefixBits] = ipaddr.parseCIDR(range)
  return { network, prefixBits, purpose }
})
const [globalNetwork, globalPrefixBits] = ipaddr.IPv6.parseCIDR(globalUnicastV6)
const ownNetworkPrefixBitsV6 = 64

/**
 * May a stranger's request go to this address? `address` is an IPv4 literal of four decimal parts or an IPv6 literal, without
 * brackets. Everything else, zone ids included, is not public: what cannot be read is never let through.
 */
export const isPublicAddress = (address: string): boolean => specialPurposeOf(address) === null

/** Why an address is not public, as words that follow "is", or null for a public one. */
export function specialPurposeOf(address: string): string | null {
  const parsed = parseAddress(address)
  if (!parsed) return 'not an address'
  const special = ranges.find(({ network, prefixBits }) => contains(network, prefixBits, parsed))
  if (special) return special.purpose
  return parsed.kind() === 'ipv6' && !contains(globalNetwork, globalPrefixBits, parsed) ? 'reserved' : null
}

/** 127.0.0.0/8 or ::1. Nothing that embeds them: no caller may be told that a disguise is the real thing. */
export function isLoopbackAddress(address: string): boolean {
  return specialPurposeOf(address) === 'loopback'
}

/** The one spelling of an address by which two can be compared, or null. IPv6 in RFC 5952's form, mapped IPv4 as IPv4. */
export function canonicalAddress(address: string): string | null {
  const parsed = parseAddress(address)
  if (!parsed) return null
  const plain = isIPv6(parsed) && parsed.isIPv4MappedAddress() ? parsed.toIPv4Address() : parsed
  return isIPv6(plain) ? plain.toRFC5952String() : plain.toString()
}

/** The same host or the same home: equal IPv4 addresses, or IPv6 addresses of one /64, which is what a home is given. */
export function isSameHome(one: string, other: string): boolean {
  const [a, b] = [canonicalAddress(one), canonicalAddress(other)]
  if (a === null || b === null) return false
  const [parsedA, parsedB] = [ipaddr.parse(a), ipaddr.parse(b)]
  return isIPv6(parsedA) ? contains(parsedA, ownNetworkPrefixBitsV6, parsedB) : a === b
}

/**
 * What stands for a home in a register: an IPv4 address in its one spelling, or the /64 of an IPv6 address, such as
 * `2001:db8:1:2::/64`, because browsers change the rest of it from day to day. Null for what is no address.
 */
export function homeOf(address: string): string | null {
  const canonical = canonicalAddress(address)
  if (canonical === null || !ipaddr.IPv6.isValid(canonical)) return canonical
  const network = ipaddr.IPv6.networkAddressFromCIDR(`${canonical}/${ownNetworkPrefixBitsV6}`)
  return `${network.toRFC5952String()}/${ownNetworkPrefixBitsV6}`
}

/** The homes of these addresses, each once. */
export const homesOf = (addresses: readonly string[]): ReadonlySet<string> =>
  new Set(addresses.map(homeOf).filter((home) => home !== null))

/** The address in a URL's `hostname` (`127.0.0.1`, `[::1]`), without brackets, or null for a name. */
export function literalAddressOf(hostname: string): string | null {
  const bracketed = hostname.startsWith('[') && hostname.endsWith(']')
  const address = bracketed ? hostname.slice(1, -1) : hostname
  const parsed = parseAddress(address)
  return parsed && isIPv6(parsed) === bracketed ? address : null
}

function parseAddress(address: string): ParsedAddress | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return ipaddr.IPv4.parse(address)
  const plain = withoutDottedTail(address)
  // A zone (`fe80::1%eth0`) names an interface of the machine that reads it: never a thing to take from others.
  if (/[%.]/.test(plain) || !ipaddr.IPv6.isValid(plain)) return null
  return ipaddr.IPv6.parse(plain)
}

/** `::1.2.3.4` as `::102:304` (RFC 4291, section 2.2): ipaddr.js reads it as `::ffff:1.2.3.4`, another address. */
function withoutDottedTail(address: string): string {
  const tail = address.slice(address.lastIndexOf(':') + 1)
  if (tail === address || !ipaddr.IPv4.isValidFourPartDecimal(tail)) return address
  const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv4.parse(tail).octets
  const groups = [a * 256 + b, c * 256 + d].map((group) => group.toString(16))
  return address.slice(0, -tail.length) + groups.join(':')
}

const isIPv6 = (address: ParsedAddress): address is ipaddr.IPv6 => address.kind() === 'ipv6'

const contains = (network: ParsedAddress, prefixBits: number, address: ParsedAddress): boolean =>
  network.kind() === address.kind() && address.match(network, prefixBits)
