const pieceBytes = 64 * 1024
const piece = new Uint8Array(pieceBytes).map((_, index) => (index * 31) & 0xff)

/** The number in `/bytes/N`, with or without a query; an error for any other path, so that a wrong row fails. */
export function bytesIn(path: string): number {
  const wanted = /^\/bytes\/(\d+)(\?|$)/.exec(path)?.[1]
  if (wanted === undefined) throw new Error(`${path} is not /bytes/N`)
  return Number(wanted)
}

/** A body of that size, in pieces that share their memory. */
export function* piecesOf(bytes: number): Generator<Uint8Array> {
  for (let left = bytes; left > 0; left -= pieceBytes)
    yield left >= pieceBytes ? piece : piece.subarray(0, left)
}
