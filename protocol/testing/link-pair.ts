import {
  carriedBytesOf,
  decode,
  encode,
  type Frame,
  type NodeFrame,
  nodeFrames,
  ProtocolError,
  type RelayFrame,
  relayFrames,
} from '../index.ts'

/** One end of a link in memory. `Out` is what it sends, `In` what it hears. */
export type LinkEnd<Out extends Frame, In extends Frame> = {
  /** Puts a frame on the wire, encoded at once, so that what changes later cannot change what was sent. */
  send(frame: Out): void
  /** Called for each frame that `flush` delivers. Until it is set, frames gather in `received`. */
  onFrame: ((frame: In) => void) | null
  /** Called once, when the link is cut. */
  onCut: (() => void) | null
  /** Every frame that was delivered to this end, oldest first. */
  readonly received: In[]
  /** What this end put on the wire: messages, their bytes, and the body bytes among them. */
  readonly sent: Readonly<Traffic>
}
type Traffic = { messages: number; bytes: number; carriedBytes: number }

export type LinkPair = {
  relay: LinkEnd<RelayFrame, NodeFrame>
  node: LinkEnd<NodeFrame, RelayFrame>
  /** Messages on the wire, both directions. */
  readonly inFlight: number
  /** Delivers what is on the wire now, in order, and what is sent in answer to it, until the wire is empty. */
  flush(): void
  /** Delivers the oldest message on its way to one end, or nothing. */
  flushOne(to: 'relay' | 'node'): void
  /** Ends the link: what is on the wire is lost, and sending throws. */
  cut(): void
}

/** More rounds than any honest conversation needs: two ends that answer each other for ever are a bug, not a load. */
const messagesPerFlushMax = 100_000

/**
 * A link without sockets or time: messages lie on the wire until the test flushes them. Every frame passes through `encode`
 * and `decode`, so that sizes and grammar are the real ones, and a frame from the wrong side is `out-of-order`.
 */
export function createLinkPair(): LinkPair {
  const wire = { isCut: false }
  const toNode = createWay<RelayFrame>(wire, relayFrames)
  const toRelay = createWay<NodeFrame>(wire, nodeFrames)
  const relay = createEnd(toNode, toRelay)
  const node = createEnd(toRelay, toNode)
  const ways = [toNode, toRelay]
  const inFlight = () => ways.reduce((sum, way) => sum + way.waiting(), 0)
  return {
    relay,
    node,
    get inFlight() {
      return inFlight()
    },
    flush() {
      for (let delivered = 0; inFlight() > 0; delivered += 1) {
        if (delivered > messagesPerFlushMax)
          throw new Error('the two ends of the link never stop answering each other')
        for (const way of ways) way.deliver()
      }
    },
    flushOne: (to) => (to === 'node' ? toNode : toRelay).deliver(),
    cut() {
      if (wire.isCut) return
      wire.isCut = true
      for (const way of ways) way.lose()
      for (const end of [relay, node]) end.onCut?.()
    },
  }
}

type Way<F extends Frame> = {
  traffic: Traffic
  receiver: { onFrame: ((frame: F) => void) | null; received: F[] } | null
  put(frame: F): void
  waiting(): number
  deliver(): void
  lose(): void
}

function createWay<F extends Frame>(wire: { isCut: boolean }, allowed: readonly Frame['type'][]): Way<F> {
  const messages: (string | Uint8Array)[] = []
  const traffic: Traffic = { messages: 0, bytes: 0, carriedBytes: 0 }
  const way: Way<F> = {
    traffic,
    receiver: null,
    put(frame) {
      if (wire.isCut) throw new Error(`the link is cut, so a ${frame.type} cannot be sent`)
      const message = encode(frame)
      traffic.messages += 1
      traffic.bytes += typeof message === 'string' ? Buffer.byteLength(message) : message.length
      if (frame.type === 'chunk' || frame.type === 'answer') traffic.carriedBytes += carriedBytesOf(frame)
      messages.push(message)
    },
    waiting: () => messages.length,
    deliver() {
      const message = messages.shift()
      if (message === undefined) return
      const frame = decode(message)
      if (!allowed.includes(frame.type))
        throw new ProtocolError('out-of-order', `a ${frame.type} came from the wrong side`)
      way.receiver?.received.push(frame as F)
      way.receiver?.onFrame?.(frame as F)
    },
    lose: () => messages.splice(0),
  }
  return way
}

function createEnd<Out extends Frame, In extends Frame>(out: Way<Out>, incoming: Way<In>): LinkEnd<Out, In> {
  const end: LinkEnd<Out, In> = { send: out.put, onFrame: null, onCut: null, received: [], sent: out.traffic }
  incoming.receiver = end
  return end
}
