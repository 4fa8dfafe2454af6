import { describe, expect, it } from 'vitest'
import { nodeDoorOf, overridesFrom } from './relay-address.ts'

const override = '127.0.0.1:9000=public'

describe('where this node dials', () => {
  it.each([
    ['https://relay.example.org', 'wss://relay.example.org/node'],
    ['https://relay.example.org:8443', 'wss://relay.example.org:8443/node'],
    ['http://127.0.0.1:8787', 'ws://127.0.0.1:8787/node'],
    ['http://[::1]:8787', 'ws://[::1]:8787/node'],
  ])('%s is dialled as %s', (relayUrl, nodeDoor) => {
    expect(nodeDoorOf(relayUrl)).toBe(nodeDoor)
  })

  it('overrides of a relay on this machine are honoured', () => {
    expect(overridesFrom('http://127.0.0.1:8787', [override])).toEqual([
      { address: '127.0.0.1', port: 9000, space: 'public' },
    ])
  })

  it.each([
    'https://relay.example.org',
    'https://127.0.0.1.evil.example',
    'http://localhost:8787',
    'https://localhost',
  ])('the same welcome from %s opens nothing', (relayUrl) => {
    expect(overridesFrom(relayUrl, [override])).toEqual([])
  })

  it('a text that is no override opens nothing', () => {
    expect(overridesFrom('http://127.0.0.1:8787', ['everything=public', ''])).toEqual([])
  })
})
