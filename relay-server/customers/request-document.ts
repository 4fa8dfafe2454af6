import type { FailureCode } from '#protocol'
import { type FetchRequestVerdict, readFetchQuery, readFetchRequest } from './fetch-request.ts'

/** The JSON document of a request: an 8 MiB body as base64, and room for the rest. */
const documentBytesMax = 16 * 1024 * 1024

/** The request in the query of a GET. */
export function readQuery(request: Request): FetchRequestVerdict {
  const query = new URL(request.url).searchParams
  const raw = query.get('raw')
  return raw === null || raw === '0' || raw === '1'
    ? readFetchQuery(query)
    : refused('/raw', 'must be 1 or 0')
}

/** The request in the JSON document of a POST. Everything but `raw` goes into the document: a parameter that nobody reads must not look as if it worked. */
export async function readPosted(request: Request): Promise<FetchRequestVerdict> {
  const stray = [...new URL(request.url).searchParams].find(
    ([name, value]) => name !== 'raw' || !/^[01]$/.test(value),
  )
  if (stray)
    return refused(
      '',
      `The query of a POST takes raw=1 or raw=0 alone, not "${stray[0]}": put the rest into the document`,
    )
  const text = await readText(request)
  if (text === 'too-large')
    return refused('', `The request must be at most ${documentBytesMax} bytes as JSON`, 'body-too-large')
  if (text === 'not-utf8')
    return refused('', 'The request must be a JSON document in UTF-8; this one is not UTF-8')
  const document = parseJson(text.text)
  return document
    ? readFetchRequest(document.value)
    : refused('', 'The request must be a JSON document; this one cannot be parsed')
}

function refused(
  pointer: string,
  detail: string,
  code: FailureCode = 'invalid-request',
): FetchRequestVerdict {
  return {
    ok: false,
    code,
    detail: pointer ? `${pointer}: ${detail}` : `${detail}.`,
    errors: [{ pointer, detail }],
  }
}

function parseJson(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return null
  }
}

async function readText(request: Request): Promise<{ text: string } | 'too-large' | 'not-utf8'> {
  const bytes = await readBytes(request)
  if (bytes === null) return 'too-large'
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return 'not-utf8'
  }
}

/** Null where the document is too large. A customer that leaves while it sends is nobody's failure. */
async function readBytes(request: Request): Promise<Buffer | null> {
  if (Number(request.headers.get('content-length') ?? 0) > documentBytesMax) return null
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of request.body ?? []) {
    length += piece.length
    if (length > documentBytesMax) return null
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
