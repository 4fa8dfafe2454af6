import { type AddressSpaceOverride, parseAddressSpaceOverride } from '#addresses'

/** This machine, written as an address: a name could resolve to anything. */
export const isLoopbackLiteral = (hostname: string): boolean =>
  hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)

/**
 * The node door of a relay, as a socket's address, or null where it must not be dialled: plain `ws:` is for a loopback
 * literal alone, because everybody on the way could read and change what goes over it.
 */
export function nodeDoorOf(relayUrl: string): string | null {
  const url = URL.parse(relayUrl)
  if (url?.protocol === 'https:') return `wss://${url.host}/node`
  if (url?.protocol === 'http:' && isLoopbackLiteral(url.hostname)) return `ws://${url.host}/node`
  return null
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
