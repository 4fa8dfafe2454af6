import { LRUCache } from 'lru-cache'
import { networkPolicy } from '#network-policy'
import { AskedTooOften, type CheckedFetch } from './checked-fetch.ts'
import { type RobotsFile, type RobotsWord, readRobotsFile } from './robots-file.ts'

const { userAgent, keptHours, unreachableKeptMinutes } = networkPolicy.robots
const robotsBytesMax = 512 * 1024
const robotsMsMax = 5_000
const keptMs = keptHours * 3_600_000
const unreachableKeptMs = unreachableKeptMinutes * 60_000
const keptFilesMax = 50_000
const keptBytesMax = 128 * 1024 * 1024

const everythingAllowed: RobotsFile = {
  wordOn: () => ({ allowed: true }),
  crawlDelaySeconds: null,
  sizeBytes: 1,
}
/** RFC 9309, section 2.3.1.4: who cannot be asked has forbidden everything. */
const unreachable: RobotsFile = {
  wordOn: ({ host }) => ({ allowed: false, rule: `${host} did not give its robots.txt` }),
  crawlDelaySeconds: null,
  sizeBytes: 1,
}

export type Robots = ReturnType<typeof createRobots>

/** The robots.txt of every site that was asked for lately, fetched once by the relay itself. */
export function createRobots({ fetch }: { fetch: CheckedFetch }) {
  const files = new LRUCache<string, RobotsFile>({
    max: keptFilesMax,
    maxSize: keptBytesMax,
    sizeCalculation: ({ sizeBytes }) => sizeBytes,
    ttl: keptMs,
    ttlResolution: 0,
    perf: Date,
  })
  const coming = new Map<string, Promise<RobotsFile>>()

  const ask = async (origin: string): Promise<RobotsFile> => {
    try {
      const file = await readFrom(fetch, origin)
      files.set(origin, file, { ttl: file === unreachable ? unreachableKeptMs : keptMs })
      return file
    } finally {
      coming.delete(origin)
    }
  }

  return {
    /** What the site says, waiting for its file where it is not kept. Rejects with `AskedTooOften` alone. */
    async wordOn(url: URL): Promise<RobotsWord> {
      const known = files.get(url.origin)
      if (known) return known.wordOn(url)
      const file = coming.get(url.origin) ?? ask(url.origin)
      coming.set(url.origin, file)
      return (await file).wordOn(url)
    },

    /** The same from what is kept; null where the file would have to be fetched. */
    knownWordOn: (url: URL): RobotsWord | null => files.get(url.origin)?.wordOn(url) ?? null,

    /** What the host asks for, by http or https: the longer, as far as their files are kept. */
    crawlDelaySecondsOf({ origin, hostname }: URL): number | null {
      const origins = [origin, `http://${hostname}`, `https://${hostname}`]
      const longest = Math.max(...origins.map((one) => files.peek(one)?.crawlDelaySeconds ?? 0))
      return longest > 0 ? longest : null
    },
  }
}

/** RFC 9309, section 2.3.1: 2xx is read, 4xx and endless redirects allow everything, everything else forbids it. */
async function readFrom(fetch: CheckedFetch, origin: string): Promise<RobotsFile> {
  try {
    const { status, text, cut } = await fetch.text(new URL('/robots.txt', origin), {
      bytesMax: robotsBytesMax,
      msMax: robotsMsMax,
    })
    if (status >= 200 && status < 300) return readRobotsFile(origin, cut ? wholeLines(text) : text, userAgent)
    return status >= 300 && status < 500 ? everythingAllowed : unreachable
  } catch (error) {
    if (error instanceof AskedTooOften) throw error
    return unreachable
  }
}

/** A file that was cut ends with its last whole line: half a path would be another rule. */
const wholeLines = (text: string): string => text.slice(0, text.lastIndexOf('\n') + 1)
