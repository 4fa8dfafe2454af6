import { relayUrlProblems } from './en/failures.ts'

/** Why an address cannot be a relay's. Each code has its sentence in the catalogue; `detail` is the English one. */
export type RelayUrlProblem =
  | 'not-an-address'
  | 'not-http'
  | 'plain-http-off-loopback'
  | 'has-credentials'
  | 'has-path'

export type ParsedRelayUrl = { ok: true; url: string } | { ok: false; code: RelayUrlProblem; detail: string }

/**
 * Reads what the owner typed and gives the relay's origin (`https://host[:port]`, no slash at the end). Plain http is for
 * a loopback literal alone, because on any way further than that everybody could read and change what goes over it.
 */
export function parseRelayUrl(typed: string): ParsedRelayUrl {
  const url = URL.parse(typed.trim())
  if (!url) return problem('not-an-address')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return problem('not-http')
  if (url.protocol === 'http:' && !isLoopbackLiteral(url.hostname)) return problem('plain-http-off-loopback')
  if (url.username || url.password) return problem('has-credentials')
  if (url.pathname !== '/' || url.search || url.hash) return problem('has-path')
  return { ok: true, url: url.origin }
}

/** Whether a URL's host is this machine, written as an address: a name, `localhost` too, could resolve to anything. */
export function isLoopbackLiteral(hostname: string): boolean {
  return hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}

function problem(code: RelayUrlProblem): ParsedRelayUrl {
  return { ok: false, code, detail: relayUrlProblems[code] }
}
