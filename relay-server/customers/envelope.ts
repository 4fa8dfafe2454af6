import type { HeaderList } from '#protocol'
import type { ExchangeAnswer, ExchangeEnding, RobotsState } from '../exchange/exchange-ports.ts'
import type { CollectedBody } from './collected-body.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Text where the bytes are UTF-8, else base64: nothing is lost either way. */
export function encodeBody(bytes: Buffer): { body: string; encoding: 'utf8' | 'base64' } {
  try {
    return { body: utf8.decode(bytes), encoding: 'utf8' }
  } catch {
    return { body: bytes.toString('base64'), encoding: 'base64' }
  }
}

export type EnvelopeInput = {
  exchangeId: string
  url: string
  answer: ExchangeAnswer
  ending: ExchangeEnding
  body: CollectedBody
  pseudonym: string
  balanceBytes: number
  droppedHeaders: string[]
}

export type Envelope = {
  id: string
  url: string
  finalUrl: string
  status: number
  ok: boolean
  headers: HeaderList
  body: string
  encoding: 'utf8' | 'base64'
  truncated: boolean
  node: { country: string | null; asn: null; kind: null; pseudonym: string }
  attempts: ExchangeAnswer['attempts']
  timing: { queueMs: number; firstByteMs: number; totalMs: number }
  policy: { robots: RobotsState }
  usage: { charged: boolean; carriedBytes: number; balanceBytes: number }
  droppedHeaders: string[]
  deliveryNote: null
  echo: null
}

/** The JSON document of docs/api.md. What this version does not know yet is `null`, or says so in a word. */
export function toEnvelope({ exchangeId, url, answer, ending, body, ...rest }: EnvelopeInput): Envelope {
  const { status, headers, finalUrl, attempts, queueMs, firstByteMs } = answer
  return {
    id: exchangeId,
    url,
    finalUrl,
    status,
    ok: status >= 200 && status < 300,
    headers,
    ...encodeBody(body.bytes),
    truncated: body.cut || ending.truncated || ending.outcome === 'answer-too-large',
    node: { country: answer.node.country, asn: null, kind: null, pseudonym: rest.pseudonym },
    attempts,
    timing: { queueMs, firstByteMs, totalMs: ending.totalMs },
    policy: { robots: answer.robots },
    usage: { charged: ending.charged, carriedBytes: ending.carriedBytes, balanceBytes: rest.balanceBytes },
    droppedHeaders: rest.droppedHeaders,
    deliveryNote: null,
    echo: null,
  }
}
