type ParsedHost = { ok: true; host: string } | { ok: false; detail: string }

/** RFC 1035, section 2.3.4; an IPv6 address is shorter. */
const hostCharactersMax = 253
/** What a link's terms can carry. A name that the browser's own parser has made ASCII fits, or is none. */
const hostShape = /^[a-z0-9._:-]+$/

/**
 * Reads what the owner typed or pasted for one host of a list, and gives it as the browser writes hosts: ASCII, lower case, without
 * port, path or trailing dot, an IPv6 address without brackets. `*.example.org` is example.org, because an entry stands for its subdomains too.
 */
export function parseHostEntry(typed: string): ParsedHost {
  const text = typed.trim().replace(/^\*\./, '')
  const url = hasScheme.test(text) ? URL.parse(text) : URL.parse(`http://${bracketed(text)}`)
  const host = url?.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '') ?? ''
  if (host === '' || host.length > hostCharactersMax || !hostShape.test(host))
    return {
      ok: false,
      detail: `“${typed.trim().slice(0, 80)}” is not a host. Write a name such as example.org.`,
    }
  return { ok: true, host }
}

const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i

/** An IPv6 address as people write it alone: two colons and more, and nothing but hexadecimal digits around them. */
const bracketed = (text: string): string =>
  /^[0-9a-f:.]*:[0-9a-f.]*:[0-9a-f:.]*$/i.test(text) ? `[${text}]` : text
