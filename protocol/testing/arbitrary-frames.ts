import fc, { type Arbitrary } from 'fast-check'
import {
  type CounterSignature,
  closeCodes,
  type Frame,
  type FrameOf,
  type FrameType,
  failureCodes,
  type HeaderList,
  lanesMax,
  nodeFailureCodes,
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

/** Without prototype surprises: fast-check may build records without one, and a decoded frame always has one. */
const frame = <T extends FrameType>(
  type: T,
  fields: { [K in keyof Omit<FrameOf<T>, 'type'>]: Arbitrary<FrameOf<T>[K & keyof FrameOf<T>]> },
): Arbitrary<FrameOf<T>> =>
  fc.record(fields as Record<string, Arbitrary<unknown>>).map((values) => ({ type, ...values }) as FrameOf<T>)

/** Every frame of the protocol, as any value that its shape allows. */
export const arbitraryFrames: { [T in FrameType]: Arbitrary<FrameOf<T>> } = {
  challenge: frame('challenge', {
    version: fc.constant(1),
    relayId: id,
    relayKey: base64Url(64),
    publicUrl: word(200),
    nonce: base64Url(64),
  }),
  hello: frame('hello', {
    version: fc.constant(1),
    nodeKey: base64Url(64),
    signature: base64Url(128),
    relayUrl: word(200),
    lanesMax: fc.integer({ min: 1, max: lanesMax }),
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
    customer: fc.record({ id, label: text(200), purpose: orNull(text(100)) }),
  }),
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
    accountCarriedBytes: count,
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
