import {
  type CloseCode,
  carriedBytesOf,
  closes,
  decode,
  encode,
  encodeChunkPrefix,
  type Frame,
  type FrameOf,
  type FrameType,
  laneMax,
  nodeFrames,
  PROTOCOL_VERSION,
  ProtocolError,
  pingEveryMs,
  type RelayFrame,
  silenceMaxMs,
  stopDeadlineMs,
} from '#protocol'
import type { WebSocket } from 'ws'
import { Lane, type LaneRequest } from './lane.ts'
import type { LinkMeter, LinkMeterOptions } from './link-meter.ts'

export type NodeIdentity = {
  nodeId: string
  linkId: string
  accountId: string
  address: string
  country: string | null
  kind: string
  schemes: string[]
  lanesMax: number
}

export type LinkEvents = {
  createMeter(options: LinkMeterOptions): LinkMeter
  present(link: NodeLink, receipts: FrameOf<'present'>['receipts']): Promise<void>
  laneEnded(link: NodeLink): void
  left(link: NodeLink): void
  closed(link: NodeLink, code: CloseCode | 'connection-lost', detail: string): void
}

/** A message larger than this waits for the socket before the next piece of a request body is sent. */
const socketBufferedBytesMax = 1024 * 1024
/** How long a socket may take to close before it is cut. */
const closeDeadlineMs = 2_000

/**
 * One live WebSocket to one node, after its hello.
 *
 * ```
 *  open ──leave() | node's goodbye──▶ leaving ──last receipt──▶ closed
 *    └──────socket lost | grammar broken──────────────────────────▲
 * ```
 */
export class NodeLink {
  readonly identity: NodeIdentity
  readonly meter: LinkMeter
  readonly openedAt = Date.now()
  /** Until when the picker leaves this node alone, after a failure of its own. */
  restsUntil = 0
  failuresInARow = 0
  readonly #socket: WebSocket
  readonly #events: LinkEvents
  readonly #lanes = new Map<number, Lane>()
  readonly #lanesByHost = new Map<string, number>()
  readonly #lanesByUrl = new Map<string, number>()
  #lastLane = 0
  #phase: 'open' | 'leaving' | 'closed' = 'open'
  #heardAt = Date.now()
  #presented = false
  readonly #pingTimer: NodeJS.Timeout
  readonly #stopTimers = new Map<number, NodeJS.Timeout>()
  readonly #closed = Promise.withResolvers<void>()

  constructor(identity: NodeIdentity, socket: WebSocket, events: LinkEvents) {
    this.identity = identity
    this.#socket = socket
    this.#events = events
    this.meter = events.createMeter({
      linkId: identity.linkId,
      nodeId: identity.nodeId,
      send: (frame) => this.send(frame),
      refuse: (detail) => this.close('receipt-refused', detail),
    })
    this.#pingTimer = setInterval(() => this.#ping(), pingEveryMs)
    socket.on('message', this.#onMessage)
    socket.on('close', this.#onSocketClose)
  }

  get isOpen(): boolean {
    return this.#phase === 'open'
  }
  get closed(): Promise<void> {
    return this.#closed.promise
  }
  get lanesInUse(): number {
    return this.#lanes.size
  }
  get hasFreeLane(): boolean {
    return this.isOpen && this.#lanes.size < this.identity.lanesMax && this.#lastLane < laneMax
  }
  lanesToHost(host: string): number {
    return this.#lanesByHost.get(host) ?? 0
  }
  lanesToUrl(url: string): number {
    return this.#lanesByUrl.get(url) ?? 0
  }

  /** Opens a lane and sends the request on it. The caller has checked `hasFreeLane`. */
  open({ body, ...request }: LaneRequest): Lane {
    this.#lastLane += 1
    const host = new URL(request.url).host
    const lane = new Lane(this.#lastLane, request.windowBytes, {
      send: (frame) => this.#sendForLane(frame),
      sendChunk: (number, payload) => this.#sendChunk(number, payload),
      ended: (ended) => this.#forget(ended, host, request.url),
    })
    this.#lanes.set(lane.number, lane)
    addTo(this.#lanesByHost, host, 1)
    addTo(this.#lanesByUrl, request.url, 1)
    this.meter.count.exchanges += 1
    this.send({ type: 'open', lane: lane.number, bodyBytes: body?.length ?? 0, ...request })
    if (body?.length) void lane.sendBody(body)
    return lane
  }

  send(frame: RelayFrame): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(encode(frame))
  }

  /** Ends the link well: lanes that run may finish until `signal`, then the last receipt, then the goodbye. */
  async leave(code: CloseCode, detail: string, options: { signal: AbortSignal; redialAfterMs: number | null }): Promise<void> {
    if (this.#phase !== 'open') return this.closed
    this.#phase = 'leaving'
    this.#events.left(this)
    await this.#lanesClosed(options.signal)
    for (const lane of this.#lanes.values()) lane.stop('relay-draining')
    await this.#lanesClosed(AbortSignal.timeout(closeDeadlineMs))
    await this.meter.finish({ nodeListens: true })
    this.#sayGoodbye(code, detail, options.redialAfterMs)
    return this.closed
  }

  /** Ends the link at once, with a goodbye where the socket still takes one. */
  close(code: CloseCode, detail: string): void {
    if (this.#phase === 'closed') return
    this.#sayGoodbye(code, detail, null)
    this.#end(code, detail)
  }

  #onMessage = (data: Buffer, isBinary: boolean): void => {
    if (this.#phase === 'closed') return
    this.#heardAt = Date.now()
    try {
      this.#accept(decode(isBinary ? data : data.toString('utf8')))
    } catch (error) {
      if (error instanceof ProtocolError) this.close(error.code, error.message)
      else throw error
    }
  }

  #accept(frame: Frame): void {
    assertFromNode(frame)
    switch (frame.type) {
      case 'chunk':
      case 'answer':
        this.meter.count.countUp(carriedBytesOf(frame))
        this.#laneOf(frame.lane).accept(frame)
        return this.meter.noteTraffic()
      case 'head':
      case 'end':
      case 'failed':
      case 'grant':
        return this.#laneOf(frame.lane).accept(frame)
      case 'receipt-signed':
        return void this.meter.acceptCounterSignature(frame)
      case 'present':
        return this.#acceptPresent(frame)
      case 'pong':
        return
      case 'goodbye':
        return void this.#nodeLeaves(frame.code, frame.detail)
      case 'hello':
        throw new ProtocolError('out-of-order', 'a link has one hello')
    }
  }

  #acceptPresent(frame: FrameOf<'present'>): void {
    if (this.#presented) throw new ProtocolError('out-of-order', 'a link presents once')
    this.#presented = true
    void this.#events.present(this, frame.receipts)
  }

  /** A node's own frames never cross its ending of a lane, so a lane that is not open here breaks the grammar. */
  #laneOf(number: number): Lane {
    const lane = this.#lanes.get(number)
    if (!lane) throw new ProtocolError('unknown-lane', `lane ${number} is not open`)
    return lane
  }

  #sendForLane(frame: RelayFrame): void {
    if (frame.type === 'stop') this.#expectEnding(frame.lane)
    this.send(frame)
  }

  #expectEnding(lane: number): void {
    const timer = setTimeout(() => this.close('stop-ignored', `lane ${lane} went on after it was stopped`), stopDeadlineMs)
    this.#stopTimers.set(lane, timer)
  }

  /** Prefix and payload go as two pieces of one message, so that the payload is not copied. */
  async #sendChunk(lane: number, payload: Uint8Array): Promise<void> {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.meter.count.countDown(payload.length)
    const sent = new Promise<void>((resolve) => {
      this.#socket.send(encodeChunkPrefix(lane), { binary: true, fin: false })
      this.#socket.send(payload, { binary: true, fin: true }, () => resolve())
    })
    this.meter.noteTraffic()
    if (this.#socket.bufferedAmount > socketBufferedBytesMax) await sent
  }

  #forget(lane: Lane, host: string, url: string): void {
    this.#lanes.delete(lane.number)
    addTo(this.#lanesByHost, host, -1)
    addTo(this.#lanesByUrl, url, -1)
    clearTimeout(this.#stopTimers.get(lane.number))
    this.#stopTimers.delete(lane.number)
    this.#events.laneEnded(this)
  }

  async #nodeLeaves(code: CloseCode, detail: string): Promise<void> {
    if (this.#phase !== 'open') return
    this.#phase = 'leaving'
    this.#events.left(this)
    this.#vanishLanes(`the node said goodbye: ${code}`)
    await this.meter.finish({ nodeListens: true })
    this.#socket.close(closes[code].number, code)
    this.#cutLater()
    this.#end(code, detail)
  }

  #onSocketClose = (): void => this.#end('connection-lost', 'the connection to the node was lost')

  #end(code: CloseCode | 'connection-lost', detail: string): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    clearInterval(this.#pingTimer)
    this.#socket.off('message', this.#onMessage)
    this.#socket.off('close', this.#onSocketClose)
    this.#vanishLanes(detail)
    void this.meter.finish({ nodeListens: false })
    this.#events.closed(this, code, detail)
    this.#closed.resolve()
  }

  #vanishLanes(detail: string): void {
    for (const lane of [...this.#lanes.values()]) lane.close({ outcome: 'node-vanished', detail })
  }

  #sayGoodbye(code: CloseCode, detail: string, redialAfterMs: number | null): void {
    this.send({ type: 'goodbye', code, detail: detail.slice(0, 400), version: PROTOCOL_VERSION, redialAfterMs })
    this.#socket.close(closes[code].number, code)
    this.#cutLater()
  }

  #cutLater(): void {
    setTimeout(() => this.#socket.terminate(), closeDeadlineMs).unref()
  }

  async #lanesClosed(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.race([Promise.all([...this.#lanes.values()].map((lane) => lane.ending)), aborted])
  }

  #ping(): void {
    if (Date.now() - this.#heardAt > silenceMaxMs) this.close('silent-too-long', `nothing came for ${silenceMaxMs} ms`)
    else this.send({ type: 'ping', atUnixMs: Date.now() })
  }
}

const fromNode = new Set<FrameType>(nodeFrames)
function assertFromNode(frame: Frame): asserts frame is FrameOf<(typeof nodeFrames)[number]> {
  if (!fromNode.has(frame.type)) throw new ProtocolError('out-of-order', `a node does not send ${frame.type}`)
}

function addTo(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
