import type { NodeFailureCode } from '#protocol'
import { ExchangeFailure } from './exchange-failure.ts'

/** Words are in capitals; all else is said to a person. */
const sentence = /[^A-Z0-9_]/

/**
 * What the browser's network stack calls an error, and what we call it. A `fetch` that fails says only `TypeError`, so
 * these words come from `webRequest.onErrorOccurred`. Names: Chromium's net/base/net_error_list.h; Firefox says `NS_ERROR_…`, and
 * a whole sentence of its own language where TLS fails. First match wins.
 */
const codeOfNetError: [pattern: RegExp, code: NodeFailureCode][] = [
  [/^ERR_BLOCKED_BY_(LOCAL|PRIVATE)_NETWORK_ACCESS_CHECKS$/, 'policy-refused'],
  // Chromium 156 was seen to say no more than this where the address lock refuses.
  [/^ERR_FAILED$/, 'policy-refused'],
  [
    /^ERR_(UNSAFE_PORT|DISALLOWED_URL_SCHEME|UNKNOWN_URL_SCHEME|INCONSISTENT_IP_ADDRESS_SPACE)$/,
    'policy-refused',
  ],
  [/^ERR_BLOCKED_BY_(CLIENT|ADMINISTRATOR|CSP|ORB)$|^ERR_BLOCKED_(IN_INCOGNITO|ENROLLMENT)/, 'node-blocked'],
  [/^ERR_NAME_(NOT_RESOLVED|RESOLUTION_FAILED)$|^ERR_DNS_|^ERR_ICANN_NAME_COLLISION$/, 'target-dns'],
  [/^ERR_(CONNECTION_)?TIMED_OUT$/, 'target-timeout'],
  [/^ERR_CONNECTION_(REFUSED|FAILED)$|^ERR_ADDRESS_(UNREACHABLE|INVALID)$/, 'target-refused'],
  [/^ERR_(CERT|SSL|ECH|BAD_SSL)_|^ERR_CERTIFICATE_|^ERR_TLS13_/, 'target-tls'],
  [/^ERR_CONNECTION_(RESET|CLOSED|ABORTED)$|^ERR_(EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)$/, 'target-reset'],
  [/^ERR_(CONTENT_LENGTH_MISMATCH|INCOMPLETE_CHUNKED_ENCODING)$/, 'target-reset'],
  [
    /^ERR_HTTP2_(PING_FAILED|SERVER_REFUSED_STREAM|RST_STREAM|CONNECT)|^ERR_QUIC_(GOAWAY|HANDSHAKE)/,
    'target-reset',
  ],
  [
    /^ERR_(INVALID_(HTTP_)?RESPONSE|INVALID_CHUNKED_ENCODING|INVALID_REDIRECT|UNSAFE_REDIRECT)$/,
    'target-protocol',
  ],
  [/^ERR_(CONTENT_DECODING|RESPONSE_HEADERS|HTTP2|QUIC|HTTP_1_1|UNEXPECTED|TOO_MANY_)/, 'target-protocol'],
  [/^ERR_RESPONSE_/, 'target-protocol'],
  [/^NS_ERROR_(UNKNOWN_HOST|UNKNOWN_PROXY_HOST|DNS_.*)$/, 'target-dns'],
  [/^NS_ERROR_NET_TIMEOUT/, 'target-timeout'],
  [/^NS_ERROR_CONNECTION_REFUSED$/, 'target-refused'],
  [/^NS_ERROR_(NET_RESET|NET_INTERRUPT|NET_PARTIAL_TRANSFER|NET_EMPTY_RESPONSE)$/, 'target-reset'],
  [/^NS_ERROR_(INVALID_CONTENT_ENCODING|CORRUPTED_CONTENT|NET_HTTP2_.*|PARSING_HTTP_.*)$/, 'target-protocol'],
  [sentence, 'target-tls'],
]

const sentences: Partial<Record<NodeFailureCode, string>> = {
  'policy-refused': 'the browser refused to connect: only public addresses may be fetched',
  'node-blocked': "something in the node's browser blocked the request; ask another node",
  'target-dns': 'the name of the target could not be resolved',
  'target-timeout': 'the target did not answer in time',
  'target-refused': 'the target refused the connection',
  'target-tls': 'no trusted TLS connection to the target could be made; check its certificate',
  'target-reset': 'the target broke the connection',
  'target-protocol': 'the target answered with something that is not proper HTTP',
}

/** `netError` as the browser names it, such as `net::ERR_NAME_NOT_RESOLVED`; null where it named none. */
export function failureOfNetError(netError: string | null): ExchangeFailure {
  const word = (netError ?? '').replace(/^net::/, '')
  const code = codeOfNetError.find(([pattern]) => pattern.test(word))?.[1] ?? 'node-failed'
  const meaning = sentences[code] ?? "the request failed in the node's browser; ask another node"
  // A sentence would tell the customer which language the owner speaks.
  const isTold = word !== '' && !sentence.test(word)
  return new ExchangeFailure(code, isTold ? `${meaning} (${word})` : meaning)
}
