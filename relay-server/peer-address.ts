import type { IncomingMessage } from 'node:http'
import { canonicalAddress, isLoopbackAddress } from '#addresses'

/** What proxies add. A request that carries one of them was sent by somebody else than the socket's other end. */
const forwardingHeaders = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
]

/**
 * Who asks: the socket's other end, or, where that is a trusted proxy, the address for which it forwards. Each proxy appends the
 * peer it saw, so the list is believed from its right end for as long as trusted proxies stand there, and no further.
 */
export function clientAddressOf(incoming: IncomingMessage, trustedProxies: readonly string[]): string {
  const peer = socketAddressOf(incoming)
  const forwarded = String(incoming.headers['x-forwarded-for'] ?? '').split(',')
  const isTrusted = (address: string) => trustedProxies.includes(address)
  let client = peer
  while (isTrusted(client) && forwarded.length > 0) {
    const next = canonicalAddress(forwarded.pop()?.trim() ?? '')
    if (next === null) return client
    client = next
  }
  return client
}

/**
 * A program on this machine that speaks for itself. A forwarded request comes from elsewhere even where the proxy runs here, and
 * nothing that it says of its client can make it local again.
 */
export function isFromThisMachine(incoming: IncomingMessage): boolean {
  const forwarded = forwardingHeaders.some((name) => incoming.headers[name] !== undefined)
  return !forwarded && isLoopbackAddress(socketAddressOf(incoming))
}

/** Node writes IPv4 peers of a dual-stack socket as `::ffff:192.0.2.1`; here they are plain. Empty once the socket is gone. */
function socketAddressOf({ socket }: IncomingMessage): string {
  const address = socket.remoteAddress ?? ''
  return canonicalAddress(address) ?? address
}
