import { networkPolicy } from '#network-policy'
import type { HeaderList } from '#protocol'
import type { ExchangeRequest } from './exchange-ports.ts'

export type Hop = Pick<ExchangeRequest, 'method' | 'headers' | 'body'> & { url: string }
export type NextHop = { follow: Hop } | { refuse: string } | null

const redirectStatuses = new Set([301, 302, 303, 307, 308])
const sensitiveHeaders: ReadonlySet<string> = new Set(networkPolicy.headers.sensitive)
const bodyHeaders = new Set(['content-type', 'content-encoding', 'content-language', 'content-location'])

/**
 * Where an answer leads: null where it is no redirect. The next hop is not checked yet; the caller passes it through every
 * check anew. Fetch standard, section 4.4 (HTTP-redirect fetch), with POST becoming GET as there.
 */
export function nextHop(hop: Hop, answer: { status: number; headers: HeaderList }): NextHop {
  const location = answer.headers.find(([name]) => name === 'location')?.[1]
  if (!redirectStatuses.has(answer.status) || location === undefined) return null
  const from = new URL(hop.url)
  const to = URL.parse(asciiOf(location), from.href)
  if (!to) return { refuse: 'The target redirects to an address that cannot be read.' }
  if (from.protocol === 'https:' && to.protocol === 'http:')
    return { refuse: 'The target redirects from https to http.' }
  if (!to.hash) to.hash = from.hash
  const kept = to.origin === from.origin ? hop.headers : without(hop.headers, sensitiveHeaders)
  const rewritten = keepsMethod(answer.status, hop.method)
    ? { method: hop.method, headers: kept, body: hop.body }
    : { method: 'GET', headers: without(kept, bodyHeaders), body: null }
  return { follow: { ...rewritten, url: to.href } }
}

/** Header values arrive as one character a byte. Targets write UTF-8 there, so the bytes must not be encoded a second time. */
const asciiOf = (location: string): string =>
  location.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`)

function keepsMethod(status: number, method: string): boolean {
  return status === 307 || status === 308 || method === 'GET' || method === 'HEAD'
}

const without = (headers: HeaderList, names: ReadonlySet<string>): HeaderList =>
  headers.filter(([name]) => !names.has(name))
