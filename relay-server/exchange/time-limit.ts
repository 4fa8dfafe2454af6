/** Until when an exchange waits for the head of its answer. `signal` aborts when the customer leaves or the time is up. */
export type TimeLimit = {
  readonly signal: AbortSignal
  readonly deadlineAtMs: number
  /** The head has come, or nobody waits for it any more: no timer and no listener stays. */
  clear(): void
}

/** Its own timer, not `AbortSignal.timeout`: that one would live on for the whole time after a fast answer. */
export function startTimeLimit(customer: AbortSignal, timeoutMs: number): TimeLimit {
  const controller = new AbortController()
  const abort = () => controller.abort()
  const timer = setTimeout(abort, timeoutMs)
  customer.addEventListener('abort', abort, { once: true })
  if (customer.aborted) abort()
  return {
    signal: controller.signal,
    deadlineAtMs: Date.now() + timeoutMs,
    clear() {
      clearTimeout(timer)
      customer.removeEventListener('abort', abort)
    },
  }
}

/** The promise's value, or `aborted` as soon as the signal aborts. Leaves no listener behind. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | 'aborted'> {
  if (signal.aborted) return 'aborted'
  const aborted = Promise.withResolvers<'aborted'>()
  const onAbort = () => aborted.resolve('aborted')
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
