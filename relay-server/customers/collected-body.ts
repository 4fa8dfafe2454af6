import { createGunzip, type Gunzip } from 'node:zlib'
import type { ExchangeAnswer, PackingFault } from '../exchange/exchange-ports.ts'

/** The JSON answer's body limit, in decoded bytes: unless set, and at most. */
export const envelopeBytesDefault = 10 * 1024 * 1024
export const envelopeBytesMax = 32 * 1024 * 1024
/** The bodies of all JSON answers of one relay together, until each has been sent. */
export const buffersBytesMax = 256 * 1024 * 1024
/** From the head on, a JSON answer may take so long. */
const envelopeMsMax = 300_000

export type CollectedBody = { bytes: Buffer; cut: boolean; fault: PackingFault }

/** Room for one JSON answer in the relay's buffers. */
export type BufferLease = { take(bytes: number): boolean; release(): void }
export type EnvelopeBuffers = ReturnType<typeof createEnvelopeBuffers>

/** One limit for the bodies of all JSON answers. Counted decoded, because that is what memory holds. */
export function createEnvelopeBuffers(bytesMax: number = buffersBytesMax) {
  let heldBytes = 0
  return {
    open(): BufferLease {
      let ownBytes = 0
      return {
        take(bytes) {
          if (heldBytes + bytes > bytesMax) return false
          ownBytes += bytes
          heldBytes += bytes
          return true
        },
        release() {
          heldBytes -= ownBytes
          ownBytes = 0
        },
      }
    },
  }
}

/**
 * Reads a body to its end, with the node's gzip undone as it comes, and ends it early at the limit, where the buffers are full,
 * where the node's gzip is broken, or after 300 s. No more than `bytesMax` is ever held, whatever the gzip would inflate to.
 */
export async function collectBody(
  { body, encoding }: Pick<ExchangeAnswer, 'body' | 'encoding'>,
  { bytesMax, lease }: { bytesMax: number; lease: BufferLease },
): Promise<CollectedBody> {
  const sink = new BodySink(bytesMax, lease)
  const decoder = encoding === 'gzip' ? new Inflater(sink) : null
  const late = setTimeout(() => body.cancel('target-timeout'), envelopeMsMax)
  try {
    for (let piece = await body.read(); piece; piece = await body.read()) {
      if (decoder) await decoder.write(piece)
      else sink.add(piece)
      if (sink.noRoom) body.cancel('relay-overloaded')
      else if (sink.cut) body.cancel('answer-too-large')
      else if (decoder?.fault) body.cancel('node-failed')
    }
    await decoder?.end()
    return { bytes: sink.bytes, cut: sink.cut, fault: decoder?.fault ?? null }
  } catch (error) {
    body.cancel('relay-failed')
    throw error
  } finally {
    body.judge(decoder?.fault ?? null)
    clearTimeout(late)
  }
}

/** Keeps the first `bytesMax` bytes. */
class BodySink {
  /** More came than the limit allows. */
  cut = false
  /** The relay's buffers had no room for more. */
  noRoom = false
  #length = 0
  readonly #pieces: Uint8Array[] = []
  readonly #bytesMax: number
  readonly #lease: BufferLease

  constructor(bytesMax: number, lease: BufferLease) {
    this.#bytesMax = bytesMax
    this.#lease = lease
  }

  get isFull(): boolean {
    return this.cut || this.noRoom
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces, this.#length)
  }

  add(piece: Uint8Array): void {
    if (this.isFull) return
    const wanted = piece.subarray(0, this.#bytesMax - this.#length)
    this.cut = wanted.length < piece.length
    this.noRoom = !this.#lease.take(wanted.length)
    if (this.noRoom) return this.#giveUp()
    this.#pieces.push(wanted)
    this.#length += wanted.length
  }

  /** At once, so that the others that are being collected find room. */
  #giveUp(): void {
    this.#pieces.length = 0
    this.#length = 0
    this.#lease.release()
  }
}

/** Inflates piece by piece, and stops in the middle of one where the sink is full. */
class Inflater {
  fault: PackingFault = null
  #begun = false
  readonly #gunzip: Gunzip = createGunzip()
  readonly #over: Promise<void>

  constructor(sink: BodySink) {
    this.#over = new Promise((resolve) => this.#gunzip.once('close', resolve))
    this.#gunzip.on('data', (piece: Buffer) => {
      sink.add(piece)
      if (sink.isFull) this.#gunzip.destroy()
    })
    this.#gunzip.on('error', (error: NodeJS.ErrnoException) => {
      this.fault = error.code === 'Z_BUF_ERROR' ? 'unfinished' : 'broken'
    })
  }

  async write(piece: Uint8Array): Promise<void> {
    if (this.#gunzip.destroyed) return
    this.#begun = true
    const written = new Promise<void>((resolve) => this.#gunzip.write(piece, () => resolve()))
    await Promise.race([written, this.#over])
  }

  /** A body of no bytes (HEAD, 204) is no gzip, and none is expected. */
  async end(): Promise<void> {
    if (this.#gunzip.destroyed) return this.#over
    if (!this.#begun) this.#gunzip.destroy()
    else this.#gunzip.end()
    await this.#over
  }
}
