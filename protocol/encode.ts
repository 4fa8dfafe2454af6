import { ProtocolError } from './close-codes.ts'
import { type AnswerFrame, type ChunkFrame, dataBytesMax, dataTypes, type Frame } from './frames.ts'
import { controlBytesMax } from './limits.ts'
import { isLongerThan } from './shape.ts'

const utf8 = new TextEncoder()
const chunkPrefixBytes = 5
const answerPrefixBytes = 9

/** A message for the socket: text for control frames, bytes for data frames. Throws `ProtocolError` where a size limit is broken. */
export function encode(frame: Frame): string | Uint8Array<ArrayBuffer> {
  if (frame.type === 'chunk') return encodeChunk(frame)
  if (frame.type === 'answer') return encodeAnswer(frame)
  const message = JSON.stringify(frame)
  if (isLongerThan(controlBytesMax, message)) throw tooLarge(frame.type, message.length)
  return message
}

function encodeChunk({ lane, payload }: ChunkFrame): Uint8Array<ArrayBuffer> {
  if (payload.length === 0) throw new ProtocolError('malformed-frame', 'a chunk carries at least one byte')
  if (payload.length > dataBytesMax.chunk) throw tooLarge('chunk', payload.length)
  const message = new Uint8Array(chunkPrefixBytes + payload.length)
  writePrefix(message, dataTypes.chunk, lane)
  message.set(payload, chunkPrefixBytes)
  return message
}

/** The five bytes before a chunk's payload, for senders that hand prefix and payload to the socket apart. */
export function encodeChunkPrefix(lane: number): Uint8Array<ArrayBuffer> {
  const prefix = new Uint8Array(chunkPrefixBytes)
  writePrefix(prefix, dataTypes.chunk, lane)
  return prefix
}

function encodeAnswer({
  lane,
  body,
  status,
  headers,
  encoding,
  truncated,
}: AnswerFrame): Uint8Array<ArrayBuffer> {
  if (body.length > dataBytesMax.answer) throw tooLarge('answer', body.length)
  const head = utf8.encode(JSON.stringify({ status, headers, encoding, truncated }))
  if (head.length > controlBytesMax) throw tooLarge('answer', head.length)
  const message = new Uint8Array(answerPrefixBytes + head.length + body.length)
  const view = writePrefix(message, dataTypes.answer, lane)
  view.setUint32(chunkPrefixBytes, head.length)
  message.set(head, answerPrefixBytes)
  message.set(body, answerPrefixBytes + head.length)
  return message
}

function writePrefix(message: Uint8Array<ArrayBuffer>, type: number, lane: number): DataView {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  view.setUint8(0, type)
  view.setUint32(1, lane)
  return view
}

const tooLarge = (what: string, size: number) =>
  new ProtocolError('frame-too-large', `a ${what} of ${size} is too large`)
