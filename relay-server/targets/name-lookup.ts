import { Resolver } from 'node:dns/promises'
import { LRUCache } from 'lru-cache'

/** A name that takes longer goes on unresolved: the node's browser, which has its own lock, decides. */
const resolveMsMax = 2_000
const keptNamesMax = 10_000
/** Short, so that a name that is pointed elsewhere is looked up anew. */
const keptMs = 30_000

export type NameLookup = ReturnType<typeof createNameLookup>

/** Asks name servers, each question once at a time and then not again for a while. */
export function createNameLookup(options: {
  /** Fixed names, for tests. */
  fixed: ReadonlyMap<string, string>
  /** `address:port` of the name servers to ask; the system's own where there is none. */
  nameServers: readonly string[]
}) {
  const kept = new LRUCache<string, Promise<string[]>>({ max: keptNamesMax, ttl: keptMs })
  const keptTexts = new LRUCache<string, Promise<string[] | null>>({ max: keptNamesMax, ttl: keptMs })
  return {
    /** Every A and AAAA record; empty where the relay cannot tell in time. */
    addressesOf(name: string): Promise<string[]> {
      const address = options.fixed.get(name)
      if (address !== undefined) return Promise.resolve([address])
      const known = kept.get(name) ?? resolveName(name, options.nameServers)
      kept.set(name, known, { noUpdateTTL: true })
      return known
    },

    /** Every TXT record, its strings joined (RFC 7208, section 3.3); null where no name server gave an answer in time. */
    textsOf(name: string): Promise<string[] | null> {
      const known = keptTexts.get(name) ?? resolveTexts(name, options.nameServers)
      keptTexts.set(name, known, { noUpdateTTL: true })
      return known
    },
  }
}

const resolveTexts = (name: string, nameServers: readonly string[]): Promise<string[] | null> =>
  withResolver(nameServers, async (resolver) => {
    try {
      return (await resolver.resolveTxt(name)).map((parts) => parts.join(''))
    } catch (error) {
      return isNoSuchRecord(error) ? [] : null
    }
  })

const resolveName = (name: string, nameServers: readonly string[]): Promise<string[]> =>
  withResolver(nameServers, async (resolver) => {
    const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
    return found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
  })

async function withResolver<T>(
  nameServers: readonly string[],
  ask: (resolver: Resolver) => Promise<T>,
): Promise<T> {
  const resolver = new Resolver({ timeout: resolveMsMax, tries: 1 })
  if (nameServers.length > 0) resolver.setServers(nameServers)
  const timer = setTimeout(() => resolver.cancel(), resolveMsMax)
  try {
    return await ask(resolver)
  } finally {
    clearTimeout(timer)
  }
}

const isNoSuchRecord = (error: unknown): boolean =>
  ['ENODATA', 'ENOTFOUND'].includes((error as NodeJS.ErrnoException).code ?? '')
