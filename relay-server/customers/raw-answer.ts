import type { ServerResponse } from 'node:http'
import type { HeaderList } from '#protocol'
import type { ExchangeAnswer, ExchangeEnding } from '../exchange/exchange-ports.ts'
import { isGone, onceOver, type Wire, watchLeaving } from './leaving.ts'

/** These pass as themselves; every other header of the target goes into `Fallow-Target-Header` lines. */
const passedHeaders = new Set([
  'content-type',
  'content-language',
  'content-disposition',
  'etag',
  'last-modified',
])
/** The target's bytes must never run as a page of the relay's own origin. */
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
  /** Aborts where the customer may have no more of it. */
  signal: AbortSignal
}

/**
 * Streams an answer to the customer as the bytes arrive, and the next read waits until the socket has drained.
 * Written on Node's own response, because trailers, repeated headers and a reset are not in reach of a web `Response`.
 * An answer that does not arrive whole is reset, never ended: the customer must not take it for a short 200.
 */
export async function streamRawAnswer(wire: Wire, options: RawAnswerOptions): Promise<void> {
  const { outgoing } = wire
  const { body } = options.answer
  const stopWatching = watchLeaving(wire, () => body.cancel('customer-left'))
  // A customer that reads nothing would otherwise keep its connection, and what waits in it.
  const cutOff = () => reset(outgoing)
  options.signal.addEventListener('abort', cutOff, { once: true })
  try {
    if (options.signal.aborted) return cutOff()
    outgoing.writeHead(200, rawHeaders(options, canChunk(wire)).flat())
    // Not `flushHeaders`: that one writes header values as UTF-8, and HTTP's are Latin-1.
    outgoing.write(Buffer.alloc(0))
    await pump(wire, options)
    const ending = await body.ending
    if (ending.outcome !== 'completed' || ending.truncated || isGone(wire)) return reset(outgoing)
    if (canChunk(wire)) outgoing.addTrailers(trailers(ending, options.balanceBytes()))
    outgoing.end()
  } catch (error) {
    body.cancel('relay-failed')
    reset(outgoing)
    throw error
  } finally {
    stopWatching()
    options.signal.removeEventListener('abort', cutOff)
  }
}

async function pump(wire: Wire, { answer }: RawAnswerOptions): Promise<void> {
  for (let piece = await answer.body.read(); piece; piece = await answer.body.read()) {
    if (isGone(wire)) answer.body.cancel('customer-left')
    else if (!wire.outgoing.write(piece)) await drained(wire)
  }
}

/** HTTP/1.0 knows neither chunks nor trailers: there the end of the connection ends the body (RFC 9112, section 6.3). */
const canChunk = ({ incoming }: Wire): boolean => incoming.httpVersion !== '1.0'

function rawHeaders({ exchangeId, answer, droppedHeaders }: RawAnswerOptions, chunked: boolean): HeaderList {
  const passed = answer.headers.filter(([name]) => passedHeaders.has(name))
  const wrapped = answer.headers.filter(([name]) => !passedHeaders.has(name))
  const framing: HeaderList = [
    ['trailer', trailerNames],
    ['transfer-encoding', 'chunked'],
  ]
  return [
    ...passed,
    ...(answer.encoding === 'gzip' ? ([['content-encoding', 'gzip']] as HeaderList) : []),
    ...guardHeaders,
    ...commonHeaders(exchangeId, answer),
    ...(droppedHeaders.length ? ([['fallow-dropped-headers', droppedHeaders.join(', ')]] as HeaderList) : []),
    ['fallow-final-url', answer.finalUrl],
    ...wrapped.map(([name, value]): [string, string] => ['fallow-target-header', `${name}: ${value}`]),
    ...(chunked ? framing : ([['connection', 'close']] as HeaderList)),
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

const trailers = (ending: ExchangeEnding, balanceBytes: number) => ({
  'Fallow-Carried-Bytes': String(ending.carriedBytes),
  'Fallow-Balance-Bytes': String(balanceBytes),
  'Fallow-Outcome': ending.outcome,
})

/** A TCP reset; where the answer still waits behind another one, the connection ends instead, once that one is through. */
function reset(outgoing: ServerResponse): void {
  if (outgoing.socket) outgoing.socket.resetAndDestroy()
  else outgoing.once('socket', (socket) => socket.destroy())
}

/** Resolves when the socket takes more, or when the answer is over. */
function drained(wire: Wire): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      wire.outgoing.off('drain', settle)
      forget()
      resolve()
    }
    wire.outgoing.once('drain', settle)
    const forget = onceOver(wire, settle)
  })
}
