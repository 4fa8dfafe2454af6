import { Resolver } from 'node:dns/promises'
import { LRUCache } from 'lru-cache'
import {
  type AddressSpaceOverride,
  checkTargetUrl,
  isAllowedAddress,
  literalAddressOf,
  portOf,
} from '#addresses'
import type { FailureCode } from '#protocol'

export type UrlVerdict = { ok: true; url: URL } | { ok: false; code: FailureCode; detail: string }

/** A name that takes longer goes on unresolved: the node's browser, which has its own lock, decides. */
const resolveMsMax = 2_000
const keptNamesMax = 10_000
/** Short, so that a name that is pointed elsewhere is looked up anew. */
const keptMs = 30_000

export type TargetChecks = ReturnType<typeof createTargetChecks>

/** The relay's own layer of the home's protection: rules on URLs, and on every address that a name resolves to. */
export function createTargetChecks(options: {
  overrides: readonly AddressSpaceOverride[]
  /** Fixed names, for tests. */
  resolverRules: ReadonlyMap<string, string>
  /** `address:port` of the name servers to ask; the system's own where it is left out. */
  nameServers?: readonly string[]
}) {
  const rules = { overrides: options.overrides, ownAddress: null }
  const addressesOf = createNameLookup(options.resolverRules, options.nameServers)

  const checkUrl = (text: string): UrlVerdict => {
    if (!URL.canParse(text))
      return {
        ok: false,
        code: 'invalid-request',
        detail: 'The URL cannot be read: give it whole, with https://.',
      }
    const checked = checkTargetUrl(text, rules)
    return checked.ok ? checked : { ok: false, code: 'policy-refused', detail: checked.detail }
  }

  return {
    /** What can be said from the URL alone. */
    checkUrl,

    /** The same, and every address of its name. Gives up waiting for names when `signal` aborts: then nobody will ask the node. */
    async check(text: string, signal: AbortSignal): Promise<UrlVerdict> {
      const checked = checkUrl(text)
      if (!checked.ok || literalAddressOf(checked.url.hostname) !== null) return checked
      const addresses = await orNone(addressesOf(checked.url.hostname), signal)
      const refused = addresses.find((address) => !isAllowedAddress(address, portOf(checked.url), rules))
      if (refused === undefined) return checked
      const detail = `${checked.url.hostname} resolves to ${refused}, which is not a public address: only those may be fetched.`
      return { ok: false, code: 'policy-refused', detail }
    },
  }
}

function createNameLookup(
  fixed: ReadonlyMap<string, string>,
  nameServers: readonly string[] | undefined,
): (name: string) => Promise<string[]> {
  const kept = new LRUCache<string, Promise<string[]>>({ max: keptNamesMax, ttl: keptMs })
  return (name) => {
    const address = fixed.get(name)
    if (address !== undefined) return Promise.resolve([address])
    const known = kept.get(name) ?? resolveName(name, nameServers)
    kept.set(name, known, { noUpdateTTL: true })
    return known
  }
}

/** Every A and AAAA record; empty where the relay cannot tell in time. */
async function resolveName(name: string, nameServers: readonly string[] | undefined): Promise<string[]> {
  const resolver = new Resolver({ timeout: resolveMsMax, tries: 1 })
  if (nameServers) resolver.setServers(nameServers)
  const timer = setTimeout(() => resolver.cancel(), resolveMsMax)
  const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
  clearTimeout(timer)
  return found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
}

async function orNone(addresses: Promise<string[]>, signal: AbortSignal): Promise<string[]> {
  if (signal.aborted) return []
  const aborted = Promise.withResolvers<string[]>()
  const onAbort = () => aborted.resolve([])
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([addresses, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
