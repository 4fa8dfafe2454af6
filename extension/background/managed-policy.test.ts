import { describe, expect, it } from 'vitest'
import { managedPolicyOf } from './managed-policy.ts'

describe('what an organisation fixes', () => {
  it('is nothing where it says nothing', () => {
    expect(managedPolicyOf({})).toEqual({ relayUrl: null, off: false })
    expect(managedPolicyOf({ off: false, other: 1 })).toEqual({ relayUrl: null, off: false })
  })

  it('is the relay, the switch, or both', () => {
    expect(managedPolicyOf({ relayUrl: 'https://relay.example.org' })).toEqual({
      relayUrl: 'https://relay.example.org',
      off: false,
    })
    expect(managedPolicyOf({ relayUrl: 'https://relay.example.org', off: true })).toEqual({
      relayUrl: 'https://relay.example.org',
      off: true,
    })
  })

  it.each([
    { off: 'no' },
    { off: 0 },
    { off: [] },
    { relayUrl: 'nonsense' },
    { relayUrl: 'http://relay.example.org' },
    { relayUrl: '' },
    { relayUrl: 7 },
    { relayUrl: {}, off: false },
  ])('%j cannot be understood, so nothing is shared', (values) => {
    expect(managedPolicyOf(values)).toEqual({ relayUrl: null, off: true })
  })
})
