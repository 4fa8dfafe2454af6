import { type HeaderList, headerList, isHeaderName, isHeaderValue } from '#protocol'
import { ExchangeFailure } from './exchange-failure.ts'

/** RFC 9110, section 7.6.1: they speak of one connection, and ours to the relay is another one. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** The browser hands out decoded bytes while these still describe the encoded ones. */
const aboutTheEncoding = new Set(['content-encoding', 'content-length'])

/**
 * A target's headers as the relay may see them: lower-case names, in order, repeated ones kept, without what describes
 * the connection or the encoding. Throws `target-protocol` where a name or value is not one, or where they are too many:
 * Chromium lets a bare CR through, and a forbidden character would cost the whole link.
 */
export function headersForRelay(raw: HeaderList): HeaderList {
  const headers = raw.map(([name, value]): [string, string] => [name.toLowerCase(), byteString(value)])
  const dropped = namedByConnection(headers)
  const kept = headers.filter(
    ([name]) => !hopByHop.has(name) && !aboutTheEncoding.has(name) && !dropped.has(name),
  )
  refuseImproper(kept)
  return kept
}

export const headerValue = (headers: HeaderList, wanted: string): string | null =>
  headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? null

const utf8 = new TextEncoder()

/** Browsers show a value as text; on the wire it was bytes, one character each (RFC 9110, section 5.5). */
function byteString(value: string): string {
  const bytes = utf8.encode(value)
  return bytes.length === value.length
    ? value
    : Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
}

function namedByConnection(headers: HeaderList): Set<string> {
  const values = headers.filter(([name]) => name === 'connection').map(([, value]) => value)
  return new Set(values.flatMap((value) => value.split(',').map((name) => name.trim().toLowerCase())))
}

function refuseImproper(headers: HeaderList): void {
  const improper = headers.find(([name, value]) => !isHeaderName(name) || !isHeaderValue(value))
  if (improper)
    throw new ExchangeFailure('target-protocol', 'the target sent a header with a forbidden character')
  try {
    headerList(headers, 'headers')
  } catch (error) {
    throw new ExchangeFailure(
      'target-protocol',
      `the target's headers cannot be passed on: ${(error as Error).message}`,
    )
  }
}
