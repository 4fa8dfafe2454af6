import { type AddressRules, isAllowedAddress } from './address-rules.ts'
import { literalAddressOf, specialPurposeOf } from './public-address.ts'
import { refusalOfName } from './target-names.ts'

export type TargetUrlCheck = { ok: true; url: URL } | { ok: false; detail: string }

/** Of the URL as it was given and as it is sent: percent-encoding makes it longer. */
export const targetUrlCharactersMax = 8 * 1024

const defaultPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

/**
 * May this URL be fetched for somebody else, as far as its text can tell? What its name resolves to is judged later, by
 * `isAllowedAddress`. The URL in a good answer is the one to use: ASCII, without fragment, its host without a trailing dot, so
 * that no later rule meets a second spelling. `detail` is a sentence for whoever asked.
 */
export function checkTargetUrl(text: string, rules: AddressRules): TargetUrlCheck {
  if (text.length > targetUrlCharactersMax)
    return refused(`The URL is longer than ${targetUrlCharactersMax} characters.`)
  const url = URL.parse(text)
  if (!url) return refused('The URL cannot be read: give a whole one, such as https://example.com/page.')
  url.hash = ''
  const detail = refusalOfUrl(url) ?? refusalOfHost(url, rules)
  if (detail !== null) return refused(detail)
  if (url.hostname.endsWith('.')) url.hostname = withoutTrailingDot(url.hostname)
  return { ok: true, url }
}

/** The port that a request for this URL connects to. Only for http and https. */
export const portOf = (url: URL): number =>
  url.port === '' ? (defaultPorts[url.protocol] ?? 0) : Number(url.port)

function refusalOfUrl(url: URL): string | null {
  if (!Object.hasOwn(defaultPorts, url.protocol))
    return `The scheme ${url.protocol} is not allowed: use http or https.`
  if (url.username !== '' || url.password !== '')
    return 'The URL carries a user name or password: remove them.'
  if (url.href.length > targetUrlCharactersMax)
    return `The URL is longer than ${targetUrlCharactersMax} characters.`
  return null
}

function refusalOfHost(url: URL, rules: AddressRules): string | null {
  const port = portOf(url)
  const address = literalAddressOf(url.hostname)
  if (!isAllowedPort(port, rules)) return `Port ${port} is not allowed: only 80 and 443 are.`
  if (address === null) return refusalOfName(withoutTrailingDot(url.hostname))
  return isAllowedAddress(address, port, rules) ? null : refusalOfAddress(address)
}

/** A test's override opens its port for names too, because a name's address is not known yet; that address is judged later. */
const isAllowedPort = (port: number, rules: AddressRules): boolean =>
  Object.values(defaultPorts).includes(port) ||
  rules.overrides.some((override) => override.space === 'public' && override.port === port)

const refusalOfAddress = (address: string): string =>
  `The address ${address} is ${specialPurposeOf(address) ?? "the node's own"}: only public addresses may be fetched.`

const withoutTrailingDot = (hostname: string): string =>
  hostname.endsWith('.') ? hostname.slice(0, -1) : hostname

const refused = (detail: string): TargetUrlCheck => ({ ok: false, detail })
