import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { clientAddressOf, isFromThisMachine } from './peer-address.ts'

const from = (remoteAddress: string, headers: Record<string, string> = {}) =>
  ({ socket: { remoteAddress }, headers }) as unknown as IncomingMessage
const forwardedFor = (peer: string, list: string) => from(peer, { 'x-forwarded-for': list })

describe('the address of whoever asks', () => {
  const proxies = ['127.0.0.1', '10.0.0.1']
  test.each([
    ['a stranger is not believed', from('192.0.2.1', { 'x-forwarded-for': '198.51.100.7' }), '192.0.2.1'],
    ['a proxy that says nothing is itself', from('127.0.0.1'), '127.0.0.1'],
    ['a trusted proxy is believed', forwardedFor('127.0.0.1', '198.51.100.7'), '198.51.100.7'],
    [
      'only the last entry is a proxy’s own word',
      forwardedFor('127.0.0.1', '127.9.9.9, 198.51.100.7'),
      '198.51.100.7',
    ],
    [
      'a chain of trusted proxies is followed',
      forwardedFor('127.0.0.1', '203.0.113.9, 198.51.100.7, 10.0.0.1'),
      '198.51.100.7',
    ],
    [
      'what stands before nonsense is not believed',
      forwardedFor('127.0.0.1', '127.9.9.9, unknown'),
      '127.0.0.1',
    ],
    ['an address with a port is nonsense', forwardedFor('127.0.0.1', '198.51.100.7:1234'), '127.0.0.1'],
    ['an address with a zone is nonsense', forwardedFor('127.0.0.1', 'fe80::1%eth0'), '127.0.0.1'],
    ['an empty list says nothing', forwardedFor('127.0.0.1', ''), '127.0.0.1'],
    ['IPv6 comes in one spelling', forwardedFor('127.0.0.1', '2001:0DB8:0:0::1'), '2001:db8::1'],
    ['IPv4 in IPv6 is IPv4', forwardedFor('::ffff:127.0.0.1', '::ffff:198.51.100.7'), '198.51.100.7'],
    ['a chain of proxies alone ends at its first', forwardedFor('127.0.0.1', '10.0.0.1'), '10.0.0.1'],
  ])('%s', (_name, incoming, expected) => {
    expect(clientAddressOf(incoming, proxies)).toBe(expected)
  })
})

describe('a program on this machine', () => {
  test.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])('asks from %s', (address) => {
    expect(isFromThisMachine(from(address))).toBe(true)
  })
  test.each(['192.0.2.1', '::ffff:192.0.2.1', '2001:db8::1', ''])('does not ask from "%s"', (address) => {
    expect(isFromThisMachine(from(address))).toBe(false)
  })
  test.each(['x-forwarded-for', 'x-real-ip', 'forwarded', 'via', 'x-forwarded-host', 'x-forwarded-proto'])(
    'sends no %s: a proxy on this machine that forwards for the world does',
    (name) => {
      expect(isFromThisMachine(from('127.0.0.1', { [name]: '127.0.0.1' }))).toBe(false)
    },
  )
})
