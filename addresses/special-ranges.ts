/**
 * Every range that is not an ordinary public host, with the word that a refusal uses for it.
 *
 * From the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its updates), also the entries that the
 * registries call globally reachable: those are anycast services and tunnels, and no site lives there.
 * Kept here, because the classification that libraries bring misses some of them.
 */
type SpecialRange = readonly [range: string, purpose: string]

export const specialRangesV4: readonly SpecialRange[] = [
  ['0.0.0.0/8', 'this network'], // RFC 791
  ['10.0.0.0/8', 'private'], // RFC 1918
  ['100.64.0.0/10', 'shared by a carrier-grade NAT'], // RFC 6598
  ['127.0.0.0/8', 'loopback'], // RFC 1122
  ['169.254.0.0/16', 'link local'], // RFC 3927: cloud metadata services among them
  ['172.16.0.0/12', 'private'], // RFC 1918
  ['192.0.0.0/24', 'reserved for protocols'], // RFC 6890: DS-Lite, PCP and TURN anycast, NAT64 discovery
  ['192.0.2.0/24', 'for documentation'], // RFC 5737
  ['192.31.196.0/24', 'an AS112 sink'], // RFC 7535
  ['192.52.193.0/24', 'a multicast tunnel (AMT)'], // RFC 7450
  ['192.88.99.0/24', 'a 6to4 relay'], // RFC 7526
  ['192.168.0.0/16', 'private'], // RFC 1918
  ['192.175.48.0/24', 'an AS112 sink'], // RFC 7534
  ['198.18.0.0/15', 'for benchmarks'], // RFC 2544
  ['198.51.100.0/24', 'for documentation'], // RFC 5737
  ['203.0.113.0/24', 'for documentation'], // RFC 5737
  ['224.0.0.0/4', 'multicast'], // RFC 5771
  ['240.0.0.0/4', 'reserved'], // RFC 1112; 255.255.255.255 is the broadcast address
]

/** Public IPv6 lies inside this range alone (RFC 4291, section 2.4; IANA has allocated nothing else for global unicast). */
export const globalUnicastV6 = '2000::/3'

/** The narrower range first: the first match names the purpose. */
export const specialRangesV6: readonly SpecialRange[] = [
  ['::/128', 'unspecified'], // RFC 4291
  ['::1/128', 'loopback'], // RFC 4291
  ['::ffff:0:0/96', 'an IPv4 address in disguise (mapped)'], // RFC 4291
  ['::ffff:0:0:0/96', 'an IPv4 address in disguise (translated)'], // RFC 2765
  ['::/96', 'an IPv4 address in disguise (compatible)'], // RFC 4291, deprecated there
  ['64:ff9b::/96', 'an IPv4 address in disguise (NAT64)'], // RFC 6052
  ['64:ff9b:1::/48', 'an IPv4 address in disguise (local NAT64)'], // RFC 8215
  ['100::/64', 'for discarding'], // RFC 6666
  ['100:0:0:1::/64', 'a dummy prefix'], // RFC 9780
  ['2001::/32', 'an IPv4 address in disguise (Teredo)'], // RFC 4380
  ['2001:2::/48', 'for benchmarks'], // RFC 5180
  ['2001:10::/28', 'an identifier (ORCHID)'], // RFC 4843, deprecated
  ['2001:20::/28', 'an identifier (ORCHIDv2)'], // RFC 7343
  ['2001:30::/28', 'an identifier (drone remote id)'], // RFC 9374
  ['2001::/23', 'reserved for protocols'], // RFC 2928: PCP and TURN anycast, AMT, AS112
  ['2001:db8::/32', 'for documentation'], // RFC 3849
  ['2002::/16', 'an IPv4 address in disguise (6to4)'], // RFC 3056
  ['2620:4f:8000::/48', 'an AS112 sink'], // RFC 7534
  ['3fff::/20', 'for documentation'], // RFC 9637
  ['5f00::/16', 'for segment routing'], // RFC 9602
  ['fc00::/7', 'unique local'], // RFC 4193
  ['fe80::/10', 'link local'], // RFC 4291
  ['fec0::/10', 'site local'], // RFC 3879, deprecated; old home networks still use it
  ['ff00::/8', 'multicast'], // RFC 4291
]
