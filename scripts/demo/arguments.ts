/** What the demo was asked to do. `url` is null for the page that the demo serves itself. */
export type DemoArguments = { kind: 'help' } | { kind: 'run'; url: string | null; keep: boolean }

/** A wrong argument; the message is a sentence for the person who typed it. */
export class UsageError extends Error {}

export const usage = `Usage: npm run demo -- [URL] [--keep]

  URL      the page to fetch; without it, a small page that the demo serves itself
  --keep   leave everything running, and print the relay's address, an API key and a curl
  --help   show this`

/** Reads the command line. Throws `UsageError`. */
export function readArguments(given: readonly string[]): DemoArguments {
  if (given.includes('--help') || given.includes('-h')) return { kind: 'help' }
  const unknown = given.find((argument) => argument.startsWith('-') && argument !== '--keep')
  if (unknown !== undefined) throw new UsageError(`${printable(unknown)} is not an option of the demo.`)
  const urls = given.filter((argument) => argument !== '--keep')
  if (urls.length > 1) throw new UsageError(`The demo fetches one URL; these are ${urls.length}.`)
  return { kind: 'run', url: urls[0] === undefined ? null : readUrl(urls[0]), keep: given.includes('--keep') }
}

function readUrl(text: string): string {
  const url = URL.parse(text)
  if (url && /^https?:$/.test(url.protocol)) return url.href
  throw new UsageError(`"${printable(text)}" is not a whole web address: begin it with http:// or https://.`)
}

/** Text from outside, without what could move the cursor or colour the terminal. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ')
