import type { AddressRules } from '#addresses'
import type { HeaderList } from '#protocol'
import type { ExchangePorts } from '../exchange.ts'
import type { LinkPorts } from '../link-ports.ts'
import type { PlannedRequest } from '../request-policy.ts'
import { ResponseWatch, type TrippedAnswer } from '../response-watch.ts'
import { TargetQueue } from '../target-queue.ts'

/**
 * What a browser does around a fetch, over Node's own: real sockets to real targets, and the network events that tell of
 * them. `order` says whether an event comes before its fetch resolves or after, because in a browser both happen.
 */
export class NodeBrowser {
  readonly watch: ResponseWatch
  readonly tripped: TrippedAnswer[] = []
  /** Header rules in force now, and every request that left, in order. */
  readonly rulesInForce = new Map<string, PlannedRequest>()
  readonly asked: { url: string; init: RequestInit; underRule: boolean }[] = []
  rules: () => AddressRules
  /** The address that the browser names; null for a browser that does not say. */
  answeringAddress: string | null = '127.0.0.1'
  eventsComeLate = false
  received: (answer: { url: string; headers: HeaderList }) => void = () => {}
  refusalOf: ExchangePorts['refusalOf'] = () => null
  /** Line bytes of all fetches, and what the browser says at the end of each; null where it says nothing. */
  lineBytes = 0
  noted: (bytes: number) => void = () => {}
  encodedBytes: number | null = null
  /** How a browser without the address lock resolves names; null for one that has it. */
  lookUp: ExchangePorts['lookUp'] = null
  schemes: ExchangePorts['schemes'] = ['http', 'https']
  /** Holds up every header rule until it resolves. */
  rulesComeAfter: Promise<void> = Promise.resolve()
  #lastRequestId = 0

  constructor(rules: () => AddressRules) {
    this.rules = rules
    this.watch = new ResponseWatch({
      rules,
      tripped: (answer) => this.tripped.push(answer),
      isForRelay: () => false,
      received: (answer) => this.received(answer),
      relayAnswered: () => {},
    })
  }

  get ports(): ExchangePorts {
    return {
      fetch: (url, init) => this.#fetch(String(url), init ?? {}),
      addressLock: { targetAddressSpace: 'public' },
      lookUp: this.lookUp,
      schemes: this.schemes,
      rules: this.rules,
      queue: new TargetQueue(),
      watch: this.watch,
      refusalOf: (asked) => this.refusalOf(asked),
      traffic: {
        note: (bytes) => {
          this.lineBytes += bytes
          this.noted(bytes)
        },
        transfers: { expect: () => ({ encodedBytes: async () => this.encodedBytes }) },
      },
      headerRules: {
        put: async (request) => {
          await this.rulesComeAfter
          this.rulesInForce.set(request.url, request as PlannedRequest)
          return async () => void this.rulesInForce.delete(request.url)
        },
      },
    }
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    this.asked.push({ url, init, underRule: this.rulesInForce.has(url) })
    this.#lastRequestId += 1
    const requestId = String(this.#lastRequestId)
    try {
      const response = await fetch(url, init)
      this.#tellAnswer(requestId, url, response)
      return withTold(response, (error) => this.#tellError(requestId, url, error))
    } catch (error) {
      this.#tellError(requestId, url, error)
      throw new TypeError('Failed to fetch')
    }
  }

  #tellAnswer(requestId: string, url: string, response: Response): void {
    const event = { requestId, url, status: response.status, headers: [...response.headers] as HeaderList }
    const location = response.headers.get('location')
    const tell = () => {
      this.watch.onHeadersReceived({ ...event, ip: null })
      if (location === null) this.watch.onResponseStarted({ ...event, ip: this.answeringAddress })
      else this.watch.onBeforeRedirect({ ...event, ip: this.answeringAddress, redirectUrl: location })
    }
    if (this.eventsComeLate) setTimeout(tell, 3)
    else tell()
  }

  #tellError(requestId: string, url: string, error: unknown): void {
    this.watch.onErrorOccurred({ requestId, url, error: netErrorOf(error) })
  }
}

/** What this browser gives to a link. */
export const browserLinkPorts = (
  browser: NodeBrowser,
): Pick<LinkPorts, 'openSocket' | 'hello' | 'exchanges'> => ({
  openSocket: (nodeDoor) => new WebSocket(nodeDoor),
  hello: { schemes: ['http', 'https'], kind: 'other', softwareVersion: '0.0.0' },
  exchanges: browser.ports,
})

/** Node's words in Chromium's. */
function netErrorOf(error: unknown): string {
  const code = (error as { cause?: { code?: string } }).cause?.code ?? (error as { name?: string }).name ?? ''
  return netErrors[code] ?? 'net::ERR_UNKNOWN'
}

const netErrors: Record<string, string> = {
  ECONNREFUSED: 'net::ERR_CONNECTION_REFUSED',
  ECONNRESET: 'net::ERR_CONNECTION_RESET',
  UND_ERR_SOCKET: 'net::ERR_CONNECTION_RESET',
  ENOTFOUND: 'net::ERR_NAME_NOT_RESOLVED',
  HPE_INVALID_CONSTANT: 'net::ERR_INVALID_HTTP_RESPONSE',
  AbortError: 'net::ERR_ABORTED',
}

/** A body that breaks in the middle is told too. Status and headers are the events' to tell. */
function withTold(response: Response, tell: (error: unknown) => void): Response {
  if (!response.body) return response
  const reader = response.body.getReader()
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (done) controller.close()
          else controller.enqueue(value as Uint8Array<ArrayBuffer>)
        } catch (error) {
          tell(error)
          controller.error(new TypeError('network error'))
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  return new Response(body)
}
