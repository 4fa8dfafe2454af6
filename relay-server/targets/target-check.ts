import {
  type AddressRules,
  checkTargetUrl,
  isAllowedAddress,
  isOverriddenAsPublic,
  literalAddressOf,
  portOf,
} from '#addresses'
import { networkPolicy, refusedCategoryOf } from '#network-policy'
import type { FailureCode } from '#protocol'
import { AskedTooOften, createCheckedFetch } from './checked-fetch.ts'
import { createNameLookup, type NameLookup } from './name-lookup.ts'
import { createOptOuts, type OptOutWord } from './opt-out.ts'
import { createRobots } from './robots.ts'
import type { RobotsWord } from './robots-file.ts'
import { createTargetPace } from './target-pace.ts'
import { createTestTargets, type TestTargetSettings } from './test-targets.ts'

/** What is to be fetched. `url` as it was given. */
export type Target = { url: string; method: string }
export type Refused = { ok: false; code: FailureCode; detail: string; retryAfterMs?: number }
export type UrlVerdict = { ok: true; url: URL } | Refused
/** `not-checked`: a name without an address for the relay, or a test's own target. */
export type RobotsState = 'allowed' | 'not-checked'
export type TargetVerdict = { ok: true; url: URL; robots: RobotsState } | Refused
/** `addresses`: where it leads, for whoever must not be sent home; without a test's own targets. */
export type ResolvedVerdict = { ok: true; url: URL; robots: RobotsState; addresses: string[] } | Refused

/** What the relay says of itself when it asks a site for its robots.txt or opt-out. */
export const relayUserAgent = `Fallow/${networkPolicy.version} (relay; robots.txt name: ${networkPolicy.robots.userAgent})`

export type TargetChecks = ReturnType<typeof createTargetChecks>

/** The relay's own layer of the home's protection, and its manners towards sites. Each check includes those before it. */
export function createTargetChecks(options: {
  tests: TestTargetSettings
  /** `address:port` of the name servers to ask; the system's own where there is none. */
  nameServers: readonly string[]
}) {
  const rules = { overrides: options.tests.overrides, ownAddress: null }
  const { isFreeOf } = createTestTargets(options.tests)
  const names = createNameLookup({ fixed: options.tests.resolverRules, nameServers: options.nameServers })
  const isFreeOfPace = (url: URL) => isFreeOf('pace', url)
  const ownPace = createTargetPace({ isFree: isFreeOfPace, crawlDelaySecondsOf: () => null })
  const fetch = createCheckedFetch({ rules, names, userAgent: relayUserAgent, pace: ownPace })
  const optOuts = createOptOuts({ names, fetch })
  const robots = createRobots({ fetch })
  const pace = createTargetPace({
    isFree: isFreeOfPace,
    crawlDelaySecondsOf: (url) => (isFreeOf('robots', url) ? null : robots.crawlDelaySecondsOf(url)),
  })

  const checkSite = async (target: Target): Promise<UrlVerdict> => {
    const checked = checkText(target, rules)
    if (!checked.ok || isFreeOf('opt-out', checked.url)) return checked
    return withOptOut(checked.url, await optOuts.wordOn(checked.url))
  }

  const checkAll = async (target: Target, signal: AbortSignal): Promise<ResolvedVerdict> => {
    const checked = await checkSite(target)
    if (!checked.ok) return checked
    const { url } = checked
    const resolved = await checkAddresses(url, { rules, names, signal })
    if (!resolved.ok) return resolved
    const isTestTarget = (address: string) => isOverriddenAsPublic(address, portOf(url), rules.overrides)
    const addresses = resolved.addresses.filter((address) => !isTestTarget(address))
    if (isFreeOf('robots', url)) return { ok: true, url, robots: 'not-checked', addresses }
    const isKnown = resolved.addresses.length > 0
    const verdict = withRobots(url, isKnown ? await robots.wordOn(url) : robots.knownWordOn(url))
    return verdict.ok ? { ...verdict, addresses } : verdict
  }

  return {
    pace,

    /** URL and literal address ▸ opt-out and category. */
    checkSite: (target: Target): Promise<UrlVerdict> => orTooOften(checkSite(target)),

    /** The same ▸ name resolution ▸ robots. Gives up waiting for names when `signal` aborts: then nobody will ask the node. */
    check: (target: Target, signal: AbortSignal): Promise<ResolvedVerdict> =>
      orTooOften(checkAll(target, signal)),

    /** What can be said without asking anybody: for callers who pay for nothing. */
    checkKnown(target: Target): TargetVerdict {
      const checked = checkText(target, rules)
      if (!checked.ok) return checked
      const { url } = checked
      const optOut = isFreeOf('opt-out', url) ? null : optOuts.knownWordOn(url)
      const known = optOut ? withOptOut(url, optOut) : checked
      if (!known.ok) return known
      return withRobots(url, isFreeOf('robots', url) ? null : robots.knownWordOn(url))
    },

    close: fetch.close,
  }
}

const orTooOften = <V>(checking: Promise<V>): Promise<V | Refused> =>
  checking.catch((error: unknown) => {
    if (error instanceof AskedTooOften) return error.refusal
    throw error
  })

function checkText({ url: text, method }: Target, rules: AddressRules): UrlVerdict {
  if (!URL.canParse(text))
    return {
      ok: false,
      code: 'invalid-request',
      detail: 'The URL cannot be read: give it whole, with https://.',
    }
  const checked = checkTargetUrl(text, rules)
  if (!checked.ok) return { ok: false, code: 'policy-refused', detail: checked.detail }
  const refusal = refusedCategoryOf(checked.url, method)
  if (refusal === null) return checked
  const { means } = networkPolicy.refusedForEverybody[refusal.category]
  const detail = `The network policy refuses ${refusal.category} (${means}), by its rule "${refusal.rule}".`
  return { ok: false, code: 'policy-refused', detail }
}

function withOptOut(url: URL, word: OptOutWord): UrlVerdict {
  if (!word.optedOut) return { ok: true, url }
  const detail = `The owner of ${url.hostname} does not want it fetched through this network, and says so by ${word.rule}.`
  return { ok: false, code: 'site-opted-out', detail }
}

/** Null where nobody asked. */
function withRobots(url: URL, word: RobotsWord | null): TargetVerdict {
  if (word === null) return { ok: true, url, robots: 'not-checked' }
  if (word.allowed) return { ok: true, url, robots: 'allowed' }
  const detail = `The robots.txt of ${url.host} does not allow this: ${word.rule}.`
  return { ok: false, code: 'robots-disallowed', detail }
}

type Resolving = { rules: AddressRules; names: NameLookup; signal: AbortSignal }

async function checkAddresses(
  url: URL,
  { rules, names, signal }: Resolving,
): Promise<{ ok: true; addresses: string[] } | Refused> {
  const literal = literalAddressOf(url.hostname)
  if (literal !== null) return { ok: true, addresses: [literal] }
  const addresses = await orNone(names.addressesOf(url.hostname), signal)
  const refused = addresses.find((address) => !isAllowedAddress(address, portOf(url), rules))
  if (refused === undefined) return { ok: true, addresses }
  const detail = `${url.hostname} resolves to ${refused}, which is not a public address: only those may be fetched.`
  return { ok: false, code: 'policy-refused', detail }
}

async function orNone(addresses: Promise<string[]>, signal: AbortSignal): Promise<string[]> {
  if (signal.aborted) return []
  const aborted = Promise.withResolvers<string[]>()
  const onAbort = () => aborted.resolve([])
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([addresses, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
