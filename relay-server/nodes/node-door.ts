import { uuidv7 } from 'uuidv7'
import type { WebSocket } from 'ws'
import {
  closes,
  decode,
  encode,
  type FrameOf,
  fingerprint,
  helloDeadlineMs,
  helloText,
  importPublicKey,
  PROTOCOL_VERSION,
  ProtocolError,
  type RelayFrame,
  randomToken,
  verify,
} from '#protocol'
import { cutLater } from './link-socket.ts'
import { type LinkEvents, type LinkLimits, linkLimitsDefault, NodeLink } from './node-link.ts'
import type { NodeRoster } from './node-roster.ts'

/** What the door needs of the ledger: which account a node's key belongs to. A key seen for the first time gets one. */
export type NodeRegister = {
  registerNode(node: { nodeId: string; publicKey: string; kind: string }): Promise<{ accountId: string }>
}

export type NodeDoorParts = {
  relay: { relayId: string; publicKey: string; publicUrl: string }
  roster: NodeRoster
  register: NodeRegister
  events: LinkEvents
  countryOf(address: string): string | null
  /** What a carried MiB earns now, in millionths of a point. */
  unitsPerMib(): number
  /** Repeated to nodes on loopback addresses alone. */
  addressSpaceOverrideTexts: readonly string[]
  isLoopback(address: string): boolean
  isDraining(): boolean
  /** Other limits than the usual ones, for tests. */
  limits?: Partial<NodeDoorLimits>
  log: { info(fields: object, sentence: string): void; warn(fields: object, sentence: string): void }
}

export type NodeDoorLimits = LinkLimits & {
  helloDeadlineMs: number
  /** Sockets that have not said a good hello yet: all together, and from one address. */
  strangersMax: number
  strangersPerAddressMax: number
}
const limitsDefault: NodeDoorLimits = {
  ...linkLimitsDefault,
  helloDeadlineMs,
  strangersMax: 2_000,
  strangersPerAddressMax: 500,
}

/** The node's door: challenge, hello within the deadline, welcome. Everything after it is the link's. */
export function createNodeDoor(parts: NodeDoorParts) {
  const limits = { ...limitsDefault, ...parts.limits }
  const strangers = new Strangers(limits)
  return {
    /** Takes a WebSocket that was just opened from `address`. */
    enter(socket: WebSocket, address: string): void {
      // `ws` has begun to close by then; it waits 30 s for the other side, which is too long for one that breaks the rules.
      socket.on('error', () => cutLater(socket, limits.closeDeadlineMs))
      const refusal = parts.isDraining() ? draining() : strangers.refusalOf(address)
      if (refusal) return turnAway(socket, refusal, limits)
      strangers.add(address)
      void admit(parts, limits, socket, address).finally(() => strangers.remove(address))
    },
  }
}

/** Who is at the door and has not said who they are. */
class Strangers {
  readonly #limits: NodeDoorLimits
  readonly #byAddress = new Map<string, number>()
  #count = 0

  constructor(limits: NodeDoorLimits) {
    this.#limits = limits
  }

  refusalOf(address: string): ProtocolError | null {
    const isFull =
      this.#count >= this.#limits.strangersMax || this.#from(address) >= this.#limits.strangersPerAddressMax
    return isFull ? new ProtocolError('relay-overloaded', 'too many nodes are saying hello at once') : null
  }

  add(address: string): void {
    this.#count += 1
    this.#byAddress.set(address, this.#from(address) + 1)
  }

  remove(address: string): void {
    this.#count -= 1
    const left = this.#from(address) - 1
    if (left > 0) this.#byAddress.set(address, left)
    else this.#byAddress.delete(address)
  }

  #from(address: string): number {
    return this.#byAddress.get(address) ?? 0
  }
}

async function admit(
  parts: NodeDoorParts,
  limits: NodeDoorLimits,
  socket: WebSocket,
  address: string,
): Promise<void> {
  const nonce = randomToken()
  const { relayId, publicKey, publicUrl } = parts.relay
  send(socket, {
    type: 'challenge',
    version: PROTOCOL_VERSION,
    relayId,
    relayKey: publicKey,
    publicUrl,
    nonce,
  })
  const greeting = new Greeting(socket, limits.helloDeadlineMs)
  try {
    const hello = await greeting.hello
    const nodeId = await checkHello(parts, hello, nonce)
    const { accountId } = await parts.register.registerNode({
      nodeId,
      publicKey: hello.nodeKey,
      kind: hello.kind,
    })
    greeting.assertNothingFollowed()
    if (parts.isDraining()) throw draining()
    if (socket.readyState === socket.OPEN)
      welcome(parts, limits, socket, { hello, nodeId, accountId, address })
  } catch (error) {
    if (error instanceof SocketClosed) return
    const refusal = asRefusal(error)
    parts.log.warn({ code: refusal.code, detail: refusal.message }, 'a node was turned away')
    turnAway(socket, refusal, limits)
  } finally {
    greeting.end()
  }
}

class SocketClosed extends Error {}

/** Listens until the welcome: the first message must be a good hello, and nothing may follow it before the link stands. */
class Greeting {
  readonly #socket: WebSocket
  readonly #hello = Promise.withResolvers<FrameOf<'hello'>>()
  readonly #timer: NodeJS.Timeout
  #messages = 0

  constructor(socket: WebSocket, deadlineMs: number) {
    this.#socket = socket
    const late = new ProtocolError('hello-late', `no hello came within ${deadlineMs} ms`)
    this.#timer = setTimeout(() => this.#hello.reject(late), deadlineMs)
    socket.on('message', this.#onMessage)
    socket.on('close', this.#onClose)
  }

  get hello(): Promise<FrameOf<'hello'>> {
    return this.#hello.promise
  }

  assertNothingFollowed(): void {
    if (this.#messages > 1) throw new ProtocolError('out-of-order', 'a node waits for its welcome')
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#socket.off('message', this.#onMessage)
    this.#socket.off('close', this.#onClose)
  }

  #onMessage = (data: Buffer, isBinary: boolean): void => {
    this.#messages += 1
    if (this.#messages > 1) return
    clearTimeout(this.#timer)
    try {
      this.#hello.resolve(readHello(data, isBinary))
    } catch (error) {
      this.#hello.reject(error)
    }
  }

  #onClose = (): void => this.#hello.reject(new SocketClosed())
}

function readHello(data: Buffer, isBinary: boolean): FrameOf<'hello'> {
  const frame = decode(isBinary ? data : data.toString('utf8'))
  if (frame.type === 'goodbye')
    throw new ProtocolError(frame.code, `the node left instead of saying hello: ${frame.detail}`)
  if (frame.type !== 'hello')
    throw new ProtocolError('out-of-order', 'the first frame of a node is its hello')
  return frame
}

/** The key must have signed this challenge, for this relay, under the address that the node believes it dialled. */
async function checkHello({ relay }: NodeDoorParts, hello: FrameOf<'hello'>, nonce: string): Promise<string> {
  if (hello.relayUrl !== relay.publicUrl)
    throw new ProtocolError(
      'wrong-relay',
      `the node dialled ${hello.relayUrl}, but this relay is ${relay.publicUrl}`,
    )
  const key = await importPublicKey(hello.nodeKey).catch(() => null)
  const text = helloText({ relayId: relay.relayId, relayUrl: hello.relayUrl, nonce, nodeKey: hello.nodeKey })
  if (!key || !(await verify(key, text, hello.signature)))
    throw new ProtocolError('hello-refused', 'the signature does not fit the key and this challenge')
  return fingerprint('n', hello.nodeKey)
}

type Admitted = { hello: FrameOf<'hello'>; nodeId: string; accountId: string; address: string }

function welcome(
  parts: NodeDoorParts,
  limits: LinkLimits,
  socket: WebSocket,
  { hello, nodeId, accountId, address }: Admitted,
): void {
  const { kind, schemes, terms } = hello
  const identity = {
    nodeId,
    nodeKey: hello.nodeKey,
    linkId: `lnk_${uuidv7()}`,
    accountId,
    address,
    country: parts.countryOf(address),
    kind,
    schemes,
  }
  const link = new NodeLink({ identity, terms }, socket, parts.events, limits)
  link.send({
    type: 'welcome',
    linkId: identity.linkId,
    nodeId,
    country: identity.country,
    publicAddress: address,
    addressSpaceOverrides: parts.isLoopback(address) ? [...parts.addressSpaceOverrideTexts] : [],
    unitsPerMib: parts.unitsPerMib(),
  })
  const replaced = parts.roster.add(link)
  parts.log.info({ nodeId, linkId: identity.linkId, country: identity.country, kind }, 'a node linked')
  replaced?.close('replaced-by-newer-link', 'the same node key opened a newer link')
}

function asRefusal(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error
  return new ProtocolError('relay-failed', 'the relay could not look up this node; dial again in a moment')
}

const draining = () => new ProtocolError('relay-draining', 'this relay is closing; dial again in a moment')

function turnAway(
  socket: WebSocket,
  { code, message: detail }: ProtocolError,
  { closeDeadlineMs }: LinkLimits,
): void {
  send(socket, { type: 'goodbye', code, detail, version: PROTOCOL_VERSION, redialAfterMs: null })
  socket.close(closes[code].number, code)
  cutLater(socket, closeDeadlineMs)
}

function send(socket: WebSocket, frame: RelayFrame): void {
  if (socket.readyState === socket.OPEN) socket.send(encode(frame))
}
