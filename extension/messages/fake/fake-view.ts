import { consentTexts, consentVersion } from '../../consent/consent-text.ts'
import type { ConsentGiven, NotSharingReason, OwnerView, Sharing } from '../owner-view.ts'
import { notSharingReasons } from '../owner-view.ts'
import { quietView } from '../testing/quiet-view.ts'
import { fakeDays, fakeDevices, fakeQuality, fakeRecent } from './fake-figures.ts'

/** The moment in which the pages are photographed: a Saturday afternoon. */
export const fakeNowUnixMs = Date.UTC(2026, 2, 14, 15, 4)
const minuteMs = 60_000
const hourMs = 60 * minuteMs

export const working: Sharing = { phase: 'sharing', exchangesInFlight: 3 }
export const waiting: Sharing = { phase: 'sharing', exchangesInFlight: 0 }
export const fakeAgreedAt = '2026-03-02T09:41:00.000Z'
export const bytesPerTick = 1_483_211

const details: Partial<Record<NotSharingReason, string>> = {
  'relay-unreachable': 'relay.example.org, tried 4 times',
  'version-mismatch': 'relay 2, this extension 1',
  'private-address-answered': 'printer.example.org answered from 192.168.1.20',
}

const untils: Partial<Record<NotSharingReason, number>> = {
  'outside-schedule': fakeNowUnixMs + 3 * hourMs - 4 * minuteMs,
  'hour-cap-reached': fakeNowUnixMs + 56 * minuteMs,
  'day-cap-reached': fakeNowUnixMs + 9 * hourMs - 4 * minuteMs,
  'month-cap-reached': Date.UTC(2026, 3, 1),
}

export function off(reason: NotSharingReason): Sharing {
  const detail = details[reason]
  const untilUnixMs = untils[reason]
  return { phase: 'off', reason, ...(detail && { detail }), ...(untilUnixMs && { untilUnixMs }) }
}

const freshStates = ['consent-not-given', 'consent-declined']

/** What the owner sees first in a state of `?fake=`. */
export function firstView(state: string): OwnerView {
  const sharing = sharingOf(state)
  const seen = freshStates.includes(state) ? freshView() : usedView(sharing)
  return { ...seen, sharing, consent: consentIn(state) }
}

/** Before anything was agreed to. */
function freshView(): OwnerView {
  return { ...quietView, settings: { ...quietView.settings, ...noAnswers } }
}

const noAnswers = { mode: null, unlimitedConnection: null, shareOnBattery: null }

function usedView(sharing: Sharing): OwnerView {
  const days = fakeDays('2026-03-14', 44_394_102)
  return {
    ...quietView,
    points: { units: '1284733918' },
    carried: { todayBytes: 44_394_102, totalBytes: 1_347_141_223 },
    live: { bytesPerSecond: sharing === working ? bytesPerTick : 0 },
    relay: {
      url: 'https://relay.example.org',
      linkedSince: sharing.phase === 'sharing' ? '2026-03-14T07:12:00.000Z' : null,
    },
    node: { id: 'n_7Qm2vXcL0dRzK9', country: 'DE' },
    settings: { ...quietView.settings, ...(asksAgain(sharing) && noAnswers) },
    pause: sharing.phase === 'off' && sharing.reason === 'paused-by-you' ? { untilUnixMs: null } : null,
    line: { hourBytes: 6_441_020, dayBytes: 61_220_114, monthBytes: 1_184_220_071 },
    days,
    quality: fakeQuality,
    hints: sharing.phase === 'sharing' ? ['few-hours', 'rules-refuse-much'] : ['not-sharing'],
    devices: fakeDevices(sharing.phase === 'sharing'),
    recent: fakeRecent,
    activity: { newestId: 4_812, rows: 4_812 },
    managed: {
      relayUrl: false,
      off: sharing.phase === 'off' && sharing.reason === 'switched-off-by-organisation',
    },
  }
}

const asksAgain = (sharing: Sharing): boolean =>
  sharing.phase === 'off' && sharing.reason === 'questions-open'

function consentIn(state: string): ConsentGiven | null {
  if (freshStates.includes(state)) return null
  if (state === 'consent-changed')
    return { version: '2', sha256: '0641f410'.padEnd(64, '7'), agreedAt: fakeAgreedAt }
  const { sha256 } = consentTexts.en
  return { version: consentVersion, sha256, language: 'en', agreedAt: fakeAgreedAt }
}

function sharingOf(state: string): Sharing {
  if (state === 'sharing') return working
  if (state === 'waiting') return waiting
  if (state === 'paused') return off('paused-by-you')
  const reason = notSharingReasons.find((known) => known === state)
  if (!reason)
    throw new Error(`?fake=${state} is no state: sharing, waiting, paused, ${notSharingReasons.join(', ')}`)
  return off(reason)
}

/** What a second of work changes. */
export function oneTickLater({ sharing, carried, points }: OwnerView): Partial<OwnerView> {
  if (sharing.phase === 'off' || sharing.exchangesInFlight === 0) return { live: { bytesPerSecond: 0 } }
  const bytes = Math.round(bytesPerTick * (0.6 + Math.random() * 0.8))
  const units = BigInt(points.units) + (BigInt(bytes) * 1_000_000n) / 1_048_576n
  return {
    sharing: { phase: 'sharing', exchangesInFlight: 1 + Math.floor(Math.random() * 5) },
    carried: { todayBytes: carried.todayBytes + bytes, totalBytes: carried.totalBytes + bytes },
    points: { units: String(units) },
    live: { bytesPerSecond: bytes },
  }
}
