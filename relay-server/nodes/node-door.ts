import {
  type CloseCode,
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
import { uuidv7 } from 'uuidv7'
import type { WebSocket } from 'ws'
import { type LinkEvents, NodeLink } from './node-link.ts'
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
  /** Repeated to nodes on loopback addresses alone. */
  addressSpaceOverrideTexts: readonly string[]
  isLoopback(address: string): boolean
  isDraining(): boolean
  log: { info(fields: object, sentence: string): void; warn(fields: object, sentence: string): void }
}

/** Sockets that have not said a good hello yet, all together: a stranger can open no more. */
const strangersMax = 2_000

/** The node's door: challenge, hello within the deadline, welcome. Everything after it is the link's. */
export function createNodeDoor(parts: NodeDoorParts) {
  let strangers = 0
  return {
    /** Takes a WebSocket that was just opened from `address`. */
    enter(socket: WebSocket, address: string): void {
      socket.on('error', () => socket.terminate())
      if (parts.isDraining()) return turnAway(socket, 'relay-draining', 'this relay is closing; dial again in a moment')
      if (strangers >= strangersMax) return turnAway(socket, 'relay-overloaded', 'too many nodes are saying hello at once')
      strangers += 1
      void admit(parts, socket, address).finally(() => {
        strangers -= 1
      })
    },
  }
}

async function admit(parts: NodeDoorParts, socket: WebSocket, address: string): Promise<void> {
  const nonce = randomToken()
  const { relayId, publicKey, publicUrl } = parts.relay
  send(socket, { type: 'challenge', version: PROTOCOL_VERSION, relayId, relayKey: publicKey, publicUrl, nonce })
  try {
    const hello = await nextHello(socket)
    const nodeId = await checkHello(parts, hello, nonce)
    const { accountId } = await parts.register.registerNode({ nodeId, publicKey: hello.nodeKey, kind: hello.kind })
    if (socket.readyState === socket.OPEN) welcome(parts, socket, { hello, nodeId, accountId, address })
  } catch (error) {
    if (error instanceof SocketClosed) return
    const { code, detail } = asRefusal(error)
    parts.log.warn({ address, code, detail }, 'a node was turned away')
    turnAway(socket, code, detail)
  }
}

class SocketClosed extends Error {}

/** The first message. Anything but a hello, or none within the deadline, is refused. */
function nextHello(socket: WebSocket): Promise<FrameOf<'hello'>> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      clearTimeout(timer)
      socket.off('message', onMessage)
      socket.off('close', onClose)
      act()
    }
    const onClose = () => settle(() => reject(new SocketClosed()))
    const onMessage = (data: Buffer, isBinary: boolean) => settle(() => tryInto(resolve, reject, () => readHello(data, isBinary)))
    const timer = setTimeout(
      () => settle(() => reject(new ProtocolError('hello-late', `no hello came within ${helloDeadlineMs} ms`))),
      helloDeadlineMs,
    )
    socket.on('message', onMessage)
    socket.on('close', onClose)
  })
}

function readHello(data: Buffer, isBinary: boolean): FrameOf<'hello'> {
  const frame = decode(isBinary ? data : data.toString('utf8'))
  if (frame.type === 'goodbye') throw new ProtocolError(frame.code, `the node left instead of saying hello: ${frame.detail}`)
  if (frame.type !== 'hello') throw new ProtocolError('out-of-order', 'the first frame of a node is its hello')
  return frame
}

/** The key must have signed this challenge, for this relay, under the address that the node believes it dialled. */
async function checkHello({ relay }: NodeDoorParts, hello: FrameOf<'hello'>, nonce: string): Promise<string> {
  if (hello.relayUrl !== relay.publicUrl)
    throw new ProtocolError('wrong-relay', `the node dialled ${hello.relayUrl}, but this relay is ${relay.publicUrl}`)
  const key = await importPublicKey(hello.nodeKey).catch(() => null)
  const text = helloText({ relayId: relay.relayId, relayUrl: hello.relayUrl, nonce, nodeKey: hello.nodeKey })
  if (!key || !(await verify(key, text, hello.signature)))
    throw new ProtocolError('hello-refused', 'the signature does not fit the key and this challenge')
  return fingerprint('n', hello.nodeKey)
}

type Admitted = { hello: FrameOf<'hello'>; nodeId: string; accountId: string; address: string }

function welcome(parts: NodeDoorParts, socket: WebSocket, { hello, nodeId, accountId, address }: Admitted): void {
  const { kind, schemes, lanesMax } = hello
  const identity = { nodeId, linkId: `lnk_${uuidv7()}`, accountId, address, country: parts.countryOf(address), kind, schemes, lanesMax }
  const link = new NodeLink(identity, socket, parts.events)
  link.send({
    type: 'welcome',
    linkId: identity.linkId,
    nodeId,
    country: identity.country,
    publicAddress: address,
    addressSpaceOverrides: parts.isLoopback(address) ? [...parts.addressSpaceOverrideTexts] : [],
  })
  const replaced = parts.roster.add(link)
  parts.log.info({ nodeId, linkId: identity.linkId, country: identity.country, kind }, 'a node linked')
  replaced?.close('replaced-by-newer-link', 'the same node key opened a newer link')
}

function asRefusal(error: unknown): { code: CloseCode; detail: string } {
  if (error instanceof ProtocolError) return { code: error.code, detail: error.message }
  return { code: 'relay-failed', detail: 'the relay could not look up this node; dial again in a moment' }
}

function turnAway(socket: WebSocket, code: CloseCode, detail: string): void {
  send(socket, { type: 'goodbye', code, detail, version: PROTOCOL_VERSION, redialAfterMs: null })
  socket.close(closes[code].number, code)
  setTimeout(() => socket.terminate(), 2_000).unref()
}

function send(socket: WebSocket, frame: RelayFrame): void {
  if (socket.readyState === socket.OPEN) socket.send(encode(frame))
}

function tryInto<T>(resolve: (value: T) => void, reject: (error: unknown) => void, make: () => T): void {
  try {
    resolve(make())
  } catch (error) {
    reject(error)
  }
}
