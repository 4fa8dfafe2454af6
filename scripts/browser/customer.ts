import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'

/** Who asks, and at which relay. */
export type CustomerAccess = { relayUrl: string; apiKey: string }

/** The JSON document of `POST /v1/fetch`; only `url` is required. */
export type FetchDocument = { url: string; [field: string]: unknown }

type AskOptions = { headers?: Record<string, string>; signal?: AbortSignal }

/** Sends one request and gives the answer as soon as its head is there; nobody has read its body yet. */
export function openAnswer(
  access: CustomerAccess,
  document: FetchDocument,
  { headers = {}, signal }: AskOptions = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(`${access.relayUrl}/v1/fetch`, {
      method: 'POST',
      agent: false,
      headers: {
        authorization: `Bearer ${access.apiKey}`,
        'content-type': 'application/json',
        accept: '*/*',
        ...headers,
      },
      ...(signal && { signal }),
    })
    outgoing.once('response', resolve)
    outgoing.once('error', reject)
    outgoing.end(JSON.stringify(document))
  })
}

/** A body as it came: `broken` when the connection ended before the body did. */
export type WholeBody = {
  ending: 'complete' | 'broken'
  bytes: number
  sha256: string
  start: Buffer
  trailers: NodeJS.Dict<string>
}

const startBytesKept = 1024 * 1024

/** Reads a body to its end, whichever it is. Keeps no more of it than its first MiB. */
export async function readBody(incoming: IncomingMessage): Promise<WholeBody> {
  const hash = createHash('sha256')
  const kept: Buffer[] = []
  let bytes = 0
  let ending: WholeBody['ending'] = 'complete'
  try {
    for await (const piece of incoming as AsyncIterable<Buffer>) {
      hash.update(piece)
      if (bytes < startBytesKept) kept.push(piece)
      bytes += piece.length
    }
  } catch {
    ending = 'broken'
  }
  if (!incoming.complete) ending = 'broken'
  return {
    ending,
    bytes,
    sha256: hash.digest('hex'),
    start: Buffer.concat(kept),
    trailers: incoming.trailers,
  }
}

/** Reads at least so many bytes of a body and then reads no more, until somebody goes on. */
export async function readSome(incoming: IncomingMessage, bytes: number): Promise<void> {
  for (let read = 0; read < bytes; ) {
    const [piece] = (await once(incoming, 'data')) as [Buffer]
    read += piece.length
  }
  incoming.pause()
}

/** Sends one request and reads the streamed answer to its end. */
export async function askRaw(access: CustomerAccess, document: FetchDocument, options?: AskOptions) {
  const incoming = await openAnswer(access, document, options)
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, ...(await readBody(incoming)) }
}

/** What of the JSON answer is used here; docs/api.md has the whole. */
export type JsonAnswer = {
  id: string
  status: number
  finalUrl: string
  headers: [string, string][]
  body: string
  encoding: 'utf8' | 'base64'
  truncated: boolean
  node: { country: string | null; pseudonym: string }
  attempts: { outcome: string; ms: number }[]
  timing: { queueMs: number; firstByteMs: number; totalMs: number }
  policy: { robots: string }
  usage: { charged: boolean; carriedBytes: number; balanceBytes: number }
}

/** A problem document (RFC 9457). */
export type Problem = {
  title: string
  status: number
  detail: string
  code: string
  source: string
  retryable: boolean
  retryAfterMs: number | null
  charged: boolean
  attempts: { outcome: string; ms: number }[]
}

export type JsonReply = { ok: true; answer: JsonAnswer } | { ok: false; problem: Problem }

/** Sends one request and takes the answer as one JSON document. */
export async function askJson(
  { relayUrl, apiKey }: CustomerAccess,
  document: FetchDocument,
  { headers = {}, signal }: AskOptions = {},
): Promise<JsonReply> {
  const response = await fetch(`${relayUrl}/v1/fetch`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      accept: 'application/json',
      ...headers,
    },
    body: JSON.stringify(document),
    signal: signal ?? null,
  })
  const body: unknown = await response.json()
  return response.ok ? { ok: true, answer: body as JsonAnswer } : { ok: false, problem: body as Problem }
}
