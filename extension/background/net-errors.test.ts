import { describe, expect, it } from 'vitest'
import { nodeFailureCodes } from '#protocol'
import { failureOfNetError } from './net-errors.ts'

const codes: [netError: string, code: string][] = [
  ['NS_ERROR_UNKNOWN_HOST', 'target-dns'],
  ['NS_ERROR_CONNECTION_REFUSED', 'target-refused'],
  ['NS_ERROR_NET_TIMEOUT', 'target-timeout'],
  ['NS_ERROR_NET_RESET', 'target-reset'],
  ['NS_ERROR_CORRUPTED_CONTENT', 'target-protocol'],
  ['net::ERR_NAME_NOT_RESOLVED', 'target-dns'],
  ['net::ERR_DNS_TIMED_OUT', 'target-dns'],
  ['net::ERR_CONNECTION_REFUSED', 'target-refused'],
  ['net::ERR_ADDRESS_UNREACHABLE', 'target-refused'],
  ['net::ERR_CONNECTION_TIMED_OUT', 'target-timeout'],
  ['net::ERR_TIMED_OUT', 'target-timeout'],
  ['net::ERR_CERT_AUTHORITY_INVALID', 'target-tls'],
  ['net::ERR_CERT_DATE_INVALID', 'target-tls'],
  ['net::ERR_CERTIFICATE_TRANSPARENCY_REQUIRED', 'target-tls'],
  ['net::ERR_SSL_PROTOCOL_ERROR', 'target-tls'],
  ['net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH', 'target-tls'],
  ['net::ERR_BAD_SSL_CLIENT_AUTH_CERT', 'target-tls'],
  ['net::ERR_CONNECTION_RESET', 'target-reset'],
  ['net::ERR_CONNECTION_CLOSED', 'target-reset'],
  ['net::ERR_EMPTY_RESPONSE', 'target-reset'],
  ['net::ERR_CONTENT_LENGTH_MISMATCH', 'target-reset'],
  ['net::ERR_INCOMPLETE_CHUNKED_ENCODING', 'target-reset'],
  ['net::ERR_INVALID_HTTP_RESPONSE', 'target-protocol'],
  ['net::ERR_CONTENT_DECODING_FAILED', 'target-protocol'],
  ['net::ERR_RESPONSE_HEADERS_MULTIPLE_LOCATION', 'target-protocol'],
  ['net::ERR_HTTP2_PROTOCOL_ERROR', 'target-protocol'],
  ['net::ERR_HTTP2_PING_FAILED', 'target-reset'],
  ['net::ERR_BLOCKED_BY_CLIENT', 'node-blocked'],
  ['net::ERR_BLOCKED_BY_ADMINISTRATOR', 'node-blocked'],
  ['net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS', 'policy-refused'],
  ['net::ERR_BLOCKED_BY_PRIVATE_NETWORK_ACCESS_CHECKS', 'policy-refused'],
  ['net::ERR_FAILED', 'policy-refused'],
  ['net::ERR_UNSAFE_PORT', 'policy-refused'],
  ['net::ERR_INTERNET_DISCONNECTED', 'node-failed'],
  ['net::ERR_PROXY_CONNECTION_FAILED', 'node-failed'],
  ['net::ERR_NETWORK_CHANGED', 'node-failed'],
  ['net::ERR_SOMETHING_OF_NEXT_YEAR', 'node-failed'],
]

describe('the network stack’s errors', () => {
  it.each(codes)('%s is %s', (netError, code) => {
    const failure = failureOfNetError(netError)
    expect(failure.code).toBe(code)
    expect(nodeFailureCodes).toContain(failure.code)
    expect(failure.message).toContain(netError.replace('net::', ''))
  })

  it('an error that the browser did not name is the node’s', () => {
    expect(failureOfNetError(null).code).toBe('node-failed')
  })

  it.each([
    'Unable to communicate securely with peer: requested domain name does not match.',
    'SSL received a record that exceeded the maximum permissible length.',
    '証明書が正しくありません。',
  ])('“%s” is target-tls, and is not passed on: it would tell which language the owner speaks', (said) => {
    const failure = failureOfNetError(said)
    expect(failure.code).toBe('target-tls')
    expect(failure.message).not.toContain(said)
  })
})
