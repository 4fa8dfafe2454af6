import { parseRelayUrl } from '../messages/index.ts'

/** What an organisation has fixed for this browser. */
export type ManagedPolicy = {
  /** The only relay that may be dialled; null where the owner chooses. */
  relayUrl: string | null
  off: boolean
}

export const noManagedPolicy: ManagedPolicy = { relayUrl: null, off: false }

/**
 * Reads what the organisation wrote. A value that cannot be understood was meant to restrict something, so it switches
 * sharing off: nobody learns of a typing error by traffic that should not have been.
 */
export function managedPolicyOf(values: Record<string, unknown>): ManagedPolicy {
  const off = values.off ?? false
  const relayUrl = values.relayUrl ?? null
  const parsed = relayUrl === null ? null : parseRelayUrl(String(relayUrl))
  const isUnderstood = typeof off === 'boolean' && (parsed === null || parsed.ok)
  return { relayUrl: parsed?.ok ? parsed.url : null, off: off !== false || !isUnderstood }
}
