import { BlockList, isIP } from 'node:net'
import { type AddressSpaceOverride, isOverriddenAsPublic, literalAddressOf, portOf } from '#addresses'

/** What the relay asks of or owes to a site before it is fetched. */
export const courtesies = ['robots', 'opt-out', 'pace'] as const
export type Courtesy = (typeof courtesies)[number]

export type TestTargetSettings = {
  overrides: readonly AddressSpaceOverride[]
  /** Fixed names. */
  resolverRules: ReadonlyMap<string, string>
  /** Addresses and ranges that tests ask nodes for, and that nobody may really ask: `93.184.216.0/24`. */
  unaskedAddresses: readonly string[]
  /** What the test wants of its targets nevertheless. */
  obey: ReadonlySet<Courtesy>
}

export const noTestTargets: TestTargetSettings = {
  overrides: [],
  resolverRules: new Map(),
  unaskedAddresses: [],
  obey: new Set(),
}

/** Says of which courtesies a target is free, because a test made it. Outside of tests: none, of none. */
export function createTestTargets({ overrides, resolverRules, unaskedAddresses, obey }: TestTargetSettings) {
  const unasked = blockListOf(unaskedAddresses)
  const isTestTarget = (url: URL): boolean => {
    if (resolverRules.has(url.hostname)) return true
    const address = literalAddressOf(url.hostname)
    if (address === null) return false
    return (
      isOverriddenAsPublic(address, portOf(url), overrides) ||
      unasked.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
    )
  }
  const areThereAny = overrides.length + resolverRules.size + unaskedAddresses.length > 0
  return {
    isFreeOf: (courtesy: Courtesy, url: URL): boolean =>
      areThereAny && !obey.has(courtesy) && isTestTarget(url),
  }
}
export type TestTargets = ReturnType<typeof createTestTargets>

/** Is this an address, or a range such as `93.184.216.0/24`? */
export function isAddressRange(text: string): boolean {
  try {
    blockListOf([text])
    return true
  } catch {
    return false
  }
}

function blockListOf(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    const bitsMax = family === 'ipv6' ? 128 : 32
    list.addSubnet(address, bits === undefined ? bitsMax : wholeNumber(bits), family)
  }
  return list
}

function wholeNumber(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new RangeError(`"${text}" is not a number of bits`)
  return Number(text)
}
