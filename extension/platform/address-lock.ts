const lockField = 'targetAddressSpace'
const publicOnly = 'public'

/**
 * Whether this browser's network stack can be told to refuse every address that is not public. It is the wall before
 * the owner's home network: without it nothing is shared. A name in a dictionary that a browser does not know is
 * dropped silently, so reading it back is the test.
 */
export function hasAddressLock(): boolean {
  try {
    return Reflect.get(new Request('https://fallow.invalid/', addressLock), lockField) === publicOnly
  } catch {
    return false
  }
}

/** Spread into every `fetch` of a target. TypeScript's DOM does not know the field, which is of no standard yet. */
export const addressLock = { [lockField]: publicOnly } as RequestInit
