import robotsParser from 'robots-parser'
import { plainPath, withoutNeedlessEscapes } from './plain-path.ts'

/** What the file of a site says about one URL. `rule` is its own line. */
export type RobotsWord = { allowed: true } | { allowed: false; rule: string }
export type RobotsFile = {
  wordOn(url: URL): RobotsWord
  /** Seconds that the site wants between two requests, or null. */
  crawlDelaySeconds: number | null
  /** About what the parsed file takes in memory. */
  sizeBytes: number
}

/** Each rule may meet each character of a path, and each `*` as well. Beyond this, matching would hold the relay up. */
const comparisonsMax = 20_000_000
/** Parsed rules take several times their text. */
const parsedPerText = 8
const othersToken = 'others'

/** Reads a robots.txt (RFC 9309) as the crawler `token`. */
export function readRobotsFile(origin: string, text: string, token: string): RobotsFile {
  const lines = onlyGroupsOf(token, text.split(/\r\n|\r|\n/))
  const isRule = (line: string) => /^\s*(dis)?allow\s*:/i.test(line)
  // The parser compares escapes as they stand.
  const plain = lines.map((line) => (isRule(line) ? comparableRule(line) : line))
  const robots = robotsParser(`${origin}/robots.txt`, plain.join('\n'))
  const rules = lines.filter(isRule)
  const wildcards = rules.reduce((sum, line) => sum + line.split('*').length, 0)
  const delay = robots.getCrawlDelay(token)
  return {
    crawlDelaySeconds: delay !== undefined && Number.isFinite(delay) && delay > 0 ? delay : null,
    sizeBytes: 1 + text.length * parsedPerText,
    wordOn(url) {
      // The file itself may always be asked for (RFC 9309, section 2.2.2).
      if (url.pathname === '/robots.txt') return { allowed: true }
      const path = comparablePath(url)
      if (wildcards * path.length > comparisonsMax)
        return { allowed: false, rule: 'more rules than can be compared with so long a URL' }
      const href = url.origin + path
      if (robots.isAllowed(href, token) !== false) return { allowed: true }
      const line = robots.getMatchingLineNumber(href, token)
      return { allowed: false, rule: `line ${line}, "${shortened(lines[line - 1] ?? '')}"` }
    },
  }
}

/** A star or dollar of a URL is none that a rule has for anything, or for the end (RFC 9309, section 2.2.3). */
const comparablePath = ({ pathname, search }: URL): string =>
  plainPath(pathname + search)
    .replaceAll('*', '%2A')
    .replaceAll('$', '%24')

/** Only at its end a dollar is the end. */
const comparableRule = (line: string): string =>
  withoutNeedlessEscapes(line).replace(/\$(?!\s*(?:#|$))/g, '%24')

/**
 * Gives all other crawlers' groups to one crawler that does not exist, and names each crawler of a group once: the parser keeps a
 * copy of every rule for every crawler that a group names, and a file may name thousands.
 */
function onlyGroupsOf(token: string, lines: readonly string[]): string[] {
  const named = new Set<string>()
  let groupIsOpen = false
  return lines.map((line) => {
    const [, field, value = ''] = /^([^#:]*):([^#]*)/.exec(line) ?? []
    const name = field?.trim().toLowerCase()
    if (name !== 'user-agent') {
      if (name) groupIsOpen = false
      return line
    }
    if (!groupIsOpen) named.clear()
    groupIsOpen = true
    const crawler = value.trim().toLowerCase().split('/')[0]?.trim()
    const kept = crawler === token || crawler === '*' ? crawler : othersToken
    if (named.has(kept)) return ''
    named.add(kept)
    return `User-agent: ${kept}`
  })
}

const shownCharactersMax = 200
const shortened = (line: string): string => line.trim().slice(0, shownCharactersMax)
