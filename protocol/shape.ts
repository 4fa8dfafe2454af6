/**
 * A tiny checked vocabulary for JSON control frames. A `Check` takes an unknown value and returns it typed, or throws a sentence.
 * Written here, because this room imports nothing and the extension ships it: the whole of it is smaller than a schema library.
 */
export type Check<T> = (value: unknown, path: string) => T
export type Checked<C> = C extends Check<infer T> ? T : never

export const text =
  (charactersMax: number): Check<string> =>
  (value, path) => {
    if (typeof value !== 'string') throw new Error(`${path} must be text`)
    if (value.length > charactersMax) throw new Error(`${path} is longer than ${charactersMax} characters`)
    return value
  }

/** Text without spaces, line ends and anything else that could pass for the end of a line in a signed text or a log. */
export const word =
  (charactersMax: number, pattern: RegExp = /^[\x21-\x7e]+$/): Check<string> =>
  (value, path) => {
    const checked = text(charactersMax)(value, path)
    if (!pattern.test(checked)) throw new Error(`${path} has a character that may not stand there`)
    return checked
  }

export const wholeNumber =
  (min: number, max: number = Number.MAX_SAFE_INTEGER): Check<number> =>
  (value, path) => {
    // JSON has -0, which would come out as 0 when it is written again.
    if (!Number.isSafeInteger(value) || Object.is(value, -0))
      throw new Error(`${path} must be a whole number`)
    const number = value as number
    if (number < min || number > max) throw new Error(`${path} must lie between ${min} and ${max}`)
    return number
  }

export const flag: Check<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw new Error(`${path} must be true or false`)
  return value
}

export const oneOf =
  <const T extends readonly string[]>(words: T): Check<T[number]> =>
  (value, path) => {
    if (typeof value !== 'string' || !words.includes(value)) throw new Error(`${path} is not a known word`)
    return value
  }

export const orNull =
  <T>(check: Check<T>): Check<T | null> =>
  (value, path) =>
    value === null ? null : check(value, path)

export const listOf =
  <T>(check: Check<T>, countMax: number): Check<T[]> =>
  (value, path) => {
    if (!Array.isArray(value)) throw new Error(`${path} must be a list`)
    if (value.length > countMax) throw new Error(`${path} has more than ${countMax} entries`)
    return value.map((entry, index) => check(entry, `${path}[${index}]`))
  }

export type Fields = Record<string, Check<unknown>>
export type CheckedFields<F extends Fields> = { [K in keyof F]: Checked<F[K]> }

/** Every field is required and none may be added: what is absent is `null`, so that two encodings of one frame never differ. */
export const record =
  <const F extends Fields>(fields: F): Check<CheckedFields<F>> =>
  (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Error(`${path} must be an object`)
    const entries = value as Record<string, unknown>
    for (const name in entries)
      if (!Object.hasOwn(fields, name)) throw new Error(`${path}.${name} is not a known field`)
    const checked: Record<string, unknown> = {}
    for (const name in fields)
      checked[name] = (fields[name] as Check<unknown>)(entries[name], `${path}.${name}`)
    return checked as CheckedFields<F>
  }

const utf8 = new TextEncoder()
const utf8BytesPerUnitMax = 3

/** Is `message` longer in UTF-8? Counts only where the number of UTF-16 units leaves a doubt. */
export const isLongerThan = (bytesMax: number, message: string): boolean =>
  message.length > bytesMax ||
  (message.length * utf8BytesPerUnitMax > bytesMax && utf8.encode(message).length > bytesMax)
