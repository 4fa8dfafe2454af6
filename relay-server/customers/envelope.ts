import { gunzip } from 'node:zlib'
import type { HeaderList } from '#protocol'
import type { ExchangeAnswer, ExchangeEnding } from '../exchange/exchange-ports.ts'

/** The JSON answer's body limit, in decoded bytes: unless set, and at most. */
export const envelopeBytesDefault = 10 * 1024 * 1024
export const envelopeBytesMax = 32 * 1024 * 1024
/** All JSON answers of one relay together may hold so much. */
const buffersBytesMax = 256 * 1024 * 1024
/** From the head on, a JSON answer may take so long. */
const envelopeMsMax = 300_000

export type CollectedBody = { bytes: Buffer; cut: boolean }
export type EnvelopeBuffers = ReturnType<typeof createEnvelopeBuffers>

/** Collects bodies for JSON answers, within one limit for the whole relay. */
export function createEnvelopeBuffers() {
  let heldBytes = 0
  return {
    /** Reads the body to its end; cancels it where the relay's buffers are full or it takes too long. */
    async collect(answer: ExchangeAnswer): Promise<Buffer> {
      const pieces: Uint8Array[] = []
      let ownBytes = 0
      const late = setTimeout(() => answer.body.cancel('target-timeout'), envelopeMsMax)
      try {
        for (let piece = await answer.body.read(); piece; piece = await answer.body.read()) {
          pieces.push(piece)
          ownBytes += piece.length
          heldBytes += piece.length
          if (heldBytes > buffersBytesMax) answer.body.cancel('relay-overloaded')
        }
        return Buffer.concat(pieces, ownBytes)
      } finally {
        clearTimeout(late)
        heldBytes -= ownBytes
      }
    },
  }
}

/** Undoes the node's gzip and cuts at the limit. A body that ends early (it was cut itself) is read as far as it goes. */
export async function decodeBody(body: Buffer, encoding: 'identity' | 'gzip', bytesMax: number): Promise<CollectedBody> {
  const whole = encoding === 'gzip' ? await inflate(body, bytesMax) : { bytes: body, cut: false }
  return whole.bytes.length > bytesMax ? { bytes: whole.bytes.subarray(0, bytesMax), cut: true } : whole
}

/** `Z_SYNC_FLUSH` at the end lets a cut stream give what it has. */
function inflate(body: Buffer, bytesMax: number): Promise<CollectedBody> {
  if (body.length === 0) return Promise.resolve({ bytes: body, cut: false })
  return new Promise((resolve, reject) => {
    gunzip(body, { maxOutputLength: bytesMax + 1, finishFlush: 2 }, (error, bytes) => {
      if (!error) resolve({ bytes, cut: false })
      else if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') resolve(inflateStart(body, bytesMax))
      else reject(error)
    })
  })
}

/** More came out than the limit allows: only its beginning is wanted. */
async function inflateStart(body: Buffer, bytesMax: number): Promise<CollectedBody> {
  const stream = new Blob([new Uint8Array(body)]).stream().pipeThrough(new DecompressionStream('gzip'))
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of stream) {
    pieces.push(piece)
    length += piece.length
    if (length >= bytesMax) break
  }
  return { bytes: Buffer.concat(pieces, length).subarray(0, bytesMax), cut: true }
}

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
  policy: { robots: 'not-checked' }
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
    policy: { robots: 'not-checked' },
    usage: { charged: ending.charged, carriedBytes: ending.carriedBytes, balanceBytes: rest.balanceBytes },
    droppedHeaders: rest.droppedHeaders,
    deliveryNote: null,
    echo: null,
  }
}
