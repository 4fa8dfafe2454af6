import { type FailureCode, type FailureSource, failures } from '#protocol'

export type AttemptReport = { outcome: string; ms: number }

/** An exchange that ended without an answer. Thrown to the door, which turns it into a problem document. */
export class ExchangeFailure extends Error {
  readonly code: FailureCode
  readonly retryAfterMs: number | null
  attempts: AttemptReport[] = []

  constructor(code: FailureCode, detail: string, options: { retryAfterMs?: number | undefined } = {}) {
    super(detail)
    this.name = 'ExchangeFailure'
    this.code = code
    this.retryAfterMs = options.retryAfterMs ?? null
  }

  get source(): FailureSource {
    return failures[this.code].source
  }

  get retryable(): boolean {
    return failures[this.code].retryable
  }
}
