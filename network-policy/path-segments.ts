/**
 * The segments of a URL's path as most servers read them: escapes of ASCII decoded once, small letters, without empty segments,
 * without the parameters of a segment (RFC 3986, section 3.3) and without the ending of a page: `//Sign%75p.php;a=1` is `signup`.
 */
export const segmentsOf = (path: string): string[] =>
  path
    .replace(/%([0-7][0-9a-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .toLowerCase()
    .split('/')
    .map((segment) => withoutEnding(segment.split(';', 1)[0] as string))
    .filter((segment) => segment !== '')

const pageEndings = ['.php', '.html', '.htm', '.aspx', '.asp', '.jsp', '.do', '.action', '.cgi']

function withoutEnding(segment: string): string {
  const ending = pageEndings.find((each) => segment.endsWith(each))
  return ending ? segment.slice(0, -ending.length) : segment
}
