import {
  type CloseCode,
  closes,
  counterSignDeadlineMs,
  decode,
  encode,
  type FrameOf,
  helloDeadlineMs,
  helloText,
  type NodeFrame,
  PROTOCOL_VERSION,
  ProtocolError,
  presentedReceiptsMax,
  type RelayFrame,
  sentenceCharactersMax,
  silenceMaxMs,
  TrafficCount,
} from '#protocol'
import { CarriedPace } from './carried-pace.ts'
import { ExchangeFailure } from './exchange-failure.ts'
import { ExchangeRunner } from './exchange-runner.ts'
import { messageLineBytes } from './line-bytes.ts'
import type { LinkActivity } from './link-activity.ts'
import { asRelayFrame, endOf, outOfOrder, relayKeyOf } from './link-grammar.ts'
import type { LinkEnd, LinkEvents, LinkPorts, LinkSocket } from './link-ports.ts'
import { Outbox } from './outbox.ts'
import { LinkReceipts } from './receipts.ts'

export type { LinkEnd, LinkEvents, LinkHello, LinkPorts, LinkSocket } from './link-ports.ts'

type LinkLife =
  | { phase: 'dialling' }
  | { phase: 'greeting'; relayId: string; relayKey: CryptoKey | null }
  | { phase: 'linked'; since: number; runner: ExchangeRunner; receipts: LinkReceipts }
  | { phase: 'leaving'; since: number; runner: ExchangeRunner; receipts: LinkReceipts; end: Goodbye }
  | { phase: 'closed' }

type Goodbye = { code: CloseCode; detail: string; redialAfterMs: number | null; saidBy: 'relay' | 'node' }

/** After a goodbye the relay cuts its last receipt and says that it is posted; for so long this node still listens. */
export const lastReceiptWaitMs = counterSignDeadlineMs + 1_000

/** A relay that drains lets what runs finish, and closes; for so long this node waits for it. A relay gives its exchanges 10 s. */
export const drainMsMax = 30_000

/** How often a link looks whether it has been silent for too long. */
const silenceCheckMs = 5_000

/**
 * One link to one relay.
 *
 * ```
 *  dialling ──challenge▸hello──▶ greeting ──welcome▸present──▶ linked ──goodbye──▶ leaving ──last receipt──▶ closed
 *      └────── refused | late ──────┴──────── socket lost | grammar broken | silent ────┴─────────────────────▲
 * ```
 */
export class RelayLink {
  readonly #relayUrl: string
  readonly #socket: LinkSocket
  readonly #ports: LinkPorts
  readonly #events: LinkEvents
  readonly #count = new TrafficCount({ remembersPrefixes: true })
  readonly #pace: CarriedPace
  readonly #outbox: Outbox
  #activity: LinkActivity | null = null
  #life: LinkLife = { phase: 'dialling' }
  #saidTerms = ''
  #heardAt = performance.now()
  #silenceTimer: ReturnType<typeof setInterval>
  #deadline: ReturnType<typeof setTimeout>
  readonly #gone = Promise.withResolvers<void>()

  /** Dials at once. `nodeDoor` is the socket's address of `relayUrl`. */
  constructor(dial: { relayUrl: string; nodeDoor: string }, ports: LinkPorts, events: LinkEvents) {
    this.#relayUrl = dial.relayUrl
    this.#ports = ports
    this.#events = events
    this.#socket = ports.openSocket(dial.nodeDoor)
    this.#socket.binaryType = 'arraybuffer'
    this.#pace = new CarriedPace(
      () => ports.limits().upBytesPerSecondMax,
      () => performance.now(),
    )
    this.#outbox = this.#createOutbox()
    this.#socket.onmessage = ({ data }) => this.#hear(data)
    this.#socket.onclose = ({ code, reason }) => this.#end(endOf(code, reason))
    this.#deadline = setTimeout(() => this.#tooLate(), helloDeadlineMs)
    this.#silenceTimer = setInterval(() => this.#checkSilence(), silenceCheckMs)
  }

  get phase(): LinkLife['phase'] {
    return this.#life.phase
  }

  /** Resolves when the socket is closed and nothing more is said. */
  get gone(): Promise<void> {
    return this.#gone.promise
  }

  /**
   * The owner's side ends the link: every exchange fails with `failure` now, then the goodbye; receipts still pass until
   * the relay closes.
   */
  leave(code: CloseCode, failure: ExchangeFailure): void {
    if (this.#life.phase === 'dialling' || this.#life.phase === 'greeting')
      return this.#breakOff(code, failure.message)
    if (this.#life.phase === 'closed') return
    this.#life.runner.failAll(failure)
    const goodbye = { code, detail: failure.message, redialAfterMs: null }
    this.#say({ type: 'goodbye', version: PROTOCOL_VERSION, ...goodbye })
    this.#startLeaving({ ...goodbye, saidBy: 'node' })
  }

  /** The owner may allow something else from now on: what runs against it ends, and the relay is told where it does. */
  termsChanged(): void {
    if (this.#life.phase !== 'linked' && this.#life.phase !== 'leaving') return
    this.#life.runner.endRefused()
    if (this.#life.phase === 'linked') this.#sayTerms()
  }

  /** Asks about the account; false where the link does not stand. `accountAnswered` tells the answer. */
  askAccount(request: Omit<FrameOf<'account-request'>, 'type'>): boolean {
    if (this.#life.phase !== 'linked') return false
    this.#say({ type: 'account-request', ...request })
    return true
  }

  #hear(data: string | ArrayBuffer): void {
    this.#heardAt = performance.now()
    this.#events.moved(messageLineBytes(data, 'down'))
    try {
      const frame = decode(typeof data === 'string' ? data : new Uint8Array(data))
      this.#accept(asRelayFrame(frame))
    } catch (error) {
      this.#break(error)
    }
  }

  #break(error: unknown): void {
    if (error instanceof ProtocolError) this.#breakOff(error.code, error.message)
    else this.#breakOff('node-leaving', `the node stumbled: ${String(error)}`, 'unreachable')
  }

  #accept(frame: RelayFrame): void {
    if (frame.type === 'goodbye') return this.#heardGoodbye(frame)
    switch (this.#life.phase) {
      case 'dialling':
        return this.#acceptChallenge(frame)
      case 'greeting':
        return this.#acceptWelcome(frame, this.#life)
      case 'leaving':
        if (frame.type === 'open' && this.#life.end.saidBy === 'relay')
          throw outOfOrder('a relay that said goodbye opens no lane')
        return this.#acceptOnLink(frame, this.#life)
      case 'linked':
        return this.#acceptOnLink(frame, this.#life)
      case 'closed':
        return
    }
  }

  #acceptChallenge(frame: RelayFrame): void {
    if (frame.type !== 'challenge') throw outOfOrder('the first frame of a relay is its challenge')
    this.#life = { phase: 'greeting', relayId: frame.relayId, relayKey: null }
    this.#sayHello(frame).catch((error) => this.#break(error))
  }

  async #sayHello({ relayId, relayKey, nonce }: FrameOf<'challenge'>): Promise<void> {
    const key = await relayKeyOf(relayId, relayKey)
    const { publicKey: nodeKey, sign } = this.#ports.identity
    const signature = await sign(helloText({ relayId, relayUrl: this.#relayUrl, nonce, nodeKey }))
    if (this.#life.phase !== 'greeting') return
    this.#life = { ...this.#life, relayKey: key }
    const greeting = { version: PROTOCOL_VERSION, nodeKey, signature, relayUrl: this.#relayUrl }
    const terms = this.#ports.terms()
    this.#saidTerms = JSON.stringify(terms)
    this.#say({ type: 'hello', ...greeting, terms, ...this.#ports.hello })
  }

  /** Says nothing twice. */
  #sayTerms(): void {
    const terms = this.#ports.terms()
    const text = JSON.stringify(terms)
    if (text === this.#saidTerms) return
    this.#saidTerms = text
    this.#say({ type: 'terms', terms })
  }

  #acceptWelcome(frame: RelayFrame, { relayId, relayKey }: Extract<LinkLife, { phase: 'greeting' }>): void {
    if (frame.type !== 'welcome' || !relayKey) throw outOfOrder('a welcome comes after the hello')
    const { linkId, nodeId } = frame
    if (nodeId !== this.#ports.identity.nodeId)
      throw new ProtocolError('wrong-relay', 'the welcome names another node')
    clearTimeout(this.#deadline)
    const receipts = this.#createReceipts({ relayId, relayKey, nodeId, linkId })
    this.#activity = this.#ports.activity.openLink(frame.unitsPerMib)
    const runner = this.#createRunner(this.#activity)
    this.#life = { phase: 'linked', since: performance.now(), runner, receipts }
    this.#events.welcomed(frame)
    // The owner may have changed something between hello and welcome.
    this.#sayTerms()
    this.#present(linkId).catch((error) => this.#break(error))
  }

  #createReceipts(parties: ConstructorParameters<typeof LinkReceipts>[0]): LinkReceipts {
    const { identity, receipts } = this.#ports
    return new LinkReceipts(parties, this.#count, {
      sign: identity.sign,
      keep: receipts.keep,
      forget: receipts.forget,
      reply: (frame) => this.#say(frame),
      refuse: (error) => this.#break(error),
      nowUnixMs: Date.now,
    })
  }

  #createOutbox(): Outbox {
    return new Outbox({
      socket: {
        bufferedAmount: () => this.#socket.bufferedAmount,
        send: (message) => this.#transmit(message),
      },
      count: this.#count,
      pace: this.#pace,
      halted: this.#ports.halted,
      counted: (bytes, lane) => {
        this.#events.carried(bytes)
        this.#activity?.sent(lane, bytes)
      },
    })
  }

  #createRunner(activity: LinkActivity): ExchangeRunner {
    return new ExchangeRunner({
      ports: this.#ports.exchanges,
      line: {
        send: (frame) => this.#say(frame),
        sendData: (frame, signal) => this.#outbox.sendData(frame, signal),
        frameBytesMax: () => this.#pace.frameBytesMax(),
      },
      count: this.#count,
      lanesMax: () => this.#ports.limits().lanesMax,
      activity,
      changed: this.#events.running,
    })
  }

  async #present(linkId: string): Promise<void> {
    const kept = await this.#ports.receipts.readKept()
    const earlier = kept.filter((other) => other.linkId !== linkId).slice(0, presentedReceiptsMax)
    const receipts = earlier.map(({ receipt, counterSignature }) => ({ receipt, counterSignature }))
    if (this.#life.phase === 'linked') this.#say({ type: 'present', receipts })
  }

  #acceptOnLink(
    frame: RelayFrame,
    { runner, receipts }: Extract<LinkLife, { phase: 'linked' | 'leaving' }>,
  ): void {
    switch (frame.type) {
      case 'open':
        return runner.open(frame)
      case 'chunk':
        this.#events.carried(frame.payload.length)
        return runner.takeChunk(frame)
      case 'end':
        return runner.endBody(frame)
      case 'grant':
        return runner.grant(frame)
      case 'stop':
        return runner.stop(frame.lane, new ExchangeFailure('stopped', 'the relay stopped this exchange'))
      case 'receipt':
        return receipts.take(frame.receipt)
      case 'posted':
        return receipts.posted(frame)
      case 'earned':
        return this.#events.earned(frame)
      case 'quality':
        return this.#events.quality(frame)
      case 'account-answer':
        return this.#events.accountAnswered(frame)
      case 'ping':
        return this.#say({ type: 'pong', atUnixMs: frame.atUnixMs })
      default:
        throw outOfOrder(`a ${frame.type} has no place on a link that stands`)
    }
  }

  /** A relay that drains lets running exchanges finish; after any other goodbye there is nothing left to answer. */
  #heardGoodbye({ code, detail, redialAfterMs }: FrameOf<'goodbye'>): void {
    if (this.#life.phase === 'leaving') return
    if (this.#life.phase !== 'linked')
      return this.#closeWith({ code, detail, redialAfterMs, saidBy: 'relay' })
    if (code !== 'relay-draining') this.#life.runner.abandonAll()
    this.#startLeaving({ code, detail, redialAfterMs, saidBy: 'relay' })
  }

  #startLeaving(end: Goodbye): void {
    if (this.#life.phase !== 'linked' && this.#life.phase !== 'leaving') return
    const { since, runner, receipts } = this.#life
    this.#life = { phase: 'leaving', since, runner, receipts, end }
    clearTimeout(this.#deadline)
    const waitMs = end.code === 'relay-draining' ? drainMsMax : lastReceiptWaitMs
    this.#deadline = setTimeout(() => this.#closeWith(end), waitMs)
    this.#events.leaving(end.code)
  }

  #tooLate(): void {
    this.#breakOff('hello-late', `the relay did not greet this node within ${helloDeadlineMs} ms`)
  }

  #checkSilence(): void {
    const silentMs = performance.now() - this.#heardAt
    if (silentMs > silenceMaxMs)
      this.#breakOff('silent-too-long', `the relay said nothing for ${silenceMaxMs} ms`)
  }

  /**
   * Ends the link at once, telling the relay why where the socket still takes it. `countsAs` is what the link's owner makes of
   * it: a stumble of our own is worth another dial.
   */
  #breakOff(code: CloseCode, wholeDetail: string, countsAs: LinkEnd['code'] = code): void {
    if (this.#life.phase === 'closed') return
    const detail = wholeDetail.slice(0, sentenceCharactersMax)
    this.#say({ type: 'goodbye', version: PROTOCOL_VERSION, code, detail, redialAfterMs: null })
    this.#socket.close(closes[code].number, code)
    this.#end({ code: countsAs, detail, redialAfterMs: null })
  }

  /** Nothing is left to say. */
  #closeWith(end: Goodbye): void {
    if (this.#life.phase === 'closed') return
    this.#socket.close(closes[end.code].number, end.code)
    this.#end(end)
  }

  /** The one ending. A goodbye that was said or heard before says more than the socket's own words. */
  #end(end: Omit<LinkEnd, 'stoodMs'>): void {
    const life = this.#life
    if (life.phase === 'closed') return
    this.#life = { phase: 'closed' }
    clearTimeout(this.#deadline)
    clearInterval(this.#silenceTimer)
    this.#socket.onmessage = null
    this.#socket.onclose = null
    const stood = life.phase === 'linked' || life.phase === 'leaving'
    if (stood) life.runner.abandonAll()
    this.#outbox.close(new ExchangeFailure('stopped', 'the link to the relay ended'))
    const stoodMs = stood ? performance.now() - life.since : 0
    const { code, detail, redialAfterMs } = life.phase === 'leaving' ? life.end : end
    this.#events.ended({ code, detail, redialAfterMs, stoodMs })
    this.#gone.resolve()
  }

  #say(frame: NodeFrame): void {
    if (this.#socket.readyState === socketOpen) this.#transmit(encode(frame))
  }

  #transmit(message: string | Uint8Array<ArrayBufferLike>): void {
    this.#socket.send(message as string | Uint8Array<ArrayBuffer>)
    this.#events.moved(messageLineBytes(message, 'up'))
  }
}

/** WebSocket.OPEN, spelt out because a test's socket has no such class. */
const socketOpen = 1
