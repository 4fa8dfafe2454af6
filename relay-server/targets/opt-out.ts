import { LRUCache } from 'lru-cache'
import { literalAddressOf } from '#addresses'
import { networkPolicy } from '#network-policy'
import { AskedTooOften, type CheckedFetch } from './checked-fetch.ts'
import type { NameLookup } from './name-lookup.ts'
import { readOptOutFile } from './opt-out-file.ts'
import { plainPath } from './plain-path.ts'
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

/** What an owner has said so far. `disallowed` are beginnings of paths. */
type OptOut = { wholeSiteBy: string | null; disallowed: readonly string[]; isAnswered: boolean }
export type OptOutWord = { optedOut: false } | { optedOut: true; rule: string }

export type OptOuts = ReturnType<typeof createOptOuts>

/** Which owners of sites do not want to be fetched through this network: by a TXT record, or by a file (docs/for-site-owners.md). */
export function createOptOuts(parts: { names: NameLookup; fetch: CheckedFetch; waitMsMax?: number }) {
  const kept = new LRUCache<string, OptOut>({ max: keptHostsMax, ttl: keptMs, ttlResolution: 0, perf: Date })
  const coming = new Map<string, Promise<OptOut>>()

  /** One wait for everybody who comes meanwhile, for what is known by its end. Whoever comes after that does not wait again. */
  const waitFor = (url: URL): Promise<OptOut> => {
    const { soFar, whole } = lookUp(url, parts)
    const looking = whole
      .then(() => {
        kept.set(url.origin, soFar, { ttl: soFar.isAnswered ? keptMs : unansweredKeptMs })
        return soFar
      })
      .finally(() => coming.delete(url.origin))
    return Promise.race([looking, after(parts.waitMsMax ?? waitMsMax, soFar)])
  }

  return {
    /** Has the owner of this site opted out? Waits at most once a site, and not for long. Rejects with `AskedTooOften` alone. */
    async wordOn(url: URL): Promise<OptOutWord> {
      const known = kept.get(url.origin)
      if (known) return wordOf(known, url)
      const waiting = coming.get(url.origin) ?? waitFor(url)
      coming.set(url.origin, waiting)
      return wordOf(await waiting, url)
    },

    /** The same from what is kept; null where the owner would have to be asked. */
    knownWordOn(url: URL): OptOutWord | null {
      const known = kept.get(url.origin)
      return known ? wordOf(known, url) : null
    },
  }
}

type LookUp = {
  /** Filled in as answers come. */
  soFar: OptOut
  /** Everything was answered, or enough. Rejects with `AskedTooOften` alone. */
  whole: Promise<unknown>
}

function lookUp(url: URL, { names, fetch }: { names: NameLookup; fetch: CheckedFetch }): LookUp {
  const { hostname } = url
  const soFar: OptOut = { wholeSiteBy: null, disallowed: [], isAnswered: true }
  const saidEnough = Promise.withResolvers<void>()
  const askRecord = async (name: string): Promise<void> => {
    const texts = await names.textsOf(name).catch(() => null)
    if (texts === null) soFar.isAnswered = false
    if (!texts?.some((text) => text.trim().toLowerCase() === dnsValue)) return
    soFar.wholeSiteBy = `the DNS record ${name}`
    saidEnough.resolve()
  }
  const askFile = async (): Promise<void> => {
    const disallowed = await fileOf(url, fetch)
    if (disallowed === null) soFar.isAnswered = false
    else soFar.disallowed = disallowed
  }
  const isAddress = literalAddressOf(hostname) !== null
  const owners = isAddress ? [] : [...new Set([hostname, siteOf(hostname)])]
  const all = Promise.all([...owners.map((owner) => askRecord(`${dnsLabel}.${owner}`)), askFile()])
  return { soFar, whole: Promise.race([all, saidEnough.promise]) }
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
  const path = plainPath(url.pathname + url.search)
  const line = disallowed.find((start) => path.startsWith(plainPath(start)))
  return line === undefined
    ? { optedOut: false }
    : { optedOut: true, rule: `"Disallow: ${line}" in ${url.origin}${file}` }
}

function after<T>(ms: number, value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(() => resolve(value), ms).unref())
}
