/** Why an address cannot be a relay's. Each code has its sentence in `explainRelayUrlProblem`. */
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
  return { ok: false, code, detail: explainRelayUrlProblem(code) }
}

function explainRelayUrlProblem(code: RelayUrlProblem): string {
  switch (code) {
    case 'not-an-address':
      return 'This is not a web address. Write it in full, for example https://relay.example.org.'
    case 'not-http':
      return 'The address must begin with https://.'
    case 'plain-http-off-loopback':
      return 'The address must begin with https://. Plain http:// is accepted only for a relay on this computer, written as http://127.0.0.1 or http://[::1].'
    case 'has-credentials':
      return 'Leave out the name and password: this extension signs in with its own key.'
    case 'has-path':
      return 'Leave out everything after the host and port.'
  }
}
