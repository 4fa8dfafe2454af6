import { expect, test } from 'vitest'
import { parseRelayUrl } from './relay-url.ts'

test.each([
  ['https://relay.example.org', 'https://relay.example.org'],
  ['  https://Relay.Example.org:443/ ', 'https://relay.example.org'],
  ['https://relay.example.org:8443', 'https://relay.example.org:8443'],
  ['http://127.0.0.1:8787', 'http://127.0.0.1:8787'],
  ['http://127.9.8.7:1', 'http://127.9.8.7:1'],
  ['http://0x7f.1:8787', 'http://127.0.0.1:8787'],
  ['http://[::1]:8787', 'http://[::1]:8787'],
])('%s is a relay, at %s', (typed, url) => {
  expect(parseRelayUrl(typed)).toEqual({ ok: true, url })
})

test.each([
  ['', 'not-an-address'],
  ['relay.example.org', 'not-an-address'],
  ['ws://127.0.0.1:8787', 'not-http'],
  ['file:///etc/passwd', 'not-http'],
  ['javascript:alert(1)', 'not-http'],
  ['http://relay.example.org', 'plain-http-off-loopback'],
  ['http://192.168.1.1', 'plain-http-off-loopback'],
  ['http://127.0.0.1.example.org', 'plain-http-off-loopback'],
  ['http://localhost:8787', 'plain-http-off-loopback'],
  ['http://localhost.example.org', 'plain-http-off-loopback'],
  ['https://me:secret@relay.example.org', 'has-credentials'],
  ['https://relay.example.org/node', 'has-path'],
  ['https://relay.example.org/?a=1', 'has-path'],
])('%s is refused: %s', (typed, code) => {
  expect(parseRelayUrl(typed)).toMatchObject({ ok: false, code, detail: expect.stringMatching(/\.$/) })
})
