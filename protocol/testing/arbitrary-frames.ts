import fc, { type Arbitrary } from 'fast-check'
import {
  accountActions,
  accountRefusals,
  type CounterSignature,
  closeCodes,
  type Device,
  type Frame,
  type FrameOf,
  type FrameType,
  failureCodes,
  type HeaderList,
  lanesMax,
  type NodeTerms,
  nodeFailureCodes,
  PROTOCOL_VERSION,
  type Receipt,
  requestBodyBytesMax,
  windowBytesMax,
} from '../index.ts'

/** Small payloads: sizes at the limits have tests of their own, and large ones would only slow the others. */
const payloadBytesMax = 300

const charactersOf = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String.fromCharCode(from + index))
const word = (maxLength: number, minLength = 1): Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...charactersOf(0x21, 0x7e)), minLength, maxLength })
const base64Url = (maxLength: number): Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'AZaz09-_'), maxLength })
/** Any text at all: controls, astral characters and lone surrogates too. */
const text = (maxLength: number): Arbitrary<string> =>
  fc.string({ unit: 'binary', maxLength: Math.floor(maxLength / 2) })
const orNull = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | null> => fc.option(arbitrary, { nil: null })

const id = word(128)
const lane = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 0xffff_ffff }))
const count = fc.oneof(fc.nat(), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }))
const positive = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const percent = fc.integer({ min: 0, max: 100 })
const status = fc.integer({ min: 100, max: 599 })
const encoding = fc.constantFrom('identity' as const, 'gzip' as const)
const payload = (minLength: number): Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength: payloadBytesMax })

const headerName = fc.string({ unit: fc.constantFrom(..."!#$%&'*+-.^_`|~09az"), minLength: 1, maxLength: 40 })
const headerValue = fc.string({
  unit: fc.constantFrom('\t', ...charactersOf(0x20, 0x7e), ...charactersOf(0x80, 0xff)),
  maxLength: 80,
})
export const arbitraryHeaders: Arbitrary<HeaderList> = fc.array(fc.tuple(headerName, headerValue), {
  maxLength: 12,
})

export const arbitraryReceipt: Arbitrary<Receipt> = fc.record({
  relayId: id,
  nodeId: id,
  linkId: id,
  sequence: positive,
  exchanges: count,
  upFrames: count,
  carriedUp: count,
  carriedDown: count,
  atUnixMs: count,
  signature: base64Url(128),
})
export const arbitraryCounterSignature: Arbitrary<CounterSignature> = fc.record({
  carriedUp: count,
  carriedDown: count,
  signature: base64Url(128),
})

const hostName = fc.string({
  unit: fc.constantFrom(...'abcxyz019.-'),
  minLength: 1,
  maxLength: 60,
})
/** Few enough hosts to stay under the length of all. */
const arbitraryTerms: Arbitrary<NodeTerms> = fc.record(
  {
    lanesMax: fc.integer({ min: 0, max: lanesMax }),
    deniedCategories: fc.array(fc.constantFrom('gambling', 'adult', 'news'), { maxLength: 8 }),
    deniedHosts: fc.array(hostName, { maxLength: 12 }),
    allowedHosts: fc.array(hostName, { maxLength: 12 }),
    onlyAllowed: fc.boolean(),
    deniedCustomers: fc.array(word(20), { maxLength: 12 }),
  },
  { noNullPrototype: true },
)
const arbitraryDevice: Arbitrary<Device> = fc.record(
  {
    nodeId: id,
    kind: fc.constantFrom('chromium' as const, 'firefox' as const, 'other' as const),
    country: orNull(fc.constantFrom('DE', 'NZ')),
    linked: fc.boolean(),
    firstSeenUnixMs: count,
    lastSeenUnixMs: count,
    carriedBytes: count,
  },
  { noNullPrototype: true },
)

/** Without prototype surprises: fast-check may build records without one, and a decoded frame always has one. */
const frame = <T extends FrameType>(
  type: T,
  fields: { [K in keyof Omit<FrameOf<T>, 'type'>]: Arbitrary<FrameOf<T>[K & keyof FrameOf<T>]> },
): Arbitrary<FrameOf<T>> =>
  fc.record(fields as Record<string, Arbitrary<unknown>>).map((values) => ({ type, ...values }) as FrameOf<T>)

/** Every frame of the protocol, as any value that its shape allows. */
export const arbitraryFrames: { [T in FrameType]: Arbitrary<FrameOf<T>> } = {
  challenge: frame('challenge', {
    version: fc.constant(PROTOCOL_VERSION),
    relayId: id,
    relayKey: base64Url(64),
    publicUrl: word(200),
    nonce: base64Url(64),
  }),
  hello: frame('hello', {
    version: fc.constant(PROTOCOL_VERSION),
    nodeKey: base64Url(64),
    signature: base64Url(128),
    relayUrl: word(200),
    terms: arbitraryTerms,
    schemes: fc.subarray(['http' as const, 'https' as const]),
    kind: fc.constantFrom('chromium' as const, 'firefox' as const, 'other' as const),
    softwareVersion: text(64),
  }),
  welcome: frame('welcome', {
    linkId: id,
    nodeId: id,
    country: orNull(fc.constantFrom('DE', 'NZ', 'ZZ')),
    publicAddress: fc.oneof(fc.ipV4(), fc.ipV6()),
    addressSpaceOverrides: fc.array(word(128), { maxLength: 32 }),
    unitsPerMib: count,
  }),
  present: frame('present', {
    receipts: fc.array(
      fc.record({ receipt: arbitraryReceipt, counterSignature: arbitraryCounterSignature }),
      { maxLength: 8 },
    ),
  }),
  open: frame('open', {
    lane,
    exchangeId: id,
    attempt: fc.integer({ min: 1, max: 100 }),
    method: fc.constantFrom('GET', 'HEAD', 'POST', 'PROPFIND', 'm-search'),
    url: word(300),
    headers: arbitraryHeaders,
    bodyBytes: fc.integer({ min: 0, max: requestBodyBytesMax }),
    windowBytes: fc.integer({ min: 0, max: windowBytesMax }),
    gzip: fc.boolean(),
    answerBytesMax: orNull(count),
    headDeadlineMs: fc.integer({ min: 1, max: 600_000 }),
    customer: fc.record({ id, label: text(200), purpose: orNull(text(100)), contact: orNull(text(200)) }),
  }),
  terms: frame('terms', { terms: arbitraryTerms }),
  head: frame('head', { lane, status, headers: arbitraryHeaders, encoding }),
  end: frame('end', { lane, truncated: fc.boolean() }),
  failed: frame('failed', { lane, code: fc.constantFrom(...nodeFailureCodes), detail: orNull(text(500)) }),
  grant: frame('grant', { lane, bytes: fc.integer({ min: 1, max: windowBytesMax }) }),
  stop: frame('stop', { lane, code: orNull(fc.constantFrom(...failureCodes)) }),
  receipt: frame('receipt', { receipt: arbitraryReceipt }),
  'receipt-signed': frame('receipt-signed', {
    linkId: id,
    sequence: positive,
    counterSignature: arbitraryCounterSignature,
  }),
  posted: frame('posted', { linkId: id, sequence: positive }),
  earned: frame('earned', {
    accountUnits: fc.bigInt({ min: 0n, max: 10n ** 39n }).map(String),
    nodeCarriedBytes: count,
  }),
  quality: frame('quality', {
    scorePercent: orNull(percent),
    reliabilityPercent: orNull(percent),
    speedPercent: orNull(percent),
    reachPercent: orNull(percent),
    askedLastHour: count,
    offeredLastHour: count,
    restMs: count,
  }),
  'account-request': frame('account-request', {
    request: positive,
    action: fc.constantFrom(...accountActions),
    value: orNull(base64Url(64)),
  }),
  'account-answer': frame('account-answer', {
    request: positive,
    refusal: orNull(fc.constantFrom(...accountRefusals)),
    devices: fc.array(arbitraryDevice, { maxLength: 4 }),
  }),
  ping: frame('ping', { atUnixMs: count }),
  pong: frame('pong', { atUnixMs: count }),
  goodbye: frame('goodbye', {
    code: fc.constantFrom(...closeCodes),
    detail: text(500),
    version: positive,
    redialAfterMs: orNull(count),
  }),
  chunk: frame('chunk', { lane, payload: payload(1) }),
  answer: frame('answer', {
    lane,
    body: payload(0),
    status,
    headers: arbitraryHeaders,
    encoding,
    truncated: fc.boolean(),
  }),
}

export const arbitraryFrame: Arbitrary<Frame> = fc.oneof(...Object.values<Arbitrary<Frame>>(arbitraryFrames))
