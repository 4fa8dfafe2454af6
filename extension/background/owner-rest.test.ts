import { describe, expect, it } from 'vitest'
import { freshSettings, notSharingReasons, type OwnerSettings } from '../messages/index.ts'
import { farewellFor } from './farewells.ts'
import { lookAgainMs, nextLookAt, type RestFacts, whyRest } from './owner-rest.ts'
import type { Presence } from './presence.ts'

const nowUnixMs = Date.UTC(2026, 10, 26, 12, 10)
const calm: Presence = { owner: 'away', power: 'mains', savesData: false, isCellular: false }
const careful = { mode: 'when-away', unlimitedConnection: true, shareOnBattery: false } as const

function factsWith(settings: Partial<OwnerSettings>, presence: Partial<Presence> = {}): RestFacts {
  return {
    settings: { ...freshSettings, ...careful, ...settings },
    presence: { ...calm, ...presence },
    nowUnixMs,
    timeZone: 'UTC',
  }
}

const reasonFor = (settings: Partial<OwnerSettings>, presence: Partial<Presence> = {}) =>
  whyRest(factsWith(settings, presence))?.reason ?? null

/** 26 November 2026 is a Thursday. */
const thursdayNoon = 3 * 24 + 12
const weekOf = (isShared: (hour: number) => boolean) =>
  Array.from({ length: 168 }, (_, hour) => (isShared(hour) ? '1' : '0')).join('')

describe('what the owner wishes', () => {
  it.each([
    ['when-away', 'away', null],
    ['when-away', 'here', 'you-are-here'],
    ['when-away', 'unknown', 'presence-unknown'],
    ['when-away', 'unread', 'connecting'],
    ['gently', 'away', null],
    ['gently', 'here', null],
    ['gently', 'unknown', 'presence-unknown'],
    ['gently', 'unread', 'connecting'],
    ['always', 'away', null],
    ['always', 'here', null],
    ['always', 'unknown', null],
    ['always', 'unread', null],
  ] as const)('mode %s with the owner %s: %s', (mode, owner, reason) => {
    expect(reasonFor({ mode }, { owner })).toBe(reason)
  })

  it.each([
    [false, 'mains', null],
    [false, 'battery', 'on-battery'],
    [false, 'unknown', 'power-unknown'],
    [false, 'unread', 'connecting'],
    [true, 'mains', null],
    [true, 'battery', null],
    [true, 'unknown', null],
    [true, 'unread', null],
  ] as const)('battery allowed: %s, running on %s: %s', (shareOnBattery, power, reason) => {
    expect(reasonFor({ shareOnBattery }, { power })).toBe(reason)
  })

  it('a data saver holds whatever was answered', () => {
    expect(reasonFor({}, { savesData: true })).toBe('data-saver')
  })

  it('a limited connection, told or seen, is shared only below a monthly cap', () => {
    const capped = { caps: { ...freshSettings.caps, monthBytes: 1 } }
    const dayCapped = { caps: { ...freshSettings.caps, dayBytes: 1 } }
    expect(reasonFor({ unlimitedConnection: false })).toBe('connection-limited')
    expect(reasonFor({ unlimitedConnection: false, ...dayCapped })).toBe('connection-limited')
    expect(reasonFor({ unlimitedConnection: false, ...capped })).toBeNull()
    expect(reasonFor({}, { isCellular: true })).toBe('connection-limited')
    expect(reasonFor(capped, { isCellular: true })).toBeNull()
  })

  it('an hour outside of the plan says when the plan begins again', () => {
    const schedule = weekOf((hour) => hour !== thursdayNoon)
    expect(whyRest(factsWith({ schedule }))).toEqual({
      phase: 'off',
      reason: 'outside-schedule',
      untilUnixMs: Date.UTC(2026, 10, 26, 13),
    })
    expect(whyRest(factsWith({ schedule: weekOf(() => false) }))).toEqual({
      phase: 'off',
      reason: 'outside-schedule',
    })
    expect(reasonFor({ schedule: weekOf((hour) => hour === thursdayNoon) })).toBeNull()
  })
})

describe('when to look again', () => {
  const facts = factsWith({ schedule: weekOf((hour) => hour === thursdayNoon) })

  it('is the end of the shared hour while sharing, and never where no plan ends it', () => {
    expect(nextLookAt(null, facts)).toBe(Date.UTC(2026, 10, 26, 13))
    expect(nextLookAt(null, factsWith({}))).toBeNull()
  })

  it('is the known end, but never later than now and then, because clocks and zones are set', () => {
    const paused = { phase: 'off', reason: 'paused-by-you' } as const
    expect(nextLookAt({ ...paused, untilUnixMs: nowUnixMs + 7 }, facts)).toBe(nowUnixMs + 7)
    expect(nextLookAt({ ...paused, untilUnixMs: nowUnixMs + lookAgainMs * 9 }, facts)).toBe(
      nowUnixMs + lookAgainMs,
    )
    expect(nextLookAt(paused, facts)).toBeNull()
  })

  it.each([
    'you-are-here',
    'presence-unknown',
    'on-battery',
    'power-unknown',
    'data-saver',
    'connection-limited',
  ] as const)('is now and then while %s, because nobody may tell when it ends', (reason) => {
    expect(nextLookAt({ phase: 'off', reason }, facts)).toBe(nowUnixMs + lookAgainMs)
  })
})

describe('the last words of a link', () => {
  it.each(notSharingReasons)(
    'for %s come from this side, and only a missing protection is called unsafe',
    (reason) => {
      const { code, failure } = farewellFor(reason)
      expect(['owner-paused', 'owner-resting', 'node-leaving', 'node-unsafe']).toContain(code)
      expect(['owner-paused', 'owner-cap', 'node-unsafe']).toContain(failure.code)
      const isUnsafe = reason === 'address-lock-missing'
      expect([code, failure.code].filter((word) => word === 'node-unsafe')).toHaveLength(isUnsafe ? 2 : 0)
    },
  )

  it('tell a pause from a rest', () => {
    expect(farewellFor('paused-by-you').code).toBe('owner-paused')
    for (const reason of ['outside-schedule', 'you-are-here', 'on-battery', 'data-saver'] as const)
      expect(farewellFor(reason)).toMatchObject({ code: 'owner-resting', failure: { code: 'owner-paused' } })
    expect(farewellFor('consent-declined').code).toBe('node-leaving')
  })
})
