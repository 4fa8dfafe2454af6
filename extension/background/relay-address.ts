import { type AddressSpaceOverride, parseAddressSpaceOverride } from '#addresses'
import { isLoopbackLiteral } from '../messages/index.ts'

/** The node door, as a socket's address, of a relay whose address `parseRelayUrl` has accepted. */
export function nodeDoorOf(relayUrl: string): string {
  return `${relayUrl.replace(/^http/, 'ws')}/node`
}

/**
 * What the relay's welcome may open for tests: nothing, unless the relay that this node itself dialled stands on this
 * machine. Texts that are no override open nothing.
 */
export function overridesFrom(relayUrl: string, texts: readonly string[]): AddressSpaceOverride[] {
  if (!isLoopbackLiteral(URL.parse(relayUrl)?.hostname ?? '')) return []
  return texts.flatMap((text) => {
    try {
      return parseAddressSpaceOverride(text) ?? []
    } catch {
      return []
    }
  })
}
