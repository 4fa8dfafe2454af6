import { LRUCache } from 'lru-cache'
import { literalAddressOf } from '#addresses'
import { networkPolicy } from '#network-policy'
import { AskedTooOften, type CheckedFetch } from './checked-fetch.ts'
import type { NameLookup } from './name-lookup.ts'
import { readOptOutFile } from './opt-out-file.ts'
import { siteOf } from './site.ts'

const { dnsLabel, dnsValue, file, keptMinutes } = networkPolicy.optOut
const keptMs = keptMinutes * 60_000
/** What could not be asked is asked again sooner. */
const unansweredKeptMs = 10 * 60_000
const keptHostsMax = 50_000
const fileBytesMax = 16 * 1024
const fileMsMax = 5_000
/** So long a request waits for the first look at a site; what comes later counts for the next one. */
const waitMsMax = 2_000

/** What an owner has said. `disallowed` are beginnings of paths; `by` is where it was said. */
type OptOut = { wholeSiteBy: string | null; disallowed: readonly string[]; isAnswered: boolean }
export type OptOutWord = { optedOut: false } | { optedOut: true; rule: string }

export type OptOuts = ReturnType<typeof createOptOuts>

/** Which owners of sites do not want to be fetched through this network: by a TXT record, or by a file (docs/for-site-owners.md). */
export function createOptOuts(parts: { names: NameLookup; fetch: CheckedFetch; waitMsMax?: number }) {
  const kept = new LRUCache<string, OptOut>({ max: keptHostsMax, ttl: keptMs })
  const coming = new Map<string, Promise<OptOut | null>>()

  const look = async (url: URL): Promise<OptOut> => {
    const optOut = await lookUp(url, parts)
    kept.set(url.origin, optOut, { ttl: optOut.isAnswered ? keptMs : unansweredKeptMs })
    return optOut
  }
  /** One wait for everybody who comes meanwhile; null once it was too long. Whoever comes after that does not wait again. */
  const waitFor = (url: URL): Promise<OptOut | null> => {
    const looking = look(url).finally(() => coming.delete(url.origin))
    return Promise.race([looking, lateAfter(parts.waitMsMax ?? waitMsMax)])
  }

  return {
    /** Has the owner of this site opted out? Waits at most once a site, and not for long. Rejects with `AskedTooOften` alone. */
    async wordOn(url: URL): Promise<OptOutWord> {
      const known = kept.get(url.origin)
      if (known) return wordOf(known, url)
      const waiting = coming.get(url.origin) ?? waitFor(url)
      coming.set(url.origin, waiting)
      const found = await waiting
      return found ? wordOf(found, url) : { optedOut: false }
    },

    /** The same from what is kept; null where the owner would have to be asked. */
    knownWordOn(url: URL): OptOutWord | null {
      const known = kept.get(url.origin)
      return known ? wordOf(known, url) : null
    },
  }
}

async function lookUp(
  url: URL,
  { names, fetch }: { names: NameLookup; fetch: CheckedFetch },
): Promise<OptOut> {
  const { hostname } = url
  const isAddress = literalAddressOf(hostname) !== null
  const owners = isAddress ? [] : [...new Set([hostname, siteOf(hostname)])]
  const recordNames = owners.map((name) => `${dnsLabel}.${name}`)
  const [texts, disallowed] = await Promise.all([
    Promise.all(recordNames.map((name) => names.textsOf(name).catch(() => null))),
    fileOf(url, fetch),
  ])
  const by = texts.findIndex((found) => found?.some((text) => text.trim().toLowerCase() === dnsValue))
  return {
    wholeSiteBy: by < 0 ? null : `the DNS record ${recordNames[by]}`,
    disallowed: disallowed ?? [],
    isAnswered: disallowed !== null && texts.every((found) => found !== null),
  }
}

/** Null where the site could not be asked; a site without the file has an empty list. */
async function fileOf(url: URL, fetch: CheckedFetch): Promise<readonly string[] | null> {
  try {
    const { status, text } = await fetch.text(new URL(file, url), {
      bytesMax: fileBytesMax,
      msMax: fileMsMax,
    })
    if (status === 200) return readOptOutFile(text)
    return status < 500 ? [] : null
  } catch (error) {
    if (error instanceof AskedTooOften) throw error
    return null
  }
}

function wordOf({ wholeSiteBy, disallowed }: OptOut, url: URL): OptOutWord {
  if (wholeSiteBy !== null) return { optedOut: true, rule: wholeSiteBy }
  const path = url.pathname + url.search
  const line = disallowed.find((start) => path.startsWith(start))
  return line === undefined
    ? { optedOut: false }
    : { optedOut: true, rule: `"Disallow: ${line}" in ${url.origin}${file}` }
}

function lateAfter(ms: number): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), ms).unref())
}
