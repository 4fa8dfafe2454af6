import { describe, expect, it } from 'vitest'
import { closeCodes } from '#protocol'
import { freshSettings, notSharingReasons, type OwnerSettings } from '../messages/index.ts'
import { noManagedPolicy } from './managed-policy.ts'
import type { Presence } from './presence.ts'
import { type SharingFacts, sharingOf, whyNotDial } from './sharing-state.ts'

const consentText = { version: '1', sha256s: ['abc', 'def'] }
const given = { version: '1', sha256: 'def', agreedAt: '2026-11-23T00:00:00Z' }
const agreed = { said: 'yes' as const, given }
const settings = {
  ...freshSettings,
  mode: 'when-away',
  unlimitedConnection: true,
  shareOnBattery: false,
} as const
const nowUnixMs = Date.UTC(2026, 10, 26, 12)
const good: SharingFacts = {
  owner: { consent: agreed, pause: null, unsafe: null, linkStop: null, settings },
  consentText,
  managed: noManagedPolicy,
  presence: { owner: 'away', power: 'mains', savesData: false, isCellular: false },
  nowUnixMs,
  timeZone: 'UTC',
  hostAccess: true,
  addressLock: true,
  relayUrl: 'https://relay.example.org',
  cap: null,
  link: { phase: 'linked', sinceUnixMs: 1, exchangesInFlight: 2 },
}
const stop = { code: 'version-mismatch' as const, detail: 'this relay speaks 2', relayUrl: good.relayUrl }
const unsafe = { host: 'a.example', address: '10.0.0.1', atUnixMs: 1 }
const never = '0'.repeat(168)

type Change = (facts: SharingFacts) => SharingFacts
const ownerWith =
  (changes: Partial<SharingFacts['owner']>): Change =>
  (facts) => ({ ...facts, owner: { ...facts.owner, ...changes } })
const withSettings =
  (changes: Partial<OwnerSettings>): Change =>
  (facts) =>
    ownerWith({ settings: { ...facts.owner.settings, ...changes } })(facts)
const withPresence =
  (changes: Partial<Presence>): Change =>
  (facts) => ({ ...facts, presence: { ...facts.presence, ...changes } })

/** Every reason for not dialling, in the order in which the owner hears them. */
const inOrder: [string, Change][] = [
  ['switched-off-by-organisation', (facts) => ({ ...facts, managed: { relayUrl: null, off: true } })],
  ['consent-declined', ownerWith({ consent: { said: 'no' } })],
  ['consent-not-given', ownerWith({ consent: { said: 'nothing' } })],
  ['consent-changed', (facts) => ({ ...facts, consentText: { version: '2', sha256s: ['abd'] } })],
  ['questions-open', withSettings({ unlimitedConnection: null })],
  ['address-lock-missing', (facts) => ({ ...facts, addressLock: false })],
  ['permission-missing', (facts) => ({ ...facts, hostAccess: false })],
  ['private-address-answered', ownerWith({ unsafe })],
  ['paused-by-you', ownerWith({ pause: { untilUnixMs: null } })],
  ['outside-schedule', withSettings({ schedule: never })],
  ['presence-unknown', withPresence({ owner: 'unknown' })],
  ['you-are-here', withPresence({ owner: 'here' })],
  ['power-unknown', withPresence({ power: 'unknown' })],
  ['on-battery', withPresence({ power: 'battery' })],
  ['data-saver', withPresence({ savesData: true })],
  ['connection-limited', withPresence({ isCellular: true })],
  ['hour-cap-reached', (facts) => ({ ...facts, cap: { reason: 'hour-cap-reached', untilUnixMs: 1 } })],
  ['version-mismatch', ownerWith({ linkStop: stop })],
]

describe('whether this node shares', () => {
  it('shares when the owner, the browser and the relay all allow it', () => {
    expect(sharingOf(good)).toEqual({ phase: 'sharing', exchangesInFlight: 2 })
  })

  it.each(inOrder)('%s keeps it from dialling at all', (reason, change) => {
    const facts = change(good)
    expect(whyNotDial(facts)).toMatchObject({ phase: 'off', reason })
    expect(sharingOf(facts)).toMatchObject({ phase: 'off', reason })
  })

  it('of two reasons the owner hears the one that comes first in the fixed order', () => {
    for (const [place, [reason, change]] of inOrder.entries())
      for (const [later, changeLater] of inOrder.slice(place + 1)) {
        const facts = change(changeLater(good))
        expect(whyNotDial(facts), `${reason} before ${later}`).toMatchObject({ reason })
      }
  })

  it('what one relay refused does not keep it from another', () => {
    expect(
      whyNotDial({ ...ownerWith({ linkStop: stop })(good), relayUrl: 'https://other.example.org' }),
    ).toBeNull()
  })

  it('an agreement to another version, or to other words of the same version, asks again', () => {
    for (const text of [
      { version: '2', sha256s: ['abc', 'def'] },
      { version: '1', sha256s: ['abd'] },
    ])
      expect(whyNotDial({ ...good, consentText: text })).toEqual({ phase: 'off', reason: 'consent-changed' })
  })

  it.each(['mode', 'unlimitedConnection', 'shareOnBattery'] as const)(
    'without an answer to %s nothing is shared',
    (question) => {
      expect(whyNotDial(withSettings({ [question]: null })(good))).toMatchObject({ reason: 'questions-open' })
    },
  )

  it('a pause is over when its time has come, whoever has looked since', () => {
    const pausedUntil = (untilUnixMs: number) => whyNotDial(ownerWith({ pause: { untilUnixMs } })(good))
    expect(pausedUntil(nowUnixMs + 1)).toEqual({
      phase: 'off',
      reason: 'paused-by-you',
      untilUnixMs: nowUnixMs + 1,
    })
    expect(pausedUntil(nowUnixMs)).toBeNull()
  })

  it('until the browser has said what the organisation wants, nothing is dialled', () => {
    expect(whyNotDial({ ...good, managed: null })).toEqual({ phase: 'off', reason: 'connecting' })
  })

  it.each([...closeCodes, 'unreachable' as const])(
    'a link that ended with %s has a reason that the owner can read',
    (code) => {
      const sharing = sharingOf({ ...good, link: { phase: 'waiting', code, detail: '' } })
      expect(sharing.phase === 'off' && notSharingReasons.includes(sharing.reason)).toBe(true)
    },
  )
})
