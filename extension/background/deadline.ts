/**
 * The promise's value, or what `late` makes when it took longer than `ms`. Rejects with the signal's reason when that
 * aborts first. Leaves no timer and no listener behind.
 */
export function within<T>(
  promise: Promise<T>,
  { ms, late, signal }: { ms: number; late(): T; signal?: AbortSignal },
): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      act()
    }
    const onAbort = () => settle(() => reject(signal?.reason))
    const onLate = () =>
      settle(() => {
        try {
          resolve(late())
        } catch (error) {
          reject(error)
        }
      })
    const timer = setTimeout(onLate, ms)
    if (signal?.aborted) return onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    promise.then(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    )
  })
}
