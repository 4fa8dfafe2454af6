import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'

const countMs = 500

/** Between two figures: fast at first and slow at the end. Past the end it is the end. */
export function countedUnits(from: bigint, to: bigint, passed: number): bigint {
  if (passed >= 1) return to
  const eased = 1 - (1 - Math.max(passed, 0)) ** 3
  return from + ((to - from) * BigInt(Math.round(eased * 1_000))) / 1_000n
}

/**
 * A figure that counts up to its newest value in place of jumping there. It jumps for those who asked for no motion, and where
 * nobody looks, because a hidden page is given no frames.
 */
export function useCount(units: string | null): { counted: string | null; isCounting: boolean } {
  const counted = useSignal(units)
  const shown = useRef(units)
  const show = (value: string | null) => {
    shown.current = value
    counted.value = value
  }
  useEffect(() => {
    const from = shown.current
    if (units === null || from === null || from === units || !mayMove()) return show(units)
    return count(BigInt(from), BigInt(units), (value) => show(String(value)))
  }, [units])
  const isCounting = counted.value !== units
  return { counted: counted.value ?? units, isCounting: isCounting && counted.value !== null }
}

const mayMove = (): boolean => !document.hidden && !matchMedia('(prefers-reduced-motion: reduce)').matches

/** Gives how to stop it. The timer ends it also where the frames have stopped. */
function count(from: bigint, to: bigint, show: (units: bigint) => void): () => void {
  const startedAt = performance.now()
  let frame = requestAnimationFrame(step)
  const end = setTimeout(finish, countMs)
  return stop

  function step(): void {
    show(countedUnits(from, to, (performance.now() - startedAt) / countMs))
    frame = requestAnimationFrame(step)
  }
  function finish(): void {
    stop()
    show(to)
  }
  function stop(): void {
    cancelAnimationFrame(frame)
    clearTimeout(end)
  }
}
