import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import {
  type CloseCode,
  carriedBytesOf,
  closes,
  decode,
  encode,
  exportPublicKey,
  type Frame,
  type FrameOf,
  type FrameType,
  fingerprint,
  helloText,
  importPublicKey,
  PROTOCOL_VERSION,
  type Receipt,
  type RelayFrame,
  randomToken,
  receiptText,
  sign,
  TrafficCount,
  verify,
  windowBytesInitial,
} from '#protocol'

/** A relay whose every frame a test decides: real sockets, real keys, the real protocol, and no will of its own. */
export type ScriptedRelay = {
  url: string
  relayId: string
  /** The next node that says a good hello; rejects when a hello is bad. */
  nextLink(): Promise<ScriptedLink>
  /** Until called again with null, every new socket hears this goodbye instead of a challenge. */
  turnAway(code: CloseCode | null): void
  /** The relay is gone, as by SIGKILL: sockets are cut, and nobody listens on the port. */
  stop(): Promise<void>
}

export type ScriptedRelayOptions = {
  port?: number
  /** Said in the welcome; the extension decides whether to believe it. */
  addressSpaceOverrides?: string[]
  publicAddress?: string
}

type Keys = { relayId: string; publicKey: string; privateKey: CryptoKey }

export async function startScriptedRelay(options: ScriptedRelayOptions = {}): Promise<ScriptedRelay> {
  const keys = await makeKeys()
  const server = new WebSocketServer({ host: '127.0.0.1', port: options.port ?? 0, path: '/node' })
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const links = new Mailbox<ScriptedLink>()
  let refusal: CloseCode | null = null
  server.on('connection', (socket) => {
    if (refusal) return sayGoodbye(socket, refusal)
    greet(socket, url, keys, options).then(
      (link) => links.put(link),
      (error) => links.fail(error),
    )
  })
  return {
    url,
    relayId: keys.relayId,
    nextLink: () => links.take(),
    turnAway: (code) => {
      refusal = code
    },
    stop: () => stop(server),
  }
}

async function makeKeys(): Promise<Keys> {
  const pair = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair
  const publicKey = await exportPublicKey(pair.publicKey)
  return { relayId: await fingerprint('r', publicKey), publicKey, privateKey: pair.privateKey }
}

async function greet(
  socket: WebSocket,
  url: string,
  keys: Keys,
  options: ScriptedRelayOptions,
): Promise<ScriptedLink> {
  const nonce = randomToken()
  const { relayId, publicKey: relayKey } = keys
  socket.send(
    encode({ type: 'challenge', version: PROTOCOL_VERSION, relayId, relayKey, publicUrl: url, nonce }),
  )
  const hello = await new Promise<Frame>((resolve) =>
    socket.once('message', (data) => resolve(decode(String(data)))),
  )
  if (hello.type !== 'hello') throw new Error(`the node said ${JSON.stringify(hello)} instead of hello`)
  const text = helloText({ relayId, relayUrl: url, nonce, nodeKey: hello.nodeKey })
  if (!(await verify(await importPublicKey(hello.nodeKey), text, hello.signature)))
    throw new Error('the hello was not signed over this relay, address and nonce')
  const link = new ScriptedLink(socket, keys, hello, await fingerprint('n', hello.nodeKey))
  link.send({
    type: 'welcome',
    linkId: link.linkId,
    nodeId: link.nodeId,
    country: 'DE',
    publicAddress: options.publicAddress ?? '127.0.0.1',
    addressSpaceOverrides: options.addressSpaceOverrides ?? [],
    unitsPerMib: 1_000_000,
  })
  return link
}

function sayGoodbye(socket: WebSocket, code: CloseCode): void {
  socket.send(
    encode({
      type: 'goodbye',
      code,
      detail: 'as the test wants it',
      version: PROTOCOL_VERSION,
      redialAfterMs: null,
    }),
  )
  socket.close(closes[code].number, code)
}

async function stop(server: WebSocketServer): Promise<void> {
  for (const socket of server.clients) socket.terminate()
  await new Promise((resolve) => server.close(resolve))
}

export type LaneResult = {
  ending: FrameOf<'answer' | 'end' | 'failed'>
  status: number | null
  headers: [string, string][]
  encoding: 'identity' | 'gzip' | null
  /** As it was carried: gzip stays gzip. */
  body: Buffer
  chunks: number
}

export type Question = Partial<Omit<FrameOf<'open'>, 'type' | 'lane' | 'bodyBytes'>> & {
  url: string
  body?: Uint8Array
  /** Every byte is granted again as it comes; false leaves the node with its first window. */
  grants?: boolean
}

/** The relay's end of one link. It counts what passes and otherwise does what it is told. */
export class ScriptedLink {
  readonly count = new TrafficCount({ remembersPrefixes: false })
  readonly linkId = `lnk_${randomToken()}`
  readonly hello: FrameOf<'hello'>
  readonly nodeId: string
  readonly frames: Frame[] = []
  readonly #framesByLane = new Map<number, Frame[]>()
  readonly closed: Promise<{ number: number }>
  readonly #socket: WebSocket
  readonly #keys: Keys
  readonly #listeners = new Set<(frame: Frame) => void>()
  #lastLane = 0
  #sequence = 0

  constructor(socket: WebSocket, keys: Keys, hello: FrameOf<'hello'>, nodeId: string) {
    this.#socket = socket
    this.#keys = keys
    this.hello = hello
    this.nodeId = nodeId
    socket.on('message', (data: Buffer, isBinary) => this.#hear(decode(isBinary ? data : String(data))))
    this.closed = new Promise((resolve) => socket.once('close', (number) => resolve({ number })))
  }

  send(frame: RelayFrame): void {
    if (frame.type === 'chunk') this.count.countDown(frame.payload.length)
    this.#socket.send(encode(frame))
  }

  sendRaw(message: string | Uint8Array): void {
    this.#socket.send(message)
  }

  /** The first frame of this type that fits, whether it has come already or not. */
  next<T extends FrameType>(type: T, fits: (frame: FrameOf<T>) => boolean = () => true): Promise<FrameOf<T>> {
    const isIt = (frame: Frame): frame is FrameOf<T> => frame.type === type && fits(frame as FrameOf<T>)
    const present = this.frames.find(isIt)
    if (present) return Promise.resolve(present)
    return new Promise((resolve) => {
      const listen = (frame: Frame) => {
        if (!isIt(frame)) return
        this.#listeners.delete(listen)
        resolve(frame)
      }
      this.#listeners.add(listen)
    })
  }

  /** Opens a lane and gives its number at once. */
  open({ body, grants: _, ...asked }: Question): number {
    this.#lastLane += 1
    const lane = this.#lastLane
    this.count.exchanges += 1
    this.send({ type: 'open', lane, ...defaultQuestion, ...asked, bodyBytes: body?.length ?? 0 })
    if (!body) return lane
    this.send({ type: 'chunk', lane, payload: body })
    this.send({ type: 'end', lane, truncated: false })
    return lane
  }

  /** Asks and waits for the one ending of the lane. */
  async ask(question: Question): Promise<LaneResult> {
    const lane = this.open(question)
    return this.collect(lane, question)
  }

  async collect(lane: number, { grants = true }: Pick<Question, 'grants'> = {}): Promise<LaneResult> {
    const chunks: Uint8Array[] = []
    let head: FrameOf<'head'> | null = null
    for (let at = 0; ; at += 1) {
      const frame = await this.#frameAt(lane, at)
      if (frame.type === 'head') head = frame
      else if (frame.type === 'chunk') {
        chunks.push(frame.payload)
        if (grants) this.send({ type: 'grant', lane, bytes: frame.payload.length })
      } else if (frame.type === 'answer') return resultOf(frame, frame, [frame.body])
      else if (frame.type === 'end' || frame.type === 'failed') return resultOf(frame, head, chunks)
    }
  }

  /** Cuts a receipt over what this relay has counted; `lie` changes it before it is signed. */
  async sendReceipt(lie: Partial<Receipt> = {}): Promise<Receipt> {
    this.#sequence += 1
    const { exchanges, upFrames, carriedUp, carriedDown } = this.count
    const parties = { relayId: this.#keys.relayId, nodeId: this.nodeId, linkId: this.linkId }
    const counts = { sequence: this.#sequence, exchanges, upFrames, carriedUp, carriedDown }
    const unsigned = { ...parties, ...counts, atUnixMs: Date.now(), ...lie }
    const signature = lie.signature ?? (await sign(this.#keys.privateKey, receiptText(unsigned)))
    const receipt = { ...unsigned, signature }
    this.send({ type: 'receipt', receipt })
    return receipt
  }

  goodbye(code: CloseCode): void {
    sayGoodbye(this.#socket, code)
  }

  /** The network is gone, without a word. */
  cut(): void {
    this.#socket.terminate()
  }

  #hear(frame: Frame): void {
    if (frame.type === 'chunk' || frame.type === 'answer') this.count.countUp(carriedBytesOf(frame))
    this.frames.push(frame)
    if ('lane' in frame && frame.type !== 'grant') this.#onLane(frame.lane).push(frame)
    for (const listen of this.#listeners) listen(frame)
  }

  #onLane(lane: number): Frame[] {
    const frames = this.#framesByLane.get(lane) ?? []
    this.#framesByLane.set(lane, frames)
    return frames
  }

  #frameAt(lane: number, index: number): Promise<Frame> {
    const onLane = this.#onLane(lane)
    const present = onLane[index]
    if (present) return Promise.resolve(present)
    return new Promise((resolve) => {
      const listen = () => {
        const frame = onLane[index]
        if (!frame) return
        this.#listeners.delete(listen)
        resolve(frame)
      }
      this.#listeners.add(listen)
    })
  }
}

const defaultQuestion = {
  exchangeId: 'ex_test',
  attempt: 1,
  method: 'GET',
  headers: [],
  windowBytes: windowBytesInitial,
  gzip: false,
  answerBytesMax: null,
  headDeadlineMs: 30_000,
  customer: { id: 'cus_test', label: 'a test', purpose: null, contact: null },
} satisfies Partial<FrameOf<'open'>>

function resultOf(
  ending: LaneResult['ending'],
  head: FrameOf<'head' | 'answer'> | null,
  chunks: Uint8Array[],
): LaneResult {
  const { status = null, headers = [], encoding = null } = head ?? {}
  return { ending, status, headers, encoding, body: Buffer.concat(chunks), chunks: chunks.length }
}

/** What was put is taken once, in order; who comes early waits. */
class Mailbox<T> {
  #letters: { value: T }[] = []
  #errors: unknown[] = []
  #waiting: PromiseWithResolvers<T>[] = []

  put(value: T): void {
    const waiting = this.#waiting.shift()
    if (waiting) waiting.resolve(value)
    else this.#letters.push({ value })
  }

  fail(error: unknown): void {
    const waiting = this.#waiting.shift()
    if (waiting) waiting.reject(error)
    else this.#errors.push(error)
  }

  take(): Promise<T> {
    const letter = this.#letters.shift()
    if (letter) return Promise.resolve(letter.value)
    if (this.#errors.length > 0) return Promise.reject(this.#errors.shift())
    const waiting = Promise.withResolvers<T>()
    this.#waiting.push(waiting)
    return waiting.promise
  }
}
