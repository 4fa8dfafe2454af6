import { type AddressRules, checkTargetUrl, portOf } from '#addresses'
import type { HeaderList } from '#protocol'

/** What an answer has the browser do later, of itself and past the address lock. */
export type AnswerOrders = {
  /** It is to send reports about requests to this site (Network Error Logging). */
  reports: boolean
  /** It is to try this site at another host or port (RFC 7838), or to report where no customer may have anything sent. */
  elsewhere: boolean
}

/** Reads the raw headers, because a header rule hides them from nothing that obeys them. Null for nearly every answer. */
export function ordersIn(
  { url, headers }: { url: string; headers: HeaderList },
  rules: AddressRules,
): AnswerOrders | null {
  // Browsers obey them from https alone.
  if (!url.startsWith('https:')) return null
  const given = headers.filter(([name]) => orderNames.test(name))
  if (given.length === 0) return null
  const asked = new URL(url)
  const valuesOf = (wanted: RegExp) => given.filter(([name]) => wanted.test(name)).map(([, value]) => value)
  const reports = given.some(([name]) => !altSvc.test(name))
  const elsewhere =
    valuesOf(altSvc).some((value) => leadsElsewhere(value, asked)) ||
    valuesOf(reportTo).some((value) => reportsWhereNobodyMay(value, asked, rules))
  return reports || elsewhere ? { reports, elsewhere } : null
}

const orderNames = /^(nel|report-to|alt-svc)$/i
const altSvc = /^alt-svc$/i
const reportTo = /^report-to$/i

/**
 * `h3=":443"; ma=86400, h2="other.example:443"`: whatever stands in quotes and is no list of numbers must be the place that was asked.
 * What a browser would not understand counts as elsewhere too.
 */
function leadsElsewhere(value: string, asked: URL): boolean {
  const own = [`:${portOf(asked)}`, `${asked.hostname}:${portOf(asked)}`]
  return [...value.matchAll(/"([^"]*)"?/g)].some(
    ([, quoted = '']) => !/^[\d,]*$/.test(quoted) && !own.includes(quoted.toLowerCase()),
  )
}

/**
 * A comma-separated list of JSON objects, each a group with `endpoints`. Each is judged by itself, because browsers drop the one that they do not
 * understand and obey the rest. What cannot be read here may be read there, so it counts as elsewhere.
 */
function reportsWhereNobodyMay(value: string, asked: URL, rules: AddressRules): boolean {
  const groups = listIn(value)
  return groups === null || groups.some((group) => isLedAstray(group, asked, rules))
}

function listIn(value: string): unknown[] | null {
  try {
    return JSON.parse(`[${value}]`) as unknown[]
  } catch {
    return null
  }
}

function isLedAstray(group: unknown, asked: URL, rules: AddressRules): boolean {
  const endpoints = (group as { endpoints?: unknown } | null)?.endpoints
  if (!Array.isArray(endpoints)) return true
  return endpoints.some((endpoint: { url?: unknown } | null) => {
    const url = typeof endpoint?.url === 'string' ? URL.parse(endpoint.url, asked) : null
    return url === null || !checkTargetUrl(url.href, rules).ok
  })
}
