import { octetsOf, specialSamplesV4, specialSamplesV6 } from './address-samples.ts'

type Spelling = (address: string) => string

const hex = (value: number, digits = 1): string => value.toString(16).padStart(digits, '0')
const wholeNumber: Spelling = (address) =>
  String(octetsOf(address).reduce((sum, octet) => sum * 256 + octet, 0))
const tail = (octets: number[]): number => octets.reduce((sum, octet) => sum * 256 + octet, 0)
const parts = (address: string, write: (octet: number) => string): string =>
  octetsOf(address).map(write).join('.')
const percent: Spelling = (text) =>
  [...text].map((character) => `%${hex(character.charCodeAt(0), 2)}`).join('')
const fullWidth: Spelling = (text) =>
  text.replace(/[!-~]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0))
const circled: Spelling = (text) =>
  text.replace(/[1-9]/g, (digit) => String.fromCharCode(0x2460 + Number(digit) - 1))
const groups: Spelling = (address) => {
  const [a, b, c, d] = octetsOf(address)
  return `${hex(a, 2)}${hex(b, 2)}:${hex(c, 2)}${hex(d, 2)}`
}

/** How one IPv4 address can be written so that a URL parser still reads it. */
const spellingsV4: Spelling[] = [
  (address) => address,
  (address) => `${address}.`,
  wholeNumber,
  (address) => `${wholeNumber(address)}.`,
  (address) => `0x${hex(Number(wholeNumber(address)))}`,
  (address) => `0X${hex(Number(wholeNumber(address))).toUpperCase()}`,
  (address) => `0x0000000000${hex(Number(wholeNumber(address)))}`,
  (address) => `0${Number(wholeNumber(address)).toString(8)}`,
  (address) => parts(address, (octet) => `0x${hex(octet)}`),
  (address) => parts(address, (octet) => `0X${hex(octet, 8)}`),
  (address) => parts(address, (octet) => `0${octet.toString(8)}`),
  (address) => parts(address, (octet) => `000000${octet.toString(8)}`),
  (address) => `${octetsOf(address)[0]}.${tail(octetsOf(address).slice(1))}`,
  (address) => `${octetsOf(address).slice(0, 2).join('.')}.${tail(octetsOf(address).slice(2))}`,
  (address) => `0x${hex(octetsOf(address)[0])}.${tail(octetsOf(address).slice(1))}`,
  (address) => `0${octetsOf(address)[0].toString(8)}.0x${hex(tail(octetsOf(address).slice(1)))}`,
  percent,
  (address) => percent(wholeNumber(address)),
  (address) => address.replaceAll('.', '%2e'),
  (address) => address.replaceAll('.', '%E3%80%82'),
  (address) => address.replaceAll('.', '。'),
  (address) => address.replaceAll('.', '．'),
  (address) => address.replaceAll('.', '｡'),
  fullWidth,
  (address) => fullWidth(wholeNumber(address)),
  circled,
  (address) => address.replace('.', '\u00ad.'),
  (address) => address.replace('.', '.\u200b'),
  (address) => address.replace('.', '\t.\n'),
  (address) => `[::ffff:${address}]`,
  (address) => `[::FFFF:${groups(address)}]`,
  (address) => `[0:0:0:0:0:ffff:${groups(address)}]`,
  (address) => `[0000:0000:0000:0000:0000:FFFF:${address}]`,
  (address) => `[::ffff:0:${address}]`,
  (address) => `[::${address}]`,
  (address) => `[::${groups(address)}]`,
  (address) => `[64:ff9b::${address}]`,
  (address) => `[64:FF9B:1::${groups(address)}]`,
  (address) => `[2002:${groups(address)}::]`,
  (address) => `[2002:${groups(address)}::1]`,
  (address) => `[2001:0:${groups(address)}::1]`,
  (address) => `[2001:0:4136:e378:8000:63bf:${groups(address)}]`,
  (address) => `[fe80::1%25${address}]`,
]

const expanded: Spelling = (address) =>
  new URL(`http://[${address}]/`).hostname
    .slice(1, -1)
    .replace('::', ':x:')
    .split(':')
    .filter((group) => group !== '')
    .flatMap((group, _index, all) => (group === 'x' ? Array(9 - all.length).fill('0') : [group]))
    .map((group) => group.padStart(4, '0'))
    .join(':')

const spellingsV6: Spelling[] = [
  (address) => `[${address}]`,
  (address) => `[${address.toUpperCase()}]`,
  (address) => `[${expanded(address)}]`,
  (address) => `[${expanded(address).toUpperCase()}]`,
  (address) => `[${address}%eth0]`,
  (address) => `[${address}%25eth0]`,
  (address) => `%5B${address}%5D`,
]

// biome-ignore format: a table reads better in rows
const privateNames = [
  'localhost', 'localhost.localdomain', 'printer.local', 'router.lan', 'nas.home', 'wiki.corp', 'metadata.internal', 'a.b.test',
  'x.invalid', 'app.localhost', 'router.home.arpa', 'home.arpa', 'local', 'intranet', 'router', 'abcdefgh.onion',
]

const spellingsOfNames: Spelling[] = [
  (name) => name,
  (name) => `${name}.`,
  (name) => `${name}..`,
  (name) => `.${name}`,
  (name) => name.toUpperCase(),
  (name) => `${name.toUpperCase()}.`,
  percent,
  fullWidth,
  (name) => name.replaceAll('.', '。'),
  (name) => name.replaceAll('.', '%2e'),
  (name) => name.replace('o', '\u00ado'),
  (name) => name.replace('o', '\u200bo'),
  (name) => name.replace('o', 'º'),
  (name) => name.replace('a', 'ª'),
  (name) => `${name}%2e`,
  (name) => `${name}。`,
]

/** What may stand around a host without changing whom the request reaches. */
const frames: Spelling[] = [
  (host) => `http://${host}/`,
  (host) => `https://${host}/path?query#fragment`,
  (host) => `HTTP://${host}:80`,
  (host) => `https://${host}:443/`,
  (host) => `http:\\\\${host}\\path`,
  (host) => `http:/${host}/`,
  (host) => `  http://${host}/\n`,
  (host) => `ht\ntp://${host}/`,
  (host) => `http:////${host}/`,
  (host) => `http://${host}:8080/`,
  (host) => `http://example.com@${host}/`,
  (host) => `http://example.com:80@${host}/`,
  (host) => `http://${host}\\@example.com/`,
  (host) => `http://${host}#@example.com/`,
  (host) => `http://${host}?@example.com/`,
  (host) => `ftp://${host}/`,
  (host) => `ws://${host}/`,
]

const oddPorts = [
  0, 1, 22, 25, 53, 81, 442, 444, 445, 3306, 5432, 6379, 8000, 8080, 8443, 8787, 9100, 27017, 65535, 65536,
]
// biome-ignore format: a table reads better in rows
const oddUrls = [
  ...oddPorts.map((port) => `http://example.com:${port}/`),
  'file:///etc/passwd', 'file://127.0.0.1/etc/passwd', 'data:text/html,hello', 'javascript:alert(1)', 'about:blank',
  'blob:http://example.com/0', 'filesystem:http://example.com/0', 'view-source:http://example.com/', 'chrome://settings',
  'chrome-extension://abcdefghijklmnop/', 'gopher://example.com:70/', 'ftp://example.com/', 'wss://example.com/', 'mailto:a@example.com',
  'http://user@example.com/', 'http://user:password@example.com/', 'https://:password@example.com/', 'http://127.0.0.1@example.com/',
  'http://', 'http:///', 'https://?', '//example.com/', '/path', 'example.com', '', ' ', 'http://exa mple.com/', 'http://a..b.com/',
  'http://example.com%00.evil.com/', 'http://[::1', 'http://::1/', 'http://[v1.x]/', 'http://1.2.3.4.5/', 'http://256.1.1.1/',
  'http://example.0x7f/', `http://${'a'.repeat(64)}.com/`, `http://${'a.'.repeat(127)}com/`, `http://example.com/${'a'.repeat(8192)}`,
  `http://example.com/${'é'.repeat(2000)}`, "http://it's.example.com/", 'http://a+b.example.com/', 'http://*.example.com/',
]

const spelled = (samples: string[], spellings: Spelling[]): string[] =>
  samples.flatMap((sample) => spellings.map((spell) => spell(sample)))

/** Tens of thousands of URLs that lead into a home, into the machine itself, or to a door that is not the web's. */
export function hostileUrls(): string[] {
  const hosts = [
    ...spelled(specialSamplesV4, spellingsV4),
    ...spelled(specialSamplesV6, spellingsV6),
    ...spelled(privateNames, spellingsOfNames),
  ]
  return [...new Set([...spelled(hosts, frames), ...oddUrls])]
}
