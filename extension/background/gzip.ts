import type { HeaderList } from '#protocol'
import { headerValue } from './response-headers.ts'

/** Below this a gzip header and trailer eat what is saved. */
export const gzipBytesMin = 256

const textLike =
  /^(text\/|application\/(json|javascript|ecmascript|xml|xhtml\+xml|wasm|x-ndjson|ld\+json|manifest\+json|rss\+xml|atom\+xml|x-javascript|graphql|sql|toml|yaml|x-yaml|rtf|x-www-form-urlencoded|vnd\.ms-fontobject)|image\/(svg\+xml|bmp|x-icon|vnd\.microsoft\.icon)|font\/(ttf|otf|sfnt)|[^;]+\+(json|xml|text))/i

/** Whether a body of this type is worth packing: what is packed already only costs the owner's processor. */
export const isTextLike = (headers: HeaderList): boolean =>
  textLike.test((headerValue(headers, 'content-type') ?? '').trim())

/** RFC 1952, as the customer will unpack it. */
export const gzipStream = (
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): ReadableStream<Uint8Array<ArrayBuffer>> => body.pipeThrough(new CompressionStream('gzip'))

/** A whole small body packed, or null where that would not make it smaller. */
export async function gzipIfItPays(body: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | null> {
  if (body.length < gzipBytesMin) return null
  const stream = new Response(body).body as ReadableStream<Uint8Array<ArrayBuffer>>
  const packed = new Uint8Array(await new Response(gzipStream(stream)).arrayBuffer())
  return packed.length < body.length ? packed : null
}
