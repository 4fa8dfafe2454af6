import { networkPolicy } from '#network-policy'
import { type HeaderList, headersBytesMax, headersCountMax, isHeaderName, isHeaderValue } from '#protocol'

/**
 * Sensitive ones need the customer's explicit word, because the node can read them. Dropped ones belong to the connection, to the
 * browser, or would tell the target who asks; the answer names them. See docs/api.md.
 */
export const { sensitive: sensitiveHeaders, dropped: droppedHeaders } = networkPolicy.headers
const { droppedPrefixes } = networkPolicy.headers

export type HeaderVerdict =
  | { ok: true; headers: HeaderList; dropped: string[] }
  | { ok: false; code: 'invalid-request' | 'sensitive-header'; pointer: string; detail: string }

/**
 * Sorts a customer's headers: what the target shall see, what is dropped, and the first that is refused. What `Connection`
 * names belongs to the connection and is dropped as well (RFC 9110, section 7.6.1).
 */
export function sortHeaders(given: Record<string, string>): HeaderVerdict {
  const all = Object.entries(given).map(([name, value]): [string, string] => [name.toLowerCase(), value])
  if (all.length > headersCountMax || bytesOf(all) > headersBytesMax) return tooManyHeaders
  const seen = new Set<string>()
  for (const [index, givenName] of Object.keys(given).entries()) {
    const [name, value] = all[index] as [string, string]
    const refusal = refusalOf(name, value) ?? (seen.has(name) ? statedTwice : null)
    if (refusal) return { ok: false, pointer: `/headers/${pointerPart(givenName)}`, ...refusal }
    seen.add(name)
  }
  const connection = all.find(([name]) => name === 'connection')?.[1] ?? ''
  const ofConnection = new Set(connection.split(',').map((option) => option.trim().toLowerCase()))
  const isGone = ([name]: [string, string]) => isDropped(name) || ofConnection.has(name)
  return {
    ok: true,
    headers: all.filter((header) => !isGone(header)),
    dropped: all.filter(isGone).map(([name]) => name),
  }
}

const statedTwice = {
  code: 'invalid-request',
  detail: 'The header stands twice, in different spelling: give it once.',
} as const

function refusalOf(
  name: string,
  value: string,
): { code: 'invalid-request' | 'sensitive-header'; detail: string } | null {
  if (!isHeaderName(name))
    return { code: 'invalid-request', detail: 'The header name has a character that HTTP does not allow.' }
  if (!isHeaderValue(value))
    return {
      code: 'invalid-request',
      detail: 'The header value has a line break or another character that HTTP does not allow.',
    }
  if (!sensitiveHeaders.includes(name)) return null
  const detail = `The owner of the node could read "${name}", so it is refused. Sending such headers needs allowSensitive, which is not available yet.`
  return { code: 'sensitive-header', detail }
}

function isDropped(name: string): boolean {
  return droppedHeaders.includes(name) || droppedPrefixes.some((prefix) => name.startsWith(prefix))
}

const tooManyHeaders: HeaderVerdict = {
  ok: false,
  code: 'invalid-request',
  pointer: '/headers',
  detail: `There are more than ${headersCountMax} headers, or more than ${headersBytesMax} bytes of them.`,
}

const bytesOf = (headers: HeaderList) =>
  headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0)

/** RFC 6901, section 3. */
const pointerPart = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1')
