import { answerBodyBytesMax, type FrameOf, type HeaderList } from '#protocol'
import type { BodyReader } from './body-reader.ts'
import { type BodySource, type BodyWay, sendBody, sendPiece } from './body-sender.ts'
import { gzipIfItPays, gzipStream, isTextLike } from './gzip.ts'
import type { LaneLine } from './lane-line.ts'

export type TargetHead = { status: number; headers: HeaderList }

export type AnswerWay = BodyWay & { line: LaneLine; mayGzip: boolean }

/**
 * How long a body may still be open and yet be waited for, so that it travels in one frame. Longer would hold the first
 * byte of a body that dribbles.
 */
export const smallBodyWaitMs = 30

/** After a piece, how long the next one may take to share its chunk. Frames of 64 KiB and more moved fastest. */
export const gatherWaitMs = 2

type Collected = { bytes: Uint8Array<ArrayBuffer>; state: 'whole' | 'flowing' | 'dribbling' }

/**
 * Sends what the target answered and ends the lane well: one `answer` frame for a small body, else `head`, chunks, `end`.
 * `reader` is null where there is no body. Throws what the reader throws, and the signal's reason.
 */
export async function sendAnswer(head: TargetHead, reader: BodyReader | null, way: AnswerWay): Promise<void> {
  const collected = reader ? await collect(reader, answerBodyBytesMax) : nothing
  const gzip = way.mayGzip && isTextLike(head.headers)
  if (collected.state === 'whole')
    return sendWhole(head, collected.bytes, { gzip, truncated: reader?.truncated ?? false }, way)
  await sendStream(head, collected, reader as BodyReader, { ...way, gzip })
}

const nothing: Collected = { bytes: new Uint8Array(0), state: 'whole' }

/** Reads until the body ends, grows over `bytesMax`, or stays open for longer than the short wait. */
async function collect(reader: BodyReader, bytesMax: number): Promise<Collected> {
  const pieces: Uint8Array[] = []
  const until = performance.now() + smallBodyWaitMs
  for (let length = 0; length <= bytesMax; ) {
    const piece = await reader.readWithin(Math.max(0, until - performance.now()))
    if (piece === undefined) return { bytes: concat(pieces), state: 'dribbling' }
    if (piece === null) return { bytes: concat(pieces), state: 'whole' }
    pieces.push(piece)
    length += piece.length
  }
  return { bytes: concat(pieces), state: 'flowing' }
}

type Packing = { gzip: boolean; truncated: boolean }

/** Window and rate hold for the one-frame answer too; a body that does not fit them goes in chunks, as it is granted. */
async function sendWhole(
  head: TargetHead,
  bytes: Uint8Array<ArrayBuffer>,
  { gzip, truncated }: Packing,
  way: AnswerWay,
): Promise<void> {
  const packed = gzip ? await gzipIfItPays(bytes) : null
  const body = packed ?? bytes
  const encoding = packed ? ('gzip' as const) : ('identity' as const)
  if (body.length <= Math.min(way.window.room, way.line.frameBytesMax())) {
    way.window.take(body.length)
    return way.line.sendData(
      { type: 'answer', lane: way.lane, ...head, encoding, truncated, body },
      way.signal,
    )
  }
  way.line.send(headFrame(way.lane, head, encoding))
  await sendPiece(body, way)
  way.line.send({ type: 'end', lane: way.lane, truncated })
}

/**
 * A stream that packs cannot be told to hand out what it holds, so only a body that has shown that it flows is packed; one that
 * dribbles goes as it is.
 */
async function sendStream(
  head: TargetHead,
  { bytes, state }: Collected,
  reader: BodyReader,
  way: AnswerWay & { gzip: boolean },
): Promise<void> {
  const packs = way.gzip && state === 'flowing'
  way.line.send(headFrame(way.lane, head, packs ? 'gzip' : 'identity'))
  const source = gathered(reader)
  if (packs) await sendBody(packedSource(bytes, source), way)
  else {
    await sendPiece(bytes, way)
    await sendBody(source, way)
  }
  way.line.send({ type: 'end', lane: way.lane, truncated: reader.truncated })
}

const headFrame = (lane: number, head: TargetHead, encoding: 'identity' | 'gzip'): FrameOf<'head'> => ({
  type: 'head',
  lane,
  ...head,
  encoding,
})

/** Puts pieces that come right after each other into one, up to the size at which frames move fastest. */
function gathered(reader: BodyReader): BodySource {
  return {
    async read() {
      const first = await reader.read()
      if (first === null || first.length >= answerBodyBytesMax) return first
      const pieces = [first]
      for (let length = first.length; length < answerBodyBytesMax; ) {
        const next = await reader.readWithin(gatherWaitMs).catch(() => undefined)
        if (!next) break
        pieces.push(next)
        length += next.length
      }
      return pieces.length === 1 ? first : concat(pieces)
    },
  }
}

/** The packed stream reads ahead of the window by its own small queue and nothing more. */
function packedSource(begin: Uint8Array<ArrayBuffer>, rest: BodySource): BodySource {
  const plain = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start: (controller) => controller.enqueue(begin),
      async pull(controller) {
        const piece = await rest.read()
        if (piece === null) controller.close()
        else controller.enqueue(piece as Uint8Array<ArrayBuffer>)
      },
    },
    { highWaterMark: 1 },
  )
  const reader = gzipStream(plain).getReader()
  return {
    async read() {
      const { done, value } = await reader.read()
      return done ? null : value
    },
  }
}

function concat(pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
