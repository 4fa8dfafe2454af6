import type { WebSocket } from 'ws'
import { homeOf } from '#addresses'
import {
  type CloseCode,
  carriedBytesOf,
  decode,
  type Frame,
  type FrameOf,
  type FrameType,
  laneMax,
  type NodeTerms,
  nodeFrames,
  ProtocolError,
  pingEveryMs,
  type RelayFrame,
  silenceMaxMs,
  stopDeadlineMs,
} from '#protocol'
import { Lane, type LaneEnding, type LanePort, type LaneRequest } from './lane.ts'
import { LaneSlot, SlotBook } from './lane-slot.ts'
import type { LinkMeter, LinkMeterOptions } from './link-meter.ts'
import { brokenRuleOf, LinkSocket } from './link-socket.ts'
import { type Errand, ReadyTerms } from './node-terms.ts'

export type NodeIdentity = {
  nodeId: string
  nodeKey: string
  linkId: string
  accountId: string
  address: string
  country: string | null
  kind: string
  schemes: string[]
}

export type LinkEvents = {
  createMeter(options: LinkMeterOptions): LinkMeter
  present(link: NodeLink, receipts: FrameOf<'present'>['receipts']): Promise<void>
  /** After the node has presented, and with every ping. */
  ticked(link: NodeLink): void
  accountRequest(link: NodeLink, request: FrameOf<'account-request'>): Promise<void>
  slotReleased(link: NodeLink): void
  left(link: NodeLink): void
  closed(link: NodeLink, code: CloseCode | 'connection-lost', detail: string): void
}

/** Limits of a link; tests take smaller ones. */
export type LinkLimits = {
  laneMax: number
  pingEveryMs: number
  silenceMaxMs: number
  stopDeadlineMs: number
  /** How long a socket may take to close before it is cut. */
  closeDeadlineMs: number
}
export const linkLimitsDefault: LinkLimits = {
  laneMax,
  pingEveryMs,
  silenceMaxMs,
  stopDeadlineMs,
  closeDeadlineMs: 2_000,
}

/** When a link has used all its lanes, what still runs on it has so long to finish. */
const usedUpFinishMsMax = 60_000

/**
 * One live WebSocket to one node, after its hello.
 *
 * ```
 *  open ──leave()──▶ draining ──lanes over──▶ leaving ──last receipt──▶ closed
 *    ├───────node's goodbye─────────────────────▲                         ▲
 *    └───────socket lost | grammar broken─────────────────────────────────┘
 * ```
 * A message that breaks the grammar ends the link with a goodbye that names the broken rule: `malformed-frame` for what cannot be
 * read, `header-invalid` for a header with CR, LF, NUL or another forbidden character, `out-of-order`, `unknown-lane`,
 * `window-overrun`, `frame-too-large`. Nothing of such a message is counted.
 */
export class NodeLink {
  readonly identity: NodeIdentity
  readonly meter: LinkMeter
  readonly #home: string | null
  /** What the owner allows now. */
  #terms: ReadyTerms
  readonly #webSocket: WebSocket
  readonly #socket: LinkSocket
  readonly #events: LinkEvents
  readonly #limits: LinkLimits
  readonly #lanes = new Map<number, Lane>()
  readonly #slots = new SlotBook()
  readonly #lanePort: LanePort
  #lastLane = 0
  #phase: 'open' | 'draining' | 'leaving' | 'closed' = 'open'
  #heardAt = Date.now()
  #presented = false
  readonly #pingTimer: NodeJS.Timeout
  readonly #stopTimers = new Map<number, NodeJS.Timeout>()
  readonly #closed = Promise.withResolvers<void>()

  constructor(
    { identity, terms }: { identity: NodeIdentity; terms: NodeTerms },
    socket: WebSocket,
    events: LinkEvents,
    limits: LinkLimits = linkLimitsDefault,
  ) {
    this.identity = identity
    this.#home = homeOf(identity.address)
    this.#terms = new ReadyTerms(terms)
    this.#webSocket = socket
    this.#socket = new LinkSocket(socket, limits.closeDeadlineMs)
    this.#events = events
    this.#limits = limits
    this.#lanePort = {
      send: (frame) => this.#sendForLane(frame),
      sendChunk: (lane, payload) => this.#sendChunk(lane, payload),
      socketDrained: () => this.#socket.drained(),
      ended: (lane) => this.#forget(lane),
    }
    this.meter = events.createMeter({
      linkId: identity.linkId,
      nodeId: identity.nodeId,
      nodeKey: identity.nodeKey,
      send: (frame) => this.send(frame),
      refuse: (detail) => this.close('receipt-refused', detail),
    })
    this.#pingTimer = setInterval(() => this.#ping(), limits.pingEveryMs)
    socket.on('message', this.#onMessage)
    socket.on('error', this.#onSocketError)
    socket.on('close', this.#onSocketClose)
  }

  get isOpen(): boolean {
    return this.#phase === 'open'
  }
  /** An owner whose terms allow no lane takes no work at all. */
  get takesWork(): boolean {
    return this.isOpen && this.#terms.lanesMax > 0
  }
  /** Do the owner's rules refuse this, or does it lead to the owner's own home? Then it is not asked. */
  refuses(errand: Errand): boolean {
    return this.#terms.refuse(errand) || (this.#home !== null && errand.homes.has(this.#home))
  }
  get closed(): Promise<void> {
    return this.#closed.promise
  }
  get lanesInUse(): number {
    return this.#lanes.size
  }
  get slotsTaken(): number {
    return this.#slots.taken
  }
  get hasFreeSlot(): boolean {
    return this.isOpen && this.#slots.taken < this.#terms.lanesMax
  }
  slotsForHost(host: string): number {
    return this.#slots.takenForHost(host)
  }
  slotsForUrl(href: string): number {
    return this.#slots.takenForUrl(href)
  }

  /** Takes a place for one attempt. The caller has checked `hasFreeSlot`. */
  takeSlot(url: URL): LaneSlot<NodeLink> {
    return new LaneSlot<NodeLink>(url, this.#slots, {
      link: this,
      openLane: (request) => this.#open(request),
      released: () => this.#events.slotReleased(this),
    })
  }

  send(frame: RelayFrame): void {
    this.#socket.send(frame)
  }

  /** Ends the link well: attempts that run may finish until `signal`, then the last receipt, then the goodbye. */
  async leave(
    code: CloseCode,
    detail: string,
    options: { signal: AbortSignal; redialAfterMs: number | null },
  ): Promise<void> {
    if (this.#phase !== 'open') return this.closed
    this.#phase = 'draining'
    this.#events.left(this)
    await this.#slotsReleased(options.signal)
    if (this.#phase !== 'draining') return this.closed
    this.#phase = 'leaving'
    for (const lane of [...this.#lanes.values()]) lane.stop('relay-draining')
    await this.#slotsReleased(AbortSignal.timeout(this.#limits.closeDeadlineMs))
    this.#closeLanes({ outcome: 'relay-draining', detail: 'This relay is closing: ask again in a moment.' })
    await this.meter.finish({ nodeListens: true })
    this.#socket.sayGoodbye({ code, detail, redialAfterMs: options.redialAfterMs })
    this.#end(code, detail)
  }

  /** Ends the link at once, with a goodbye where the socket still takes one. */
  close(code: CloseCode, detail: string): void {
    if (this.#phase === 'closed') return
    this.#socket.sayGoodbye({ code, detail, redialAfterMs: null })
    this.#end(code, detail)
  }

  #onMessage = (data: Buffer, isBinary: boolean): void => {
    if (this.#phase === 'closed') return
    this.#heardAt = Date.now()
    try {
      this.#accept(decode(isBinary ? data : data.toString('utf8')))
    } catch (error) {
      if (error instanceof ProtocolError) return this.close(error.code, error.message)
      // One node's message must not take the relay down; what stumbled here is a mistake of the relay's.
      this.close('relay-failed', `the relay stumbled over a message: ${String(error)}`)
    }
  }

  #accept(frame: Frame): void {
    assertFromNode(frame)
    switch (frame.type) {
      case 'chunk':
      case 'answer':
        this.#laneOf(frame.lane).accept(frame)
        this.meter.count.countUp(carriedBytesOf(frame))
        return this.meter.noteTraffic()
      case 'head':
      case 'end':
      case 'failed':
      case 'grant':
        return this.#laneOf(frame.lane).accept(frame)
      case 'receipt-signed':
        return this.#guard(this.meter.acceptCounterSignature(frame))
      case 'terms':
        return this.#acceptTerms(frame.terms)
      case 'account-request':
        return this.#guard(this.#events.accountRequest(this, frame))
      case 'present':
        return this.#acceptPresent(frame)
      case 'pong':
        return
      case 'goodbye':
        return this.#guard(this.#nodeLeaves(frame.code, frame.detail))
      case 'hello':
        throw new ProtocolError('out-of-order', 'a link has one hello')
    }
  }

  /** More may be allowed now than before, so whoever waits for a node is asked again. */
  #acceptTerms(terms: NodeTerms): void {
    this.#terms = new ReadyTerms(terms)
    this.#events.slotReleased(this)
  }

  #acceptPresent(frame: FrameOf<'present'>): void {
    if (this.#presented) throw new ProtocolError('out-of-order', 'a link presents once')
    this.#presented = true
    this.#events.ticked(this)
    this.#guard(this.#events.present(this, frame.receipts))
  }

  /** A node's own frames never cross its ending of a lane, so a lane that is not open here breaks the grammar. */
  #laneOf(number: number): Lane {
    const lane = this.#lanes.get(number)
    if (!lane) throw new ProtocolError('unknown-lane', `lane ${number} is not open`)
    return lane
  }

  #open({ body, ...request }: LaneRequest): Lane | null {
    const takesLanes = this.#phase === 'open' || this.#phase === 'draining'
    if (!takesLanes || this.#lastLane >= this.#limits.laneMax || !this.#socket.isOpen) return null
    this.#lastLane += 1
    const lane = new Lane(this.#lastLane, request, this.#lanePort)
    this.#lanes.set(lane.number, lane)
    this.meter.count.exchanges += 1
    this.send({ type: 'open', lane: lane.number, bodyBytes: body?.length ?? 0, ...request })
    if (body?.length) this.#guard(lane.sendBody(body))
    if (this.#lastLane === this.#limits.laneMax) this.#guard(this.#leaveUsedUp())
    return lane
  }

  /** Lane numbers are never used twice: what runs may finish, and the node dials anew. */
  #leaveUsedUp(): Promise<void> {
    const signal = AbortSignal.timeout(usedUpFinishMsMax)
    return this.leave('lanes-used-up', 'this link has used all its lanes; dial again', {
      signal,
      redialAfterMs: null,
    })
  }

  /** What goes wrong behind a message ends this link, and neither the relay nor another link. */
  #guard(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.close('relay-failed', `the relay stumbled: ${String(error)}`))
  }

  #sendForLane(frame: RelayFrame): void {
    if (frame.type === 'stop') this.#expectEnding(frame.lane)
    this.send(frame)
  }

  #expectEnding(lane: number): void {
    const ignored = () => this.close('stop-ignored', `lane ${lane} went on after it was stopped`)
    this.#stopTimers.set(lane, setTimeout(ignored, this.#limits.stopDeadlineMs))
  }

  #sendChunk(lane: number, payload: Uint8Array): boolean {
    if (!this.#socket.sendChunk(lane, payload)) return false
    this.meter.count.countDown(payload.length)
    this.meter.noteTraffic()
    return true
  }

  #forget(lane: Lane): void {
    this.#lanes.delete(lane.number)
    clearTimeout(this.#stopTimers.get(lane.number))
    this.#stopTimers.delete(lane.number)
  }

  async #nodeLeaves(code: CloseCode, detail: string): Promise<void> {
    if (this.#phase !== 'open' && this.#phase !== 'draining') return
    this.#phase = 'leaving'
    this.#events.left(this)
    this.#closeLanes({ outcome: 'node-vanished', detail: `the node said goodbye: ${code}` })
    await this.meter.finish({ nodeListens: true })
    this.#socket.close(code)
    this.#end(code, detail)
  }

  #onSocketError = (error: Error & { code?: string }): void =>
    this.#end(brokenRuleOf(error.code), error.message)

  #onSocketClose = (): void => this.#end('connection-lost', 'the connection to the node was lost')

  #end(code: CloseCode | 'connection-lost', detail: string): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    clearInterval(this.#pingTimer)
    this.#webSocket.off('message', this.#onMessage)
    this.#webSocket.off('error', this.#onSocketError)
    this.#webSocket.off('close', this.#onSocketClose)
    this.#socket.wake()
    this.#closeLanes({ outcome: 'node-vanished', detail })
    this.#guard(this.meter.finish({ nodeListens: false }))
    this.#events.closed(this, code, detail)
    this.#closed.resolve()
  }

  #closeLanes(ending: LaneEnding): void {
    for (const lane of [...this.#lanes.values()]) lane.close(ending)
  }

  /** Resolves when no attempt holds a slot any more, or `signal` aborts, or the link is closed. */
  #slotsReleased(signal: AbortSignal): Promise<void> {
    return Promise.race([this.#slots.untilEmpty(signal), this.closed])
  }

  #ping(): void {
    const { silenceMaxMs: limitMs } = this.#limits
    if (Date.now() - this.#heardAt > limitMs) this.close('silent-too-long', `nothing came for ${limitMs} ms`)
    else {
      this.send({ type: 'ping', atUnixMs: Date.now() })
      this.#events.ticked(this)
    }
  }
}

const fromNode = new Set<FrameType>(nodeFrames)
function assertFromNode(frame: Frame): asserts frame is FrameOf<(typeof nodeFrames)[number]> {
  if (!fromNode.has(frame.type)) throw new ProtocolError('out-of-order', `a node does not send ${frame.type}`)
}
