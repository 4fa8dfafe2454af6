import type { AddressRules } from '#addresses'
import { refusedCategoryOf } from '#network-policy'
import type { FrameOf, HeaderList } from '#protocol'
import { checkTargetUrl } from './protections.ts'

/** What `fetch` is told, and what a header rule must do to the request on its way out. */
export type PlannedRequest = {
  /** Exact, normalised, ASCII, without fragment: the name under which browser events and rules find this request. */
  url: string
  host: string
  method: string
  fetchHeaders: HeaderList
  ruleHeaders: HeaderChanges
}

export type HeaderChanges = { set: HeaderList; remove: string[] }

export type RequestDecision = { ok: true; request: PlannedRequest } | { ok: false; detail: string }

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const methodsWithoutBody = new Set(['GET', 'HEAD'])

/** Set by the browser's own network stack, or able to confuse where a message ends: a customer has no say in them. */
const untouchable =
  /^(host|connection|keep-alive|transfer-encoding|content-length|te|trailer|upgrade|expect|accept-encoding|set-cookie2?|proxy-.*|sec-.*|access-control-request-.*)$/

/** `fetch` drops these without a word (the Fetch standard's forbidden request-headers, and User-Agent in Chromium). */
const onlyByRule =
  /^(user-agent|cookie2?|referer|origin|dnt|date|via|accept-charset|x-http-method.*|x-method-override)$/

/**
 * What the browser adds of its own accord and what would tell who asked: the extension's origin, the owner's cookies, the
 * experiments that this browser takes part in (Chrome, to its maker's servers), and metadata that no page's request has
 * (`sec-fetch-site: none` with an empty destination: an extension asks).
 */
const alwaysRemoved = [
  'origin',
  'referer',
  'cookie',
  'x-client-data',
  'sec-fetch-site',
  'sec-fetch-mode',
  'sec-fetch-dest',
]

/** The browser's brand in parts. They would contradict a User-Agent that the customer chose. */
const lowEntropyHints = ['sec-ch-ua', 'sec-ch-ua-mobile', 'sec-ch-ua-platform']
const highEntropyHints = [
  'sec-ch-ua-arch',
  'sec-ch-ua-bitness',
  'sec-ch-ua-form-factors',
  'sec-ch-ua-full-version',
  'sec-ch-ua-full-version-list',
  'sec-ch-ua-model',
  'sec-ch-ua-platform-version',
  'sec-ch-ua-wow64',
]

const defaultAcceptLanguage = 'en'

type AskedFor = Pick<FrameOf<'open'>, 'url' | 'method' | 'headers' | 'bodyBytes'>

/** May this leave the owner's browser, and as what? Pure: the same question has the same answer. `detail` is a sentence. */
export function decideRequest(
  asked: AskedFor,
  rules: AddressRules,
  schemes: readonly string[] = bothSchemes,
): RequestDecision {
  const target = checkTargetUrl(asked.url, rules)
  if (!target.ok) return target
  const detail =
    refusalOfScheme(target.url, schemes) ??
    refusalOfMethod(asked) ??
    refusalOfHeaders(asked.headers) ??
    refusalOfPolicy(target.url, asked.method)
  if (detail !== null) return { ok: false, detail }
  return { ok: true, request: planRequest(target.url, asked) }
}

const bothSchemes = ['http', 'https']

/** A browser without the address lock fetches over https alone: a device in the home has no certificate for a public name. */
function refusalOfScheme({ protocol }: URL, schemes: readonly string[]): string | null {
  return schemes.includes(protocol.slice(0, -1))
    ? null
    : `This node fetches over ${schemes.join(' and ')} alone.`
}

function refusalOfMethod({ method, bodyBytes }: AskedFor): string | null {
  if (!methods.has(method))
    return `The method ${method} is not allowed: use one of ${[...methods].join(', ')}.`
  if (bodyBytes > 0 && methodsWithoutBody.has(method)) return `A ${method} request has no body.`
  return null
}

function refusalOfHeaders(headers: HeaderList): string | null {
  const refused = headers.find(([name]) => untouchable.test(name))
  return refused ? `The header ${refused[0]} is the browser's own and cannot be set.` : null
}

/** What nobody may have fetched. The relay refuses it before; a node does not rely on that. */
function refusalOfPolicy(url: URL, method: string): string | null {
  const refusal = refusedCategoryOf(url, method)
  return refusal
    ? `The network policy refuses ${refusal.category} (${refusal.rule}): no node fetches it.`
    : null
}

function planRequest(url: URL, { method, headers }: AskedFor): PlannedRequest {
  const joined = joinRepeated(headers)
  return {
    url: url.href,
    host: url.host,
    method,
    fetchHeaders: withAcceptLanguage(joined.filter(([name]) => !onlyByRule.test(name))),
    ruleHeaders: changesFor(joined.filter(([name]) => onlyByRule.test(name))),
  }
}

/** RFC 9110, section 5.3: repeated fields are one list. Cookies alone are joined by semicolons (RFC 6265, section 5.4). */
function joinRepeated(headers: HeaderList): HeaderList {
  const joined = new Map<string, string>()
  for (const [name, value] of headers) {
    const before = joined.get(name)
    joined.set(name, before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`)
  }
  return [...joined]
}

function withAcceptLanguage(headers: HeaderList): HeaderList {
  if (headers.some(([name]) => name === 'accept-language')) return headers
  return [...headers, ['accept-language', defaultAcceptLanguage]]
}

function changesFor(set: HeaderList): HeaderChanges {
  const isSet = (name: string) => set.some(([other]) => other === name)
  const hints = isSet('user-agent') ? [...lowEntropyHints, ...highEntropyHints] : highEntropyHints
  return { set, remove: [...alwaysRemoved.filter((name) => !isSet(name)), ...hints] }
}
