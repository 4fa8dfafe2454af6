import { type HeaderList, headersBytesMax, headersCountMax, isHeaderName, isHeaderValue } from '#protocol'

/** The node can read these, so they need the customer's explicit word; see docs/api.md. */
export const sensitiveHeaders = ['authorization', 'cookie', 'proxy-authorization'] as const

/** These belong to the connection, to the browser, or would tell the target who asks. They are dropped, and named in the answer. */
export const droppedHeaders = [
  'accept-charset',
  'accept-encoding',
  'access-control-request-headers',
  'access-control-request-method',
  'connection',
  'content-length',
  'date',
  'dnt',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'origin',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
] as const
const droppedPrefixes = ['sec-', 'proxy-', 'fallow-']

export type HeaderVerdict =
  | { ok: true; headers: HeaderList; dropped: string[] }
  | { ok: false; code: 'invalid-request' | 'sensitive-header'; pointer: string; detail: string }

/** Sorts a customer's headers: what the target shall see, what is dropped, and the first that is refused. */
export function sortHeaders(given: Record<string, string>): HeaderVerdict {
  const headers: HeaderList = []
  const dropped: string[] = []
  for (const [givenName, value] of Object.entries(given)) {
    const name = givenName.toLowerCase()
    const refusal = refusalOf(name, value)
    if (refusal) return { ok: false, pointer: `/headers/${pointerPart(givenName)}`, ...refusal }
    if (isDropped(name, given)) dropped.push(name)
    else headers.push([name, value])
  }
  if (headers.length > headersCountMax || bytesOf(headers) > headersBytesMax) return tooManyHeaders
  return { ok: true, headers, dropped }
}

function refusalOf(name: string, value: string): { code: 'invalid-request' | 'sensitive-header'; detail: string } | null {
  if (!isHeaderName(name)) return { code: 'invalid-request', detail: 'The header name has a character that HTTP does not allow.' }
  if (!isHeaderValue(value))
    return { code: 'invalid-request', detail: 'The header value has a line break or another character that HTTP does not allow.' }
  if (!(sensitiveHeaders as readonly string[]).includes(name)) return null
  const detail = `The owner of the node could read "${name}", so it is refused. Sending such headers needs allowSensitive, which is not available yet.`
  return { code: 'sensitive-header', detail }
}

/** What `Connection` names belongs to the connection as well (RFC 9110, section 7.6.1). */
function isDropped(name: string, given: Record<string, string>): boolean {
  if ((droppedHeaders as readonly string[]).includes(name)) return true
  if (droppedPrefixes.some((prefix) => name.startsWith(prefix))) return true
  const connection = Object.entries(given).find(([key]) => key.toLowerCase() === 'connection')?.[1] ?? ''
  return connection.split(',').some((option) => option.trim().toLowerCase() === name)
}

const tooManyHeaders: HeaderVerdict = {
  ok: false,
  code: 'invalid-request',
  pointer: '/headers',
  detail: `There are more than ${headersCountMax} headers, or more than ${headersBytesMax} bytes of them.`,
}

const bytesOf = (headers: HeaderList) => headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0)

/** RFC 6901, section 3. */
const pointerPart = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1')
