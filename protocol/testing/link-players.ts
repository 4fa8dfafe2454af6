import { generateKeyPairSync, type KeyObject, sign as signNow } from 'node:crypto'
import {
  answerBodyBytesMax,
  type CounterSignature,
  carriedBytesOf,
  chunkBytesMax,
  counterSignatureText,
  type DataFrame,
  type Ed25519Key,
  exportPublicKey,
  type FrameOf,
  fingerprint,
  importPublicKey,
  type NodeFrame,
  type Receipt,
  ReceiveWindow,
  type RelayFrame,
  receiptText,
  SendWindow,
  sign,
  TrafficCount,
  verify,
} from '../index.ts'
import type { Dice } from './dice.ts'
import type { LinkEnd } from './link-pair.ts'

/** What the relay and the node of a link know of each other, and what each of them signs with. */
export type LinkKeys = {
  relayId: string
  nodeId: string
  linkId: string
  /** Signs at once, as a relay must: a chunk between the counting and the sending of a receipt would make it untrue. */
  signAsRelay(text: string): string
  signAsNode(text: string): Promise<string>
  relayKey: Ed25519Key
  nodeKey: Ed25519Key
}

export async function createLinkKeys(): Promise<LinkKeys> {
  const relay = generateKeyPairSync('ed25519')
  const relayPublic = relay.publicKey.export({ format: 'jwk' }).x as string
  const node = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as {
    publicKey: Ed25519Key
    privateKey: Ed25519Key
  }
  return {
    relayId: await fingerprint('r', relayPublic),
    nodeId: await fingerprint('n', await exportPublicKey(node.publicKey)),
    linkId: 'lnk_1',
    signAsRelay: (text) => signatureOf(relay.privateKey, text),
    signAsNode: (text) => sign(node.privateKey, text),
    relayKey: await importPublicKey(relayPublic),
    nodeKey: node.publicKey,
  }
}

const signatureOf = (key: KeyObject, text: string): string =>
  signNow(null, Buffer.from(text), key).toString('base64url')

/** A counter-signed receipt, as the ledger would get it. */
export type Settled = { receipt: Receipt; counterSignature: CounterSignature }

type RelayLane = {
  lane: number
  bodyLeft: number
  body: SendWindow
  answer: ReceiveWindow
  isStopped: boolean
}

/** The relay's side of a link, by the rules of protocol/README.md and moved by hand: it does nothing on its own but count. */
export class RelayPlayer {
  readonly count = new TrafficCount({ remembersPrefixes: false })
  readonly lanes = new Map<number, RelayLane>()
  readonly settled: Settled[] = []
  /** The receipt that is under way; there is one at a time. */
  awaiting: Receipt | null = null
  /** How often a body had to wait, because the other side had not granted more. */
  waits = 0
  #work: Promise<void> = Promise.resolve()
  readonly #end: LinkEnd<RelayFrame, NodeFrame>
  readonly #keys: LinkKeys
  #isCut = false

  constructor(end: LinkEnd<RelayFrame, NodeFrame>, keys: LinkKeys) {
    this.#end = end
    this.#keys = keys
    end.onFrame = (frame) => this.#hear(frame)
    end.onCut = () => {
      this.#isCut = true
    }
  }

  /** Resolves when every signature that came has been checked; rejects where one does not hold. */
  get thought(): Promise<void> {
    return this.#work
  }

  open(bodyBytes: number, windowBytes: number): void {
    this.count.exchanges += 1
    const lane = this.count.exchanges
    const windows = { body: new SendWindow(), answer: new ReceiveWindow(windowBytes) }
    this.lanes.set(lane, { lane, bodyLeft: bodyBytes, ...windows, isStopped: false })
    this.#end.send({ ...openFrame, lane, bodyBytes, windowBytes })
  }

  sendBody(lane: RelayLane, bytes: number): void {
    if (lane.bodyLeft === 0 || lane.isStopped) return
    const taken = lane.body.take(Math.min(bytes, lane.bodyLeft, chunkBytesMax))
    if (taken === 0) this.waits += 1
    else {
      lane.bodyLeft -= taken
      this.count.countDown(taken)
      this.#end.send({ type: 'chunk', lane: lane.lane, payload: new Uint8Array(taken) })
      if (lane.bodyLeft === 0) this.#end.send({ type: 'end', lane: lane.lane, truncated: false })
    }
  }

  read(lane: RelayLane, bytes: number): void {
    grantAfterReading(lane.answer, bytes, (grant) =>
      this.#end.send({ type: 'grant', lane: lane.lane, bytes: grant }),
    )
  }

  stop(lane: RelayLane): void {
    if (lane.isStopped) return
    lane.isStopped = true
    this.#end.send({ type: 'stop', lane: lane.lane, code: null })
  }

  cutReceipt(): void {
    if (this.awaiting) return
    const { relayId, nodeId, linkId, signAsRelay } = this.#keys
    const { exchanges, upFrames, carriedUp, carriedDown } = this.count
    const sequence = this.settled.length + 1
    const counters = { exchanges, upFrames, carriedUp, carriedDown }
    const unsigned = { relayId, nodeId, linkId, sequence, ...counters, atUnixMs: sequence }
    this.awaiting = { ...unsigned, signature: signAsRelay(receiptText(unsigned)) }
    this.#end.send({ type: 'receipt', receipt: this.awaiting })
  }

  #hear(frame: NodeFrame): void {
    if (frame.type === 'receipt-signed') {
      this.#work = this.#work.then(() => this.#settle(frame))
      return
    }
    if (!('lane' in frame)) throw new Error(`a ${frame.type} has no part in this play`)
    const lane = this.lanes.get(frame.lane)
    if (!lane) throw new Error(`a ${frame.type} came on lane ${frame.lane}, which is over`)
    if (frame.type === 'grant') lane.body.grant(frame.bytes)
    if (frame.type === 'chunk' || frame.type === 'answer') this.#take(lane, frame)
    if (frame.type === 'answer' || frame.type === 'end' || frame.type === 'failed')
      this.lanes.delete(frame.lane)
  }

  #take(lane: RelayLane, frame: DataFrame): void {
    this.count.countUp(carriedBytesOf(frame))
    lane.answer.receive(carriedBytesOf(frame))
  }

  async #settle({ counterSignature }: FrameOf<'receipt-signed'>): Promise<void> {
    const receipt = this.awaiting
    if (!receipt || this.#isCut) return
    const text = counterSignatureText(receipt, counterSignature)
    if (!(await verify(this.#keys.nodeKey, text, counterSignature.signature)))
      throw new Error('the counter-signature does not fit the receipt')
    this.settled.push({ receipt, counterSignature })
    this.awaiting = null
  }
}

const openFrame: Omit<FrameOf<'open'>, 'lane' | 'bodyBytes' | 'windowBytes'> = {
  type: 'open',
  exchangeId: 'ex_1',
  attempt: 1,
  method: 'POST',
  url: 'https://example.com/',
  headers: [],
  gzip: false,
  answerBytesMax: null,
  headDeadlineMs: 30_000,
  customer: { id: 'cus_1', label: 'acme', purpose: null, contact: null },
}

const answerHead: Pick<FrameOf<'head'>, 'status' | 'headers' | 'encoding'> = {
  status: 200,
  headers: [],
  encoding: 'identity',
}

type NodeLane = {
  lane: number
  bodyLeft: number
  bodyIsWhole: boolean
  body: ReceiveWindow
  answer: SendWindow
  answerLeft: number
  headIsSent: boolean
}

/** What the node itself counted when a receipt came, beside what the receipt says. */
export type Comparison = {
  receipt: Receipt
  exchanges: number
  carriedUp: number | null
  carriedDown: number
}

/** The node's side of a link. Its answers are as long as the dice say. */
export class NodePlayer {
  readonly count = new TrafficCount({ remembersPrefixes: true })
  readonly lanes = new Map<number, NodeLane>()
  readonly comparisons: Comparison[] = []
  /** Receipts that came while younger data frames of this node were still on their way to the relay. */
  outrun = 0
  /** How often an answer had to wait, because the other side had not granted more. */
  waits = 0
  /** Chunks that came for a lane which was over here: dropped, and counted all the same. */
  dropped = 0
  #work: Promise<void> = Promise.resolve()
  readonly #end: LinkEnd<NodeFrame, RelayFrame>
  readonly #keys: LinkKeys
  readonly #dice: Dice
  #isCut = false

  constructor(end: LinkEnd<NodeFrame, RelayFrame>, keys: LinkKeys, dice: Dice) {
    this.#end = end
    this.#keys = keys
    this.#dice = dice
    end.onFrame = (frame) => this.#hear(frame)
    end.onCut = () => {
      this.#isCut = true
    }
  }

  /** Resolves when every receipt that came is counter-signed; rejects where one is not the relay's. */
  get thought(): Promise<void> {
    return this.#work
  }

  readBody(lane: NodeLane, bytes: number): void {
    grantAfterReading(lane.body, bytes, (grant) =>
      this.#end.send({ type: 'grant', lane: lane.lane, bytes: grant }),
    )
  }

  answerSome(lane: NodeLane, bytes: number): void {
    if (!lane.bodyIsWhole) return
    if (!lane.headIsSent && this.#answerWhole(lane)) return
    if (!lane.headIsSent) this.#end.send({ type: 'head', lane: lane.lane, ...answerHead })
    lane.headIsSent = true
    const taken = lane.answer.take(Math.min(bytes, lane.answerLeft, chunkBytesMax))
    if (taken === 0 && lane.answerLeft > 0) this.waits += 1
    lane.answerLeft -= taken
    if (taken > 0) this.#sendData({ type: 'chunk', lane: lane.lane, payload: new Uint8Array(taken) })
    if (lane.answerLeft === 0) this.#over(lane, { type: 'end', lane: lane.lane, truncated: false })
  }

  fail(lane: NodeLane, code: FrameOf<'failed'>['code'] = 'target-reset'): void {
    this.#over(lane, { type: 'failed', lane: lane.lane, code, detail: null })
  }

  #answerWhole(lane: NodeLane): boolean {
    if (lane.answerLeft > answerBodyBytesMax || lane.answerLeft > lane.answer.room) return false
    const body = new Uint8Array(lane.answer.take(lane.answerLeft))
    this.#sendData({ type: 'answer', lane: lane.lane, body, ...answerHead, truncated: false })
    this.lanes.delete(lane.lane)
    return true
  }

  #sendData(frame: DataFrame): void {
    this.count.countUp(carriedBytesOf(frame))
    this.#end.send(frame)
  }

  #over(lane: NodeLane, ending: FrameOf<'end' | 'failed'>): void {
    this.lanes.delete(lane.lane)
    this.#end.send(ending)
  }

  #hear(frame: RelayFrame): void {
    if (frame.type === 'open') this.#open(frame)
    if (frame.type === 'receipt') this.#compare(frame.receipt)
    if (frame.type === 'chunk') this.count.countDown(frame.payload.length)
    if (!('lane' in frame)) return
    const lane = this.lanes.get(frame.lane)
    if (!lane && frame.type === 'chunk') this.dropped += 1
    if (lane) this.#hearOnLane(lane, frame)
  }

  #open({ lane, bodyBytes, windowBytes }: FrameOf<'open'>): void {
    this.count.exchanges += 1
    this.lanes.set(lane, {
      lane,
      bodyLeft: bodyBytes,
      bodyIsWhole: bodyBytes === 0,
      body: new ReceiveWindow(),
      answer: new SendWindow(windowBytes),
      // Many windows long, and with a small window still few enough messages.
      answerLeft: this.#dice.upTo(Math.min(windowBytes * 20, 600_000)),
      headIsSent: false,
    })
  }

  #hearOnLane(lane: NodeLane, frame: RelayFrame): void {
    if (frame.type === 'chunk') {
      lane.body.receive(frame.payload.length)
      lane.bodyLeft -= frame.payload.length
    }
    if (frame.type === 'end') {
      if (lane.bodyLeft !== 0) throw new Error(`${lane.bodyLeft} bytes of the request body are missing`)
      lane.bodyIsWhole = true
    }
    if (frame.type === 'grant') lane.answer.grant(frame.bytes)
    if (frame.type === 'stop') this.fail(lane, 'stopped')
  }

  #compare(receipt: Receipt): void {
    const { exchanges, carriedDown, upFrames } = this.count
    const carriedUp = this.count.carriedUpAfter(receipt.upFrames)
    this.comparisons.push({ receipt, exchanges, carriedUp, carriedDown })
    if (upFrames > receipt.upFrames) this.outrun += 1
    this.count.coverUpTo(receipt.upFrames)
    this.#work = this.#work.then(() => this.#counterSign(receipt, { carriedUp: carriedUp ?? 0, carriedDown }))
  }

  async #counterSign(receipt: Receipt, own: { carriedUp: number; carriedDown: number }): Promise<void> {
    if (!(await verify(this.#keys.relayKey, receiptText(receipt), receipt.signature)))
      throw new Error('the receipt is not the relay’s')
    const signature = await this.#keys.signAsNode(counterSignatureText(receipt, own))
    if (this.#isCut) return
    const { linkId, sequence } = receipt
    this.#end.send({ type: 'receipt-signed', linkId, sequence, counterSignature: { ...own, signature } })
  }
}

function grantAfterReading(window: ReceiveWindow, bytes: number, send: (grant: number) => void): void {
  const grant = window.consume(Math.min(bytes, window.unread))
  if (grant === 0) return
  window.granted(grant)
  send(grant)
}
