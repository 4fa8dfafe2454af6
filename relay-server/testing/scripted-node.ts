import { WebSocket } from 'ws'
import {
  type AnswerFrame,
  carriedBytesOf,
  counterSignatureText,
  type DataFrame,
  decode,
  type Ed25519Key,
  encode,
  exportPublicKey,
  type Frame,
  type FrameOf,
  type HeaderList,
  helloText,
  lanesMax,
  type NodeFailureCode,
  type NodeFrame,
  type NodeTerms,
  PROTOCOL_VERSION,
  type Receipt,
  SendWindow,
  sign,
  TrafficCount,
} from '#protocol'

type KeyPair = { publicKey: Ed25519Key; privateKey: Ed25519Key }

export type ScriptedNodeOptions = {
  relayUrl: string
  /** What the node does with each lane. Runs in the background; a rejection closes the node. */
  onLane?: (lane: ScriptedLane) => void | Promise<void>
  key?: KeyPair
  terms?: Partial<NodeTerms>
  schemes?: ('http' | 'https')[]
  /** Sent as `X-Forwarded-For`, for relays that trust this machine as a proxy. */
  forwardedFor?: string
  /** Counter-sign receipts as they come; false leaves them unanswered. */
  signsReceipts?: boolean
  /** Keep every frame for `frame()` to look through; false for long loads. */
  keepsHistory?: boolean
  /** Receipts of earlier links, presented after the welcome. */
  presents?: FrameOf<'present'>['receipts']
}

export const newNodeKey = (): Promise<KeyPair> =>
  crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']) as Promise<KeyPair>

/** A node without a browser: real WebSocket, real protocol, and answers that a test writes. */
export async function connectScriptedNode(options: ScriptedNodeOptions): Promise<ScriptedNode> {
  const key = options.key ?? (await newNodeKey())
  const node = new ScriptedNode(options, key, await exportPublicKey(key.publicKey))
  await node.welcomed
  return node
}

/** An owner who allows everything. */
export const openTerms: NodeTerms = {
  lanesMax,
  deniedCategories: [],
  deniedHosts: [],
  allowedHosts: [],
  onlyAllowed: false,
  deniedCustomers: [],
}

export class ScriptedNode {
  readonly socket: WebSocket
  readonly key: KeyPair
  readonly count = new TrafficCount({ remembersPrefixes: true })
  readonly received: Frame[] = []
  readonly lanes = new Map<number, ScriptedLane>()
  welcome: FrameOf<'welcome'> | null = null
  /** The newest receipt, as a node keeps it until it is posted. */
  kept: FrameOf<'present'>['receipts'][number] | null = null
  readonly #options: ScriptedNodeOptions
  readonly #publicKey: string
  readonly #welcomed = Promise.withResolvers<void>()
  readonly #closed = Promise.withResolvers<number>()
  readonly #watchers = new Set<() => void>()

  constructor(options: ScriptedNodeOptions, key: KeyPair, publicKey: string) {
    this.#options = options
    this.key = key
    this.#publicKey = publicKey
    const headers = options.forwardedFor ? { 'x-forwarded-for': options.forwardedFor } : {}
    this.socket = new WebSocket(`${options.relayUrl.replace('http', 'ws')}/node`, { headers })
    this.socket.on('message', (data: Buffer, isBinary) =>
      this.#accept(decode(isBinary ? data : data.toString())),
    )
    this.socket.on('error', (error) => this.#welcomed.reject(error))
    this.socket.on('close', (code) => this.#onClose(code))
  }

  get welcomed(): Promise<void> {
    return this.#welcomed.promise
  }
  /** Resolves with the WebSocket close code. */
  get closed(): Promise<number> {
    return this.#closed.promise
  }
  get nodeId(): string {
    return this.welcome?.nodeId ?? ''
  }

  send(frame: NodeFrame): void {
    if (frame.type === 'chunk' || frame.type === 'answer')
      this.count.countUp(carriedBytesOf(frame as DataFrame))
    this.socket.send(encode(frame))
  }

  /** Cuts the connection without a word. */
  drop(): void {
    this.socket.terminate()
  }

  leave(code: FrameOf<'goodbye'>['code'] = 'node-leaving'): void {
    this.send({
      type: 'goodbye',
      code,
      detail: 'the test is over',
      version: PROTOCOL_VERSION,
      redialAfterMs: null,
    })
  }

  /** Resolves with the first frame of this type that fits, already received or still to come. */
  async frame<T extends Frame['type']>(
    type: T,
    fits: (frame: FrameOf<T>) => boolean = () => true,
  ): Promise<FrameOf<T>> {
    for (;;) {
      const found = this.received.find((frame) => frame.type === type && fits(frame as FrameOf<T>))
      if (found) return found as FrameOf<T>
      await new Promise<void>((resolve) => this.#watchers.add(resolve))
    }
  }

  #accept(frame: Frame): void {
    if (this.#options.keepsHistory !== false) this.received.push(frame)
    this.#react(frame)
    for (const wake of this.#watchers) wake()
    this.#watchers.clear()
  }

  #react(frame: Frame): void {
    switch (frame.type) {
      case 'challenge':
        return void this.#sayHello(frame)
      case 'welcome':
        return this.#onWelcome(frame)
      case 'open':
        return this.#onOpen(frame)
      case 'chunk':
        this.count.countDown(frame.payload.length)
        return this.lanes.get(frame.lane)?.acceptBody(frame.payload)
      case 'end':
        return this.lanes.get(frame.lane)?.acceptEnd()
      case 'grant':
        return this.lanes.get(frame.lane)?.window.grant(frame.bytes)
      case 'stop':
        return this.lanes.get(frame.lane)?.acceptStop()
      case 'receipt':
        return void this.#answerReceipt(frame.receipt)
      case 'ping':
        return this.send({ type: 'pong', atUnixMs: frame.atUnixMs })
      case 'goodbye':
        return this.#welcomed.reject(new Error(`goodbye ${frame.code}: ${frame.detail}`))
    }
  }

  async #sayHello(challenge: FrameOf<'challenge'>): Promise<void> {
    const { relayUrl } = this.#options
    const text = helloText({
      relayId: challenge.relayId,
      relayUrl,
      nonce: challenge.nonce,
      nodeKey: this.#publicKey,
    })
    this.send({
      type: 'hello',
      version: PROTOCOL_VERSION,
      nodeKey: this.#publicKey,
      signature: await sign(this.key.privateKey, text),
      relayUrl,
      terms: { ...openTerms, ...this.#options.terms },
      schemes: this.#options.schemes ?? ['http', 'https'],
      kind: 'other',
      softwareVersion: 'scripted',
    })
  }

  #onWelcome(frame: FrameOf<'welcome'>): void {
    this.welcome = frame
    if (this.#options.presents) this.send({ type: 'present', receipts: this.#options.presents })
    this.#welcomed.resolve()
  }

  #onOpen(frame: FrameOf<'open'>): void {
    this.count.exchanges += 1
    const lane = new ScriptedLane(frame, (sent) => this.send(sent))
    this.lanes.set(frame.lane, lane)
    const running = this.#options.onLane?.(lane)
    if (running instanceof Promise) running.catch(() => this.drop())
  }

  async #answerReceipt(receipt: Receipt): Promise<void> {
    const carriedUp = this.count.carriedUpAfter(receipt.upFrames) ?? this.count.carriedUp
    const counts = { carriedUp, carriedDown: this.count.carriedDown }
    const signature = await sign(this.key.privateKey, counterSignatureText(receipt, counts))
    this.kept = { receipt, counterSignature: { ...counts, signature } }
    if (this.#options.signsReceipts === false || this.socket.readyState !== WebSocket.OPEN) return
    const { linkId, sequence } = receipt
    this.send({ type: 'receipt-signed', linkId, sequence, counterSignature: { ...counts, signature } })
  }

  #onClose(code: number): void {
    this.#welcomed.reject(new Error(`the relay closed the link: ${code}`))
    for (const lane of this.lanes.values()) lane.acceptStop()
    this.#closed.resolve(code)
  }
}

type AnswerScript = Partial<Omit<AnswerFrame, 'type' | 'lane' | 'body'>> & { body?: Uint8Array | string }

/** One lane, as the test plays it. */
export class ScriptedLane {
  readonly open: FrameOf<'open'>
  readonly window: SendWindow
  readonly #send: (frame: NodeFrame) => void
  readonly #stopped = new AbortController()
  readonly #body: Uint8Array[] = []
  #isOver = false
  readonly #bodyEnd = Promise.withResolvers<void>()

  constructor(open: FrameOf<'open'>, send: (frame: NodeFrame) => void) {
    this.open = open
    this.#send = send
    this.window = new SendWindow(open.windowBytes)
  }

  /** Aborts when the relay stops the lane, or the link ends. */
  get stopped(): AbortSignal {
    return this.#stopped.signal
  }

  answer({
    status = 200,
    headers = [],
    encoding = 'identity',
    truncated = false,
    body = '',
  }: AnswerScript = {}): void {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
    this.#isOver = true
    this.#send({ type: 'answer', lane: this.open.lane, status, headers, encoding, truncated, body: bytes })
  }

  head(status = 200, headers: HeaderList = [], encoding: 'identity' | 'gzip' = 'identity'): void {
    this.#send({ type: 'head', lane: this.open.lane, status, headers, encoding })
  }

  /** Sends as the window allows; throws when the lane is stopped meanwhile. */
  async chunk(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length; ) {
      await this.window.waitForRoom(this.stopped)
      const taken = this.window.take(Math.min(64 * 1024, bytes.length - sent))
      this.#send({ type: 'chunk', lane: this.open.lane, payload: bytes.subarray(sent, sent + taken) })
      sent += taken
    }
  }

  end(truncated = false): void {
    this.#isOver = true
    this.#send({ type: 'end', lane: this.open.lane, truncated })
  }

  failed(code: NodeFailureCode, detail: string | null = null): void {
    this.#isOver = true
    this.#send({ type: 'failed', lane: this.open.lane, code, detail })
  }

  /** The request's body, once it is whole. */
  async body(): Promise<Buffer> {
    if (this.open.bodyBytes > 0) await this.#bodyEnd.promise
    return Buffer.concat(this.#body)
  }

  acceptBody(bytes: Uint8Array): void {
    this.#body.push(bytes)
    // What was under way when the lane ended still counts; nothing is said on the lane any more.
    if (!this.#isOver) this.#send({ type: 'grant', lane: this.open.lane, bytes: bytes.length })
  }
  acceptEnd(): void {
    this.#bodyEnd.resolve()
  }
  acceptStop(): void {
    this.#stopped.abort()
  }
}
