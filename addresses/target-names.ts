/**
 * Names that mean something only inside somebody's network, so that no resolver's answer for them is the public's
 * (RFC 6761 and 6762, RFC 7686, RFC 8375, ICANN's .internal, and what home routers and companies use).
 */
const privateSuffixes = [
  'localhost',
  'local',
  'test',
  'invalid',
  'internal',
  'onion',
  'home.arpa',
  'lan',
  'home',
  'corp',
  'localdomain',
]

const nameCharactersMax = 253
const labelPattern = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/** Why a host name (lower case, no trailing dot) may not be fetched, as a sentence, or null where it may. */
export function refusalOfName(name: string): string | null {
  const labels = name.split('.')
  if (name.length > nameCharactersMax || !labels.every((label) => labelPattern.test(label)))
    return `The host name "${name.slice(0, 100)}" is not a valid ASCII name: use letters, digits, hyphens and dots.`
  if (labels.length === 1)
    return `"${name}" is a bare name: give the full name of a public site, such as example.com.`
  const suffix = privateSuffixes.find((each) => `.${name}`.endsWith(`.${each}`))
  return suffix ? `Names under .${suffix} belong to private networks: give the name of a public site.` : null
}
