import type { ServerResponse } from 'node:http'
import type { HeaderList } from '#protocol'
import type { ExchangeAnswer, ExchangeEnding } from '../exchange/exchange-ports.ts'

/** These pass as themselves; every other header of the target goes into `Fallow-Target-Header` lines. */
const passedHeaders = new Set(['content-type', 'content-language', 'content-disposition', 'etag', 'last-modified'])
/** The node's proxied bytes must never run as a page of the relay's own origin. */
const guardHeaders: HeaderList = [
  ['content-security-policy', 'sandbox'],
  ['x-content-type-options', 'nosniff'],
  ['cache-control', 'no-store'],
]
const trailerNames = 'Fallow-Carried-Bytes, Fallow-Balance-Bytes, Fallow-Outcome'

export type RawAnswerOptions = {
  exchangeId: string
  answer: ExchangeAnswer
  droppedHeaders: string[]
  balanceBytes(): number
}

/**
 * Streams an answer to the customer as the bytes arrive, and the next read waits until the socket has drained.
 * Written on Node's own response, because trailers, repeated headers and a reset are not in reach of a web `Response`.
 * An answer that does not arrive whole is reset, never ended: the customer must not take it for a short 200.
 */
export async function streamRawAnswer(outgoing: ServerResponse, options: RawAnswerOptions): Promise<void> {
  const { answer } = options
  const left = () => answer.body.cancel('customer-left')
  outgoing.once('close', left)
  outgoing.writeHead(200, rawHeaders(options).flat())
  outgoing.flushHeaders()
  for (let piece = await answer.body.read(); piece; piece = await answer.body.read()) {
    if (!outgoing.write(piece)) await drained(outgoing)
  }
  const ending = await answer.body.ending
  outgoing.off('close', left)
  if (ending.outcome === 'completed' && !ending.truncated) endWithTrailers(outgoing, ending, options.balanceBytes())
  else outgoing.socket?.resetAndDestroy()
}

function rawHeaders({ exchangeId, answer, droppedHeaders }: RawAnswerOptions): HeaderList {
  const passed = answer.headers.filter(([name]) => passedHeaders.has(name))
  const wrapped = answer.headers.filter(([name]) => !passedHeaders.has(name))
  return [
    ...passed,
    ...(answer.encoding === 'gzip' ? ([['content-encoding', 'gzip']] as HeaderList) : []),
    ...guardHeaders,
    ...commonHeaders(exchangeId, answer),
    ...(droppedHeaders.length ? ([['fallow-dropped-headers', droppedHeaders.join(', ')]] as HeaderList) : []),
    ['fallow-final-url', answer.finalUrl],
    ...wrapped.map(([name, value]): [string, string] => ['fallow-target-header', `${name}: ${value}`]),
    ['trailer', trailerNames],
    ['transfer-encoding', 'chunked'],
  ]
}

/** The headers that stand on every answer of an exchange. */
export function commonHeaders(exchangeId: string, answer: ExchangeAnswer): HeaderList {
  return [
    ['fallow-exchange-id', exchangeId],
    ['fallow-target-status', String(answer.status)],
    ['fallow-node-country', answer.node.country ?? 'unknown'],
    ['fallow-attempts', String(answer.attempts.length)],
    ['server-timing', `queue;dur=${answer.queueMs}, firstbyte;dur=${answer.firstByteMs}`],
  ]
}

function endWithTrailers(outgoing: ServerResponse, ending: ExchangeEnding, balanceBytes: number): void {
  outgoing.addTrailers({
    'Fallow-Carried-Bytes': String(ending.carriedBytes),
    'Fallow-Balance-Bytes': String(balanceBytes),
    'Fallow-Outcome': ending.outcome,
  })
  outgoing.end()
}

/** Resolves when the socket takes more, or when there is no socket any more. */
function drained(outgoing: ServerResponse): Promise<void> {
  if (outgoing.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const settle = () => {
      outgoing.off('drain', settle)
      outgoing.off('close', settle)
      resolve()
    }
    outgoing.once('drain', settle)
    outgoing.once('close', settle)
  })
}
