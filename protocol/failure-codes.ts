/**
 * The one closed list of what can go wrong with an exchange. The same word stands in the frame, the log, the metric, the
 * ledger's row, the customer's problem document and the docs.
 *
 * `source` says whose side failed. `retryable` says whether asking again, unchanged, may succeed.
 * `sentBy: 'node'` marks the codes that a node may put into a `failed` frame; all others are the relay's own.
 */
export const failures = {
  'invalid-request': { source: 'client', retryable: false },
  'sensitive-header': { source: 'client', retryable: false },
  'unsupported-feature': { source: 'client', retryable: false },
  'body-too-large': { source: 'client', retryable: false },
  'answer-too-large': { source: 'client', retryable: false, sentBy: 'node' },
  'not-found': { source: 'client', retryable: false },
  'invalid-key': { source: 'account', retryable: false },
  'balance-exhausted': { source: 'account', retryable: false },
  'customer-suspended': { source: 'account', retryable: false },
  'purpose-not-declared': { source: 'account', retryable: false },
  'policy-refused': { source: 'policy', retryable: false, sentBy: 'node' },
  'site-opted-out': { source: 'policy', retryable: false },
  'robots-disallowed': { source: 'policy', retryable: false },
  'target-pace': { source: 'policy', retryable: true },
  'redirect-refused': { source: 'policy', retryable: false },
  'relay-overloaded': { source: 'relay', retryable: true },
  'relay-draining': { source: 'relay', retryable: true },
  'relay-failed': { source: 'relay', retryable: true },
  'no-node-available': { source: 'relay', retryable: true },
  'node-vanished': { source: 'node', retryable: true },
  'node-timeout': { source: 'node', retryable: true },
  'node-blocked': { source: 'node', retryable: true, sentBy: 'node' },
  'node-unsafe': { source: 'node', retryable: true, sentBy: 'node' },
  'node-failed': { source: 'node', retryable: true, sentBy: 'node' },
  'owner-paused': { source: 'node', retryable: true, sentBy: 'node' },
  'owner-cap': { source: 'node', retryable: true, sentBy: 'node' },
  'owner-rule': { source: 'node', retryable: true, sentBy: 'node' },
  'target-dns': { source: 'target', retryable: true, sentBy: 'node' },
  'target-refused': { source: 'target', retryable: true, sentBy: 'node' },
  'target-tls': { source: 'target', retryable: false, sentBy: 'node' },
  'target-reset': { source: 'target', retryable: true, sentBy: 'node' },
  'target-protocol': { source: 'target', retryable: false, sentBy: 'node' },
  'target-timeout': { source: 'target', retryable: true, sentBy: 'node' },
  stopped: { source: 'client', retryable: false, sentBy: 'node' },
} as const satisfies Record<string, Failure>

export type FailureSource = 'client' | 'account' | 'policy' | 'relay' | 'node' | 'target'
type Failure = { source: FailureSource; retryable: boolean; sentBy?: 'node' }

export type FailureCode = keyof typeof failures
export type NodeFailureCode = {
  [C in FailureCode]: (typeof failures)[C] extends { sentBy: 'node' } ? C : never
}[FailureCode]

export const failureCodes = Object.keys(failures) as FailureCode[]
export const nodeFailureCodes = failureCodes.filter((code) => 'sentBy' in failures[code]) as NodeFailureCode[]

/** How an exchange ended: well, by the customer leaving, or with one failure. `stopped` is the node's word for the latter. */
export type Outcome = 'completed' | 'customer-left' | FailureCode
