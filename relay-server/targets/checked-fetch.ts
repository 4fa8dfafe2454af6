import type { LookupFunction } from 'node:net'
import { Agent, buildConnector, request } from 'undici'
import { type AddressRules, checkTargetUrl, isAllowedAddress } from '#addresses'
import type { NameLookup } from './name-lookup.ts'
import type { TargetPace, TooOften } from './target-pace.ts'

/** Enough for http ▸ https ▸ www and back (RFC 9309, section 2.3.1.2, names five). */
const redirectsMax = 5
const redirectStatuses = new Set([301, 302, 303, 307, 308])
const headerBytesMax = 16 * 1024

/** A text as the site gave it, `cut` where it goes on. `status` is a redirect's own where there were too many of them. */
export type FetchedText = { status: number; text: string; cut: boolean }
export type CheckedFetch = ReturnType<typeof createCheckedFetch>

/** The relay's own questions to a site have a pace as well: who asks for ever new names under it must not flood it through the relay. */
export class AskedTooOften extends Error {
  readonly refusal: TooOften

  constructor(refusal: TooOften) {
    super(refusal.detail)
    this.name = 'AskedTooOften'
    this.refusal = refusal
  }
}
/** Shorter than anything waits for an answer, so that a question that was not asked is never taken for one without answer. */
const turnWaitMsMax = 1_000

/**
 * How the relay itself asks a site for a small text: by GET, over connections that only public addresses get. Every name is looked
 * up at the connection and each of its addresses judged, every redirect anew. Never through a node, and never with anything of
 * a customer's in it.
 */
export function createCheckedFetch(options: {
  rules: AddressRules
  names: NameLookup
  userAgent: string
  pace: Pick<TargetPace, 'untilTurn'>
}) {
  const agent = new Agent({
    connect: checkedConnector(options.rules, options.names),
    // A site is asked once in hours: nothing is worth keeping open.
    pipelining: 0,
    maxHeaderSize: headerBytesMax,
  })
  const headers = { 'user-agent': options.userAgent, accept: 'text/plain', 'accept-encoding': 'identity' }

  return {
    /** Rejects with `AskedTooOften`, or where the site cannot be reached, is slower than `msMax`, or leads to what may not be asked. */
    async text(url: URL, { bytesMax, msMax }: { bytesMax: number; msMax: number }): Promise<FetchedText> {
      const signal = AbortSignal.timeout(msMax)
      const turn = await options.pace.untilTurn(url, { waitMsMax: turnWaitMsMax, signal })
      if (!turn.ok) throw new AskedTooOften(turn)
      for (let redirects = 0, next = url.href; ; redirects += 1) {
        const checked = checkTargetUrl(next, options.rules)
        if (!checked.ok) throw new Error(checked.detail)
        const answer = await request(checked.url, { dispatcher: agent, headers, signal })
        const location = answer.headers.location
        if (!redirectStatuses.has(answer.statusCode) || redirects === redirectsMax || !location)
          return { status: answer.statusCode, ...(await readStart(answer.body, bytesMax)) }
        answer.body.on('error', () => {}).destroy()
        next = URL.parse(String(location), checked.url.href)?.href ?? ''
      }
    },

    close: (): Promise<void> => agent.destroy(),
  }
}

/** Of a name every address must be allowed. An address that is written out never reaches `lookup`: `checkTargetUrl` has judged it. */
function checkedConnector(rules: AddressRules, names: NameLookup): buildConnector.connector {
  return (target, callback) => {
    const port = Number(target.port || (target.protocol === 'https:' ? 443 : 80))
    buildConnector({ allowH2: false, maxCachedSessions: 0, lookup: lookupFor(port, rules, names) })(
      target,
      callback,
    )
  }
}

function lookupFor(port: number, rules: AddressRules, names: NameLookup): LookupFunction {
  return (name, { all }, callback) => {
    void names.addressesOf(name).then((addresses) => {
      const refused = addresses.find((address) => !isAllowedAddress(address, port, rules))
      if (refused !== undefined) return callback(new Error(`${name} is at ${refused}`), '')
      const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
      const [first] = found
      if (!first) return callback(new Error(`${name} has no address`), '')
      return all ? callback(null, found) : callback(null, first.address, first.family)
    })
  }
}

/** The first bytes of a body; who sends more is not listened to. */
async function readStart(
  body: AsyncIterable<Uint8Array>,
  bytesMax: number,
): Promise<{ text: string; cut: boolean }> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of body) {
    pieces.push(piece)
    bytes += piece.length
    if (bytes > bytesMax) break
  }
  const text = new TextDecoder().decode(Buffer.concat(pieces).subarray(0, bytesMax))
  return { text, cut: bytes > bytesMax }
}
