/** A piece smaller than this is copied into a block; a larger one is kept as the view that came from the socket. */
const pieceBytesMin = 4 * 1024
const blockBytes = 16 * 1024

/**
 * Pieces of a body that wait for their reader, in order. A view keeps the whole message alive that it was cut from, and each
 * has a price of its own: a node that sends one byte a chunk would make a window of 256 KiB cost the relay 50 MB.
 */
export class PieceQueue {
  bytes = 0
  #pieces: Uint8Array[] = []
  /** The block that small pieces go into, how much of it is used, and the last piece where it is the block's. */
  #block: Uint8Array | null = null
  #usedBytes = 0
  #tail: Uint8Array | null = null

  put(piece: Uint8Array): void {
    this.bytes += piece.length
    if (piece.length < pieceBytesMin) return this.#gather(piece)
    this.#pieces.push(piece)
    this.#tail = null
  }

  take(): Uint8Array | null {
    const piece = this.#pieces.shift() ?? null
    if (piece === null) return null
    this.bytes -= piece.length
    if (this.#pieces.length === 0) this.#tail = null
    return piece
  }

  clear(): void {
    this.bytes = 0
    this.#pieces = []
    this.#block = null
    this.#tail = null
  }

  #gather(piece: Uint8Array): void {
    if (!this.#block || this.#usedBytes + piece.length > blockBytes) this.#beginBlock()
    const block = this.#block as Uint8Array
    const start = this.#tail ? this.#usedBytes - this.#tail.length : this.#usedBytes
    block.set(piece, this.#usedBytes)
    this.#usedBytes += piece.length
    const gathered = block.subarray(start, this.#usedBytes)
    if (this.#tail) this.#pieces[this.#pieces.length - 1] = gathered
    else this.#pieces.push(gathered)
    this.#tail = gathered
  }

  #beginBlock(): void {
    this.#block = new Uint8Array(blockBytes)
    this.#usedBytes = 0
    this.#tail = null
  }
}
