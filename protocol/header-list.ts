import { ProtocolError } from './close-codes.ts'
import { headersBytesMax, headersCountMax } from './limits.ts'
import type { Check } from './shape.ts'

/** Headers in the order in which they were seen; a name may stand more than once. Names are lower case. */
export type HeaderList = [name: string, value: string][]

// RFC 9110, section 5.6.2 (token) and 5.5 (field value). Browsers let a bare CR through, so each end checks for itself.
const tokenPattern = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
const valuePattern = /^[\t\x20-\x7e\x80-\xff]*$/

export const isHeaderName = (name: string): boolean => tokenPattern.test(name)
export const isHeaderValue = (value: string): boolean => valuePattern.test(value)

/** Refuses names that are not lower-case tokens, values with CR, LF, NUL or other control characters, and lists that are too large. */
export const headerList: Check<HeaderList> = (value, path) => {
  if (!Array.isArray(value)) throw invalid(`${path} must be a list`)
  if (value.length > headersCountMax) throw invalid(`${path} has more than ${headersCountMax} headers`)
  let bytes = 0
  for (const [index, entry] of value.entries()) bytes += headerBytes(entry, `${path}[${index}]`)
  if (bytes > headersBytesMax) throw invalid(`${path} is larger than ${headersBytesMax} bytes`)
  return value as HeaderList
}

function headerBytes(entry: unknown, path: string): number {
  if (!Array.isArray(entry) || entry.length !== 2) throw invalid(`${path} must be a name and a value`)
  const [name, value] = entry as [unknown, unknown]
  if (typeof name !== 'string' || !isHeaderName(name))
    throw invalid(`${path} has a name that is not a lower-case token`)
  if (typeof value !== 'string' || !isHeaderValue(value))
    throw invalid(`${path} has a value with a forbidden character`)
  return name.length + value.length
}

/** A code of its own: whoever reads it knows to look at what a target sent, not at the framing. */
const invalid = (detail: string) => new ProtocolError('header-invalid', detail)
