/**
 * The one closed list of reasons for which a link ends. A `goodbye` carries the word, the WebSocket close frame its number
 * (4000 to 4999 is the range RFC 6455, section 7.4.2, leaves to applications).
 *
 * `redial` says what a node does next: `soon` with back-off, `now` without, `never` until the owner or an update changes something.
 */
export const closes = {
  'relay-draining': { number: 4001, redial: 'soon' },
  'replaced-by-newer-link': { number: 4002, redial: 'never' },
  'owner-paused': { number: 4003, redial: 'never' },
  'node-leaving': { number: 4004, redial: 'never' },
  'node-unsafe': { number: 4005, redial: 'never' },
  'lanes-used-up': { number: 4006, redial: 'now' },
  'owner-resting': { number: 4007, redial: 'never' },
  'node-forgotten': { number: 4008, redial: 'never' },
  'account-changed': { number: 4009, redial: 'now' },
  'malformed-frame': { number: 4400, redial: 'soon' },
  'hello-refused': { number: 4401, redial: 'soon' },
  'hello-late': { number: 4408, redial: 'soon' },
  'out-of-order': { number: 4409, redial: 'soon' },
  'unknown-lane': { number: 4410, redial: 'soon' },
  'window-overrun': { number: 4411, redial: 'soon' },
  'silent-too-long': { number: 4412, redial: 'soon' },
  'frame-too-large': { number: 4413, redial: 'soon' },
  'stop-ignored': { number: 4414, redial: 'soon' },
  'header-invalid': { number: 4415, redial: 'soon' },
  'wrong-relay': { number: 4421, redial: 'soon' },
  'receipt-refused': { number: 4422, redial: 'soon' },
  'version-mismatch': { number: 4426, redial: 'never' },
  'relay-failed': { number: 4500, redial: 'soon' },
  'relay-overloaded': { number: 4503, redial: 'soon' },
} as const satisfies Record<string, { number: number; redial: 'soon' | 'now' | 'never' }>

export type CloseCode = keyof typeof closes
export const closeCodes = Object.keys(closes) as CloseCode[]

/** A message that breaks the grammar. The side that notices says goodbye with `code` and closes. */
export class ProtocolError extends Error {
  readonly code: CloseCode
  constructor(code: CloseCode, detail: string) {
    super(detail)
    this.name = 'ProtocolError'
    this.code = code
  }
}
