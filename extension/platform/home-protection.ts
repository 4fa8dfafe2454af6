import { hasAddressLock } from './address-lock.ts'
import { browserKind } from './browser-kind.ts'
import { extensionApi } from './extension-api.ts'

/** Every address of a name, as this browser resolves it. Rejects where there is none. */
export type NameLookup = (name: string) => Promise<string[]>

/**
 * How this browser keeps our requests out of the owner's home.
 * `lock`: the network stack refuses every address that is not public. `checks`: there is no lock, and in its place names are
 * looked up before the fetch, an answer is cancelled by its address before its body is handed out, and only https is spoken,
 * because a device in the home has no certificate for a public name.
 */
export type HomeProtection = { kind: 'lock' } | { kind: 'checks'; lookUp: NameLookup }

/** The set of protections that is complete here, or null where none is: then nothing may be shared. */
export function findHomeProtection(): HomeProtection | null {
  if (hasAddressLock()) return { kind: 'lock' }
  const lookUp = nameLookup()
  return lookUp && mayCancelAnswers() ? { kind: 'checks', lookUp } : null
}

/** Firefox alone lets an extension of Manifest V3 block, and tells the address before the body. */
export function mayCancelAnswers(): boolean {
  if (!extensionApi || browserKind() !== 'firefox') return false
  return (extensionApi.runtime.getManifest().permissions ?? []).includes('webRequestBlocking')
}

type DnsApi = { resolve(name: string): Promise<{ addresses: string[] }> }

function nameLookup(): NameLookup | null {
  const dns = Reflect.get(extensionApi ?? {}, 'dns') as DnsApi | undefined
  return typeof dns?.resolve === 'function' ? async (name) => (await dns.resolve(name)).addresses : null
}
