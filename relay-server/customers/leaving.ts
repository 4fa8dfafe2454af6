import type { IncomingMessage, ServerResponse } from 'node:http'

/** The two ends of one request, as Node has them. */
export type Wire = { incoming: IncomingMessage; outgoing: ServerResponse }

/** The customer can read no more of this answer. */
export const isGone = ({ incoming, outgoing }: Wire): boolean =>
  outgoing.destroyed || incoming.socket.destroyed

/**
 * Calls `act` once the answer is over, well or not. The socket is watched as well: an answer that waits behind another one on
 * the same connection (HTTP pipelining) has no socket yet, and hears nothing of its end. Returns what stops the watching.
 */
export function onceOver({ incoming, outgoing }: Wire, act: () => void): () => void {
  const { socket } = incoming
  const forget = () => {
    outgoing.off('close', heard)
    socket.off('close', heard)
  }
  const heard = () => {
    forget()
    act()
  }
  outgoing.once('close', heard)
  socket.once('close', heard)
  return forget
}

/** Calls `left` once the customer is gone before its answer was whole; at once where that is so already. */
export function watchLeaving(wire: Wire, left: () => void): () => void {
  if (isGone(wire)) left()
  return onceOver(wire, () => {
    if (!wire.outgoing.writableFinished) left()
  })
}
