/** Random choices that a seed repeats, for tests that need millions of them: mulberry32, 32 bits of state. */
export type Dice = {
  /** A whole number from 0 up to, not including, `end`; 0 where `end` is 0. */
  upTo(end: number): number
  of<T>(choices: readonly T[]): T
  bytes(length: number): Uint8Array
  /** Any UTF-16 units, ASCII more often than not. */
  text(length: number): string
}

export function diceOf(seed: number): Dice {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const upTo = (end: number): number => Math.floor(next() * end)
  const unit = (): string => String.fromCharCode(upTo(3) === 0 ? upTo(0x1_0000) : upTo(0x80))
  return {
    upTo,
    of: (choices) => choices[upTo(choices.length)] as (typeof choices)[number],
    bytes: (length) => Uint8Array.from({ length }, () => upTo(256)),
    text: (length) => Array.from({ length }, unit).join(''),
  }
}
