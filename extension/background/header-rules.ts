import type { HeaderRule } from '../platform/index.ts'
import { ExchangeFailure } from './exchange-failure.ts'
import type { PlannedRequest } from './request-policy.ts'

export type HeaderRulePorts = {
  update(change: { removeRuleIds?: number[]; addRules?: HeaderRule[] }): Promise<void>
  read(): Promise<HeaderRule[]>
  /** This extension's own host part: only what it asks for itself is changed, never what the owner's pages ask for. */
  initiator: string
}

type RuleFor = Pick<PlannedRequest, 'url' | 'ruleHeaders'>

/** A request without a tab: the background's own. */
const noTab = -1

/**
 * What answers may write into the owner's profile beyond a cookie. The customer is still told of them, because browser
 * events show the headers as they came.
 */
export const tracesInProfile = [
  'strict-transport-security',
  'clear-site-data',
  'nel',
  'report-to',
  'reporting-endpoints',
  'alt-svc',
  'accept-ch',
  'critical-ch',
  'set-cookie',
]

/**
 * One declarativeNetRequest session rule per running exchange: without it the owner's own headers and the extension's
 * origin would leave. So no request goes out before its rule is in force, and one for which no exact rule exists fails.
 */
export class HeaderRules {
  readonly #ports: HeaderRulePorts
  readonly #cleared: Promise<void>
  #lastId = 0

  constructor(ports: HeaderRulePorts) {
    this.#ports = ports
    this.#cleared = this.#dropLeftovers()
    // Whoever puts a rule hears of it; before that nobody has asked.
    this.#cleared.catch(() => {})
  }

  /** Puts the rule in force and gives how to remove it, which may be called twice. Throws `node-failed` where it cannot. */
  async put(request: RuleFor): Promise<() => Promise<void>> {
    this.#lastId += 1
    const id = this.#lastId
    try {
      await this.#cleared
      await this.#ports.update({ addRules: [headerRuleFor(id, request, this.#ports.initiator)] })
    } catch {
      throw new ExchangeFailure(
        'node-failed',
        'no exact header rule can be made for this URL in the browser; ask another node',
      )
    }
    let removal: Promise<void> | null = null
    return () => {
      removal ??= this.#ports.update({ removeRuleIds: [id] }).catch(() => {})
      return removal
    }
  }

  /** A worker that was stopped in mid-exchange leaves its rules behind, and their ids would be met again. */
  async #dropLeftovers(): Promise<void> {
    const removeRuleIds = (await this.#ports.read()).map(({ id }) => id)
    if (removeRuleIds.length > 0) await this.#ports.update({ removeRuleIds })
  }
}

export function headerRuleFor(id: number, { url, ruleHeaders }: RuleFor, initiator: string): HeaderRule {
  return {
    id,
    priority: 1,
    action: {
      type: 'modifyHeaders',
      requestHeaders: [
        ...ruleHeaders.remove.map((header) => ({ header, operation: 'remove' as const })),
        ...ruleHeaders.set.map(([header, value]) => ({ header, operation: 'set' as const, value })),
      ],
      responseHeaders: tracesInProfile.map((header) => ({ header, operation: 'remove' as const })),
    },
    condition: {
      ...exactly(url),
      isUrlFilterCaseSensitive: true,
      initiatorDomains: [initiator],
      resourceTypes: ['xmlhttprequest'],
      tabIds: [noTab],
    },
  }
}

/**
 * A condition that fits this URL and no other. In a `urlFilter` `*` and `^` are wildcards and `|` an anchor, so a URL
 * that holds one is matched by an escaped regular expression; the browser refuses one that compiles to over 2 KiB.
 */
function exactly(url: string): { urlFilter: string } | { regexFilter: string } {
  if (!/[*^|]/.test(url)) return { urlFilter: `|${url}|` }
  return { regexFilter: `^${url.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$` }
}
