/** RFC 3986, section 2.3: these mean the same, escaped or not. */
const unreserved = /[A-Za-z0-9\-._~]/

/** Without the escapes that nothing needs, and the others in capitals, as RFC 9309, section 2.2.2, compares paths: `/%70%c3%bc` is `/p%C3%BC`. */
export const withoutNeedlessEscapes = (text: string): string =>
  text.replaceAll(/%[0-9a-f]{2}/gi, (escaped) => {
    const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
    return unreserved.test(character) ? character : escaped.toUpperCase()
  })

/** One spelling for every spelling of a path, with its query: two that a site takes for one come out the same. */
export const plainPath = (path: string): string =>
  withoutNeedlessEscapes(encodeURI(path.toWellFormed()).replaceAll('%25', '%'))
