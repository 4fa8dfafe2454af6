const ipv4Pattern = /^\d{1,3}(?:\.\d{1,3}){3}$/

/** Is this host the entry, or a name under it? Addresses match only themselves. Case and a trailing dot make no difference. */
export function hostMatches(hostname: string, entry: string): boolean {
  const [host, wanted] = [plainHost(hostname), plainHost(entry)]
  if (host === '' || wanted === '') return false
  return host === wanted || (!isAddress(host) && !isAddress(wanted) && host.endsWith(`.${wanted}`))
}

/** The host and every name that it lies under, the narrowest first: `a.b.org`, `b.org`, `org`. Of an address only itself. */
export function* namesAbove(hostname: string): Generator<string> {
  const host = plainHost(hostname)
  yield host
  if (isAddress(host)) return
  for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) yield host.slice(dot + 1)
}

/** As `URL` writes a host, without the brackets of IPv6 and without a trailing dot. */
function plainHost(hostname: string): string {
  const lower = hostname.toLowerCase()
  if (lower.startsWith('[') && lower.endsWith(']')) return lower.slice(1, -1)
  return lower.endsWith('.') ? lower.slice(0, -1) : lower
}

const isAddress = (host: string): boolean => host.includes(':') || ipv4Pattern.test(host)
