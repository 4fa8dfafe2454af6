import { type AddressSpaceOverride, isOverriddenAsPublic } from './address-space-override.ts'
import { isPublicAddress, isSameHome } from './public-address.ts'

/**
 * What one node may reach beside the table. `ownAddress` is the address under which the world sees the node, or null where
 * nobody knows it: a router often answers there, as if it were asked from inside.
 */
export type AddressRules = { overrides: readonly AddressSpaceOverride[]; ownAddress: string | null }

/** May a request connect to this address and port? The port itself is judged by `checkTargetUrl`. */
export function isAllowedAddress(address: string, port: number, rules: AddressRules): boolean {
  if (isOverriddenAsPublic(address, port, rules.overrides)) return true
  if (!isPublicAddress(address)) return false
  return rules.ownAddress === null || !isSameHome(address, rules.ownAddress)
}
