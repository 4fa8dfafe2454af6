import type { SendWindow } from '#protocol'
import type { LaneLine } from './lane-line.ts'

export type BodySource = {
  /** The next piece, or null after the last. */
  read(): Promise<Uint8Array | null>
}

/** Where a body goes: as much as the relay has granted, and no faster than the socket takes it. */
export type BodyWay = {
  lane: number
  window: SendWindow
  line: Pick<LaneLine, 'sendData' | 'frameBytesMax'>
  signal: AbortSignal
}

/**
 * Sends a body in chunks. It reads from the target only while the relay has room for more, so that a customer who stops
 * reading makes the target wait. Throws what the source throws, and the signal's reason.
 */
export async function sendBody(source: BodySource, way: BodyWay): Promise<void> {
  for (;;) {
    await way.window.waitForRoom(way.signal)
    const piece = await source.read()
    if (piece === null) return
    await sendPiece(piece, way)
  }
}

/** One piece, cut to what the window and a frame hold. */
export async function sendPiece(piece: Uint8Array, { lane, window, line, signal }: BodyWay): Promise<void> {
  for (let sent = 0; sent < piece.length; ) {
    await window.waitForRoom(signal)
    const taken = window.take(Math.min(line.frameBytesMax(), piece.length - sent))
    await line.sendData({ type: 'chunk', lane, payload: piece.subarray(sent, sent + taken) }, signal)
    sent += taken
  }
}
