import { describe, expect, it } from 'vitest'
import { closeCodes } from '#protocol'
import { notSharingReasons } from '../messages/index.ts'
import { type SharingFacts, sharingOf, whyNotDial } from './sharing-state.ts'

const consentText = { version: '1', sha256: 'abc' }
const agreed = { said: 'yes' as const, given: { ...consentText, agreedAt: '2026-11-23T00:00:00Z' } }
const good: SharingFacts = {
  owner: { consent: agreed, pause: null, unsafe: null, linkStop: null },
  consentText,
  hostAccess: true,
  addressLock: true,
  relayUrl: 'https://relay.example.org',
  link: { phase: 'linked', sinceUnixMs: 1, exchangesInFlight: 2 },
}
const ownerWith = (changes: Partial<SharingFacts['owner']>): SharingFacts => ({
  ...good,
  owner: { ...good.owner, ...changes },
})
const stop = { code: 'version-mismatch' as const, detail: 'this relay speaks 2', relayUrl: good.relayUrl }

describe('whether this node shares', () => {
  it('shares when the owner, the browser and the relay all allow it', () => {
    expect(sharingOf(good)).toEqual({ phase: 'sharing', exchangesInFlight: 2 })
  })

  it.each([
    ['consent-not-given', ownerWith({ consent: { said: 'nothing' } })],
    ['consent-not-given', { ...good, consentText: { version: '2', sha256: 'abc' } }],
    ['consent-not-given', { ...good, consentText: { version: '1', sha256: 'abd' } }],
    ['consent-declined', ownerWith({ consent: { said: 'no' } })],
    ['address-lock-missing', { ...good, addressLock: false }],
    ['permission-missing', { ...good, hostAccess: false }],
    [
      'private-address-answered',
      ownerWith({ unsafe: { host: 'a.example', address: '10.0.0.1', atUnixMs: 1 } }),
    ],
    ['paused-by-you', ownerWith({ pause: { untilUnixMs: null } })],
    ['version-mismatch', ownerWith({ linkStop: stop })],
  ] as [string, SharingFacts][])('%s keeps it from dialling at all', (reason, facts) => {
    expect(whyNotDial(facts)).toMatchObject({ phase: 'off', reason })
    expect(sharingOf(facts)).toMatchObject({ phase: 'off', reason })
  })

  it('what one relay refused does not keep it from another', () => {
    expect(whyNotDial({ ...ownerWith({ linkStop: stop }), relayUrl: 'https://other.example.org' })).toBeNull()
  })

  it('nothing that the relay or the owner said later outweighs a missing consent', () => {
    const facts = {
      ...ownerWith({ consent: { said: 'nothing' }, pause: { untilUnixMs: null }, linkStop: stop }),
      hostAccess: false,
    }
    expect(whyNotDial(facts)).toMatchObject({ reason: 'consent-not-given' })
  })

  it.each([...closeCodes, 'unreachable' as const])(
    'a link that ended with %s has a reason that the owner can read',
    (code) => {
      const sharing = sharingOf({ ...good, link: { phase: 'waiting', code, detail: '' } })
      expect(sharing.phase === 'off' && notSharingReasons.includes(sharing.reason)).toBe(true)
    },
  )
})
