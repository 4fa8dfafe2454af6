import { ProtocolError } from './close-codes.ts'
import {
  type AnswerFrame,
  answerHeadShape,
  type ChunkFrame,
  type ControlFrame,
  controlShapes,
  dataBytesMax,
  dataTypes,
  type Frame,
} from './frames.ts'
import { controlBytesMax, sentenceCharactersMax } from './limits.ts'
import { type Check, isLongerThan, record } from './shape.ts'
import { PROTOCOL_VERSION } from './version.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const chunkPrefixBytes = 5
const answerPrefixBytes = 9

const controlChecks = new Map<string, Check<object>>(
  Object.entries(controlShapes).map(([type, fields]) => [type, record(fields)]),
)

/**
 * Reads one message: text is a control frame, bytes are a data frame. Payloads are views into `message`, not copies.
 * Throws `ProtocolError` with the close code for the goodbye; nothing else, whatever the message is.
 */
export function decode(message: string | Uint8Array): Frame {
  return typeof message === 'string' ? decodeControl(message) : decodeData(message)
}

function decodeControl(message: string): ControlFrame {
  if (isLongerThan(controlBytesMax, message)) throw tooLarge('control frame', message.length)
  const { type, ...fields } = parseObject(message)
  const check = typeof type === 'string' ? controlChecks.get(type) : undefined
  if (!check) throw malformed('the frame has no known type')
  refuseOtherVersions(type, fields)
  return { type, ...checked(check, fields, String(type)) } as ControlFrame
}

/** A peer of another version may send fields that we do not know, so its version is read before the rest. */
function refuseOtherVersions(type: unknown, { version }: Record<string, unknown>): void {
  if (
    (type === 'challenge' || type === 'hello') &&
    Number.isSafeInteger(version) &&
    version !== PROTOCOL_VERSION
  )
    throw new ProtocolError(
      'version-mismatch',
      `this side speaks version ${PROTOCOL_VERSION}, the other ${String(version)}`,
    )
}

function decodeData(message: Uint8Array): ChunkFrame | AnswerFrame {
  if (message.length < chunkPrefixBytes) throw malformed('the data frame is shorter than its prefix')
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  const lane = view.getUint32(1)
  if (lane === 0) throw malformed('lanes begin at 1')
  switch (view.getUint8(0)) {
    case dataTypes.chunk:
      return decodeChunk(message, lane)
    case dataTypes.answer:
      return decodeAnswer(message, view, lane)
    default:
      throw malformed('the data frame has no known type')
  }
}

function decodeChunk(message: Uint8Array, lane: number): ChunkFrame {
  const payload = message.subarray(chunkPrefixBytes)
  if (payload.length === 0) throw malformed('a chunk carries at least one byte')
  if (payload.length > dataBytesMax.chunk) throw tooLarge('chunk', payload.length)
  return { type: 'chunk', lane, payload }
}

function decodeAnswer(message: Uint8Array, view: DataView, lane: number): AnswerFrame {
  if (message.length < answerPrefixBytes) throw malformed('the answer is shorter than its prefix')
  const headLength = view.getUint32(chunkPrefixBytes)
  const bodyStart = answerPrefixBytes + headLength
  if (headLength > controlBytesMax) throw tooLarge('head', headLength)
  if (bodyStart > message.length) throw malformed('the answer is shorter than its head')
  const body = message.subarray(bodyStart)
  if (body.length > dataBytesMax.answer) throw tooLarge('answer', body.length)
  const head = parseObject(decodeText(message.subarray(answerPrefixBytes, bodyStart)))
  return { type: 'answer', lane, body, ...checked(answerHeadShape, head, 'answer') }
}

function parseObject(message: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(message)
  } catch {
    throw malformed('the text is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed('the text is not a JSON object')
  return value as Record<string, unknown>
}

function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw malformed('the head is not UTF-8')
  }
}

function checked<T>(check: Check<T>, value: unknown, path: string): T {
  try {
    return check(value, path)
  } catch (error) {
    throw error instanceof ProtocolError ? error : malformed((error as Error).message)
  }
}

const malformed = (detail: string) =>
  new ProtocolError('malformed-frame', detail.slice(0, sentenceCharactersMax))
const tooLarge = (what: string, size: number) =>
  new ProtocolError('frame-too-large', `a ${what} of ${size} is too large`)
