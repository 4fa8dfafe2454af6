import { closeCodes } from './close-codes.ts'
import { failureCodes, nodeFailureCodes } from './failure-codes.ts'
import { headerList } from './header-list.ts'
import {
  answerBodyBytesMax,
  chunkBytesMax,
  devicesMax,
  laneMax,
  lanesMax,
  presentedReceiptsMax,
  requestBodyBytesMax,
  sentenceCharactersMax,
  termsCharactersMax,
  termsHostsMax,
  urlBytesMax,
  windowBytesMax,
} from './limits.ts'
import {
  type Check,
  type Checked,
  type CheckedFields,
  type Fields,
  flag,
  listOf,
  oneOf,
  orNull,
  record,
  text,
  wholeNumber,
  word,
} from './shape.ts'

const idCharactersMax = 128
const keyCharactersMax = 64
const signatureCharactersMax = 128

const base64Url = /^[A-Za-z0-9_-]*$/
const httpToken = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const countryCode = /^[A-Z]{2}$/
const units = /^-?[0-9]+$/

// Signed texts are lines: an id, key or URL that could carry a line end would let two meanings share one signature.
const id = word(idCharactersMax)
const key = word(keyCharactersMax, base64Url)
const signature = word(signatureCharactersMax, base64Url)
const sentence = text(sentenceCharactersMax)
const url = word(urlBytesMax)
const host = word(255, /^[a-z0-9.:_-]+$/)
const lane = wholeNumber(1, laneMax)
const bytes = wholeNumber(0)
const unixMs = wholeNumber(0)
const percent = wholeNumber(0, 100)

/** What the relay counted on one link, from its first byte on. Counters only grow. Signed by the relay: see receipt.ts. */
export const receiptShape = record({
  relayId: id,
  nodeId: id,
  linkId: id,
  sequence: wholeNumber(1),
  exchanges: bytes,
  upFrames: bytes,
  carriedUp: bytes,
  carriedDown: bytes,
  atUnixMs: unixMs,
  signature,
})
export type Receipt = Checked<typeof receiptShape>

/** The node's answer to a receipt: its own two counters at the same prefix, signed together with the relay's signature. */
export const counterSignatureShape = record({ carriedUp: bytes, carriedDown: bytes, signature })
export type CounterSignature = Checked<typeof counterSignatureShape>

const termsFields = record({
  lanesMax: wholeNumber(0, lanesMax),
  deniedCategories: listOf(word(32), 64),
  deniedHosts: listOf(host, termsHostsMax),
  allowedHosts: listOf(host, termsHostsMax),
  onlyAllowed: flag,
  deniedCustomers: listOf(id, termsHostsMax),
})
/**
 * What a node's owner allows now. `lanesMax` 0 takes no work. A host stands for itself and its subdomains. A denied host is never
 * fetched; an allowed one is, though its category be denied; with `onlyAllowed` no other one is.
 */
export type NodeTerms = Checked<typeof termsFields>
const terms: Check<NodeTerms> = (value, path) => {
  const checked = termsFields(value, path)
  if (checked.deniedHosts.length + checked.allowedHosts.length > termsHostsMax)
    throw new Error(`${path} names more than ${termsHostsMax} hosts`)
  if (JSON.stringify(checked).length > termsCharactersMax)
    throw new Error(`${path} is longer than ${termsCharactersMax} characters`)
  return checked
}

const kinds = ['chromium', 'firefox', 'other'] as const

/** One browser of an account, as the relay knows it. */
export const deviceShape = record({
  nodeId: id,
  kind: oneOf(kinds),
  country: orNull(word(2, countryCode)),
  linked: flag,
  firstSeenUnixMs: unixMs,
  lastSeenUnixMs: unixMs,
  carriedBytes: bytes,
})
export type Device = Checked<typeof deviceShape>

/** What a node may ask about its account; see `account-request`. */
export const accountActions = ['list-devices', 'keep-recovery-code', 'attach', 'forget'] as const
export type AccountAction = (typeof accountActions)[number]
/** Why such a question is not answered with yes. */
export const accountRefusals = ['recovery-code-unknown', 'too-many-tries', 'relay-failed'] as const
export type AccountRefusal = (typeof accountRefusals)[number]

/**
 * The control frames, each one JSON text message `{"type": …, …}`. Above each: who sends it, and when.
 * Bytes are whole numbers, times are milliseconds, keys and signatures are base64url without padding.
 */
export const controlShapes = {
  /** relay ▸ node, first message on a link: prove who you are. `publicUrl` is the relay's name, `nonce` 32 random bytes, used once. */
  challenge: { version: wholeNumber(1), relayId: id, relayKey: key, publicUrl: url, nonce: key },
  /** node ▸ relay, once, within 30 s: the Ed25519 key and its signature over the challenge and the address the node dialled. */
  hello: {
    version: wholeNumber(1),
    nodeKey: key,
    signature,
    relayUrl: url,
    terms,
    schemes: listOf(oneOf(['http', 'https']), 2),
    kind: oneOf(kinds),
    softwareVersion: text(64),
  },
  /**
   * relay ▸ node, once: the link stands. `publicAddress` is the node's own address as the relay sees it, `unitsPerMib` what a
   * carried MiB earns now.
   */
  welcome: {
    linkId: id,
    nodeId: id,
    country: orNull(word(2, countryCode)),
    publicAddress: word(64),
    addressSpaceOverrides: listOf(word(128), 32),
    unitsPerMib: wholeNumber(0),
  },
  /** node ▸ relay, after welcome: the newest receipt of each earlier link that no relay has confirmed as posted. */
  present: {
    receipts: listOf(
      record({ receipt: receiptShape, counterSignature: counterSignatureShape }),
      presentedReceiptsMax,
    ),
  },
  /** node ▸ relay, after the welcome, whenever they change: what the owner allows from now on. */
  terms: { terms },
  /** relay ▸ node: fetch this. `bodyBytes` > 0 announces chunks and an `end` on the same lane; `gzip` says that the node may compress. */
  open: {
    lane,
    exchangeId: id,
    attempt: wholeNumber(1, 100),
    method: word(32, httpToken),
    url,
    headers: headerList,
    bodyBytes: wholeNumber(0, requestBodyBytesMax),
    windowBytes: wholeNumber(0, windowBytesMax),
    gzip: flag,
    answerBytesMax: orNull(bytes),
    headDeadlineMs: wholeNumber(1, 600_000),
    customer: record({ id, label: text(200), purpose: orNull(text(100)), contact: orNull(text(200)) }),
  },
  /** node ▸ relay: the target answered. Chunks follow, then `end` or `failed`. `gzip` says how the node packed the body. */
  head: { lane, status: wholeNumber(100, 599), headers: headerList, encoding: oneOf(['identity', 'gzip']) },
  /** both: the body of this lane is complete. `truncated` (node only): cut at `answerBytesMax`. */
  end: { lane, truncated: flag },
  /** node ▸ relay: this lane is over without a complete answer. */
  failed: { lane, code: oneOf(nodeFailureCodes), detail: orNull(sentence) },
  /** both: you may send so many more body bytes on this lane. */
  grant: { lane, bytes: wholeNumber(1, windowBytesMax) },
  /** relay ▸ node: end this lane now. The node answers `failed` with code `stopped`, unless its own ending has already left. */
  stop: { lane, code: orNull(oneOf(failureCodes)) },
  /** relay ▸ node: what the relay has counted on this link so far. */
  receipt: { receipt: receiptShape },
  /** node ▸ relay: the node kept the receipt and signs its own counters to it. */
  'receipt-signed': { linkId: id, sequence: wholeNumber(1), counterSignature: counterSignatureShape },
  /** relay ▸ node: everything up to this receipt of this link stands in the ledger; the node may forget it. */
  posted: { linkId: id, sequence: wholeNumber(1) },
  /**
   * relay ▸ node: what the node's account holds now, and what was posted for the node itself. Units are a decimal text; 1 point =
   * 1,000,000 units.
   */
  earned: { accountUnits: word(40, units), nodeCarriedBytes: bytes },
  /**
   * relay ▸ node, after the `present` and then every minute: what it makes of this link. Percent are 0 to 100, null where nothing is
   * known yet. `reach` is the share of the newest requests (at most 200, of the last hour) that this node could have been asked, `restMs`
   * how long it is left alone.
   */
  quality: {
    scorePercent: orNull(percent),
    reliabilityPercent: orNull(percent),
    speedPercent: orNull(percent),
    reachPercent: orNull(percent),
    askedLastHour: bytes,
    offeredLastHour: bytes,
    restMs: bytes,
  },
  /**
   * node ▸ relay: about the account whose points this node's are. `keep-recovery-code` hands in the SHA-256 of a code that the node has made,
   * `attach` a code itself, both as base64url; the others have no value. Each is answered once.
   */
  'account-request': { request: wholeNumber(1), action: oneOf(accountActions), value: orNull(key) },
  /** relay ▸ node: the answer to the request of that number; the account's devices after it, or why it was refused. */
  'account-answer': {
    request: wholeNumber(1),
    refusal: orNull(oneOf(accountRefusals)),
    devices: listOf(deviceShape, devicesMax),
  },
  /** relay ▸ node, every 20 s: keeps the link and the extension's worker alive. */
  ping: { atUnixMs: unixMs },
  /** node ▸ relay: the answer to `ping`, with its time. */
  pong: { atUnixMs: unixMs },
  /** both, last message on a link: why it ends. `version` is the speaker's; `redialAfterMs` asks the node to wait so long. */
  goodbye: {
    code: oneOf(closeCodes),
    detail: sentence,
    version: wholeNumber(1),
    redialAfterMs: orNull(bytes),
  },
} satisfies Record<string, Fields>

export type ControlType = keyof typeof controlShapes
export type ControlFrame = {
  [T in ControlType]: { type: T } & CheckedFields<(typeof controlShapes)[T]>
}[ControlType]

/**
 * The data frames, each one binary message.
 *
 * chunk, both directions:   01 | lane u32 | payload (1 … 262,144 bytes)
 * answer, node ▸ relay:     02 | lane u32 | head length u32 | head JSON | body (0 … 65,536 bytes)
 *
 * Numbers are big-endian. `answer` is head, body and end in one message, for small bodies; its head JSON is
 * `{"status": …, "headers": …, "encoding": …, "truncated": …}`. Payload and body are what "carried bytes" counts.
 */
export const dataTypes = { chunk: 1, answer: 2 } as const
export type DataType = keyof typeof dataTypes
export const answerHeadShape = record({
  status: wholeNumber(100, 599),
  headers: headerList,
  encoding: oneOf(['identity', 'gzip']),
  truncated: flag,
})

export type ChunkFrame = { type: 'chunk'; lane: number; payload: Uint8Array }
export type AnswerFrame = { type: 'answer'; lane: number; body: Uint8Array } & Checked<typeof answerHeadShape>
export type DataFrame = ChunkFrame | AnswerFrame

export type Frame = ControlFrame | DataFrame
export type FrameType = Frame['type']
export type FrameOf<T extends FrameType> = Extract<Frame, { type: T }>

/** Who may send what. A frame from the wrong side is `out-of-order`. */
export const relayFrames = [
  'challenge',
  'welcome',
  'open',
  'chunk',
  'end',
  'grant',
  'stop',
  'receipt',
  'posted',
  'earned',
  'quality',
  'account-answer',
  'ping',
  'goodbye',
] as const satisfies FrameType[]
export const nodeFrames = [
  'hello',
  'present',
  'terms',
  'account-request',
  'head',
  'chunk',
  'end',
  'failed',
  'answer',
  'grant',
  'receipt-signed',
  'pong',
  'goodbye',
] as const satisfies FrameType[]
export type RelayFrame = FrameOf<(typeof relayFrames)[number]>
export type NodeFrame = FrameOf<(typeof nodeFrames)[number]>

export const frameTypes = [...Object.keys(controlShapes), ...Object.keys(dataTypes)] as FrameType[]
export const dataBytesMax = { chunk: chunkBytesMax, answer: answerBodyBytesMax } as const
/** Body bytes of a data frame: what both sides count as carried. */
export const carriedBytesOf = (frame: DataFrame): number =>
  frame.type === 'chunk' ? frame.payload.length : frame.body.length
