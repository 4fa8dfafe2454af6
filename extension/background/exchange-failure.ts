import type { NodeFailureCode } from '#protocol'

/** An exchange ends here, with this code. `detail` is a sentence for the customer: never a path, never what the owner does. */
export class ExchangeFailure extends Error {
  readonly code: NodeFailureCode
  constructor(code: NodeFailureCode, detail: string) {
    super(detail)
    this.name = 'ExchangeFailure'
    this.code = code
  }
}

/** What was not foreseen is this node's fault, and says so. */
export const asExchangeFailure = (error: unknown): ExchangeFailure =>
  error instanceof ExchangeFailure
    ? error
    : new ExchangeFailure('node-failed', `the node stumbled: ${String(error)}; ask another one`)
