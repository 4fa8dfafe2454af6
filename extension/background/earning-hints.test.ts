import { expect, test } from 'vitest'
import { freshSettings, type LinkQuality } from '../messages/index.ts'
import { type EarningFacts, earningHints, justLinkedMs } from './earning-hints.ts'

const quality: LinkQuality = {
  scorePercent: 98,
  reliabilityPercent: 99,
  speedPercent: 95,
  reachPercent: 100,
  askedLastHour: 400,
  offeredLastHour: 12,
  restMs: 0,
}
const good: EarningFacts = {
  sharing: { phase: 'sharing', exchangesInFlight: 0 },
  quality,
  settings: freshSettings,
  schemes: ['http', 'https'],
  linkedForMs: justLinkedMs,
}
const withQuality = (changes: Partial<LinkQuality>): EarningFacts => ({
  ...good,
  quality: { ...quality, ...changes },
})
const rules = { ...freshSettings.rules, deniedCategories: ['news'] }
const nights = '1'.repeat(30).padEnd(168, '0')

test('a node that nothing holds back is told nothing', () => {
  expect(earningHints(good)).toEqual([])
  expect(earningHints({ ...good, quality: null })).toEqual([])
})

test.each([
  ['not-sharing', { ...good, sharing: { phase: 'off' as const, reason: 'paused-by-you' as const } }],
  ['no-demand', withQuality({ askedLastHour: 0, reachPercent: null })],
  ['resting-after-failures', withQuality({ restMs: 900 })],
  ['resting-after-failures', withQuality({ reliabilityPercent: 60 })],
  ['rules-refuse-much', { ...withQuality({ reachPercent: 40 }), settings: { ...freshSettings, rules } }],
  ['slow', withQuality({ speedPercent: 20 })],
  ['few-hours', { ...good, settings: { ...freshSettings, schedule: nights } }],
  ['few-lanes', { ...good, settings: { ...freshSettings, lanesMax: 2 } }],
  ['http-not-offered', { ...good, schemes: ['https'] }],
  ['just-linked', { ...good, linkedForMs: 1_000 }],
] as const)('%s is said alone where it alone holds', (hint, facts) => {
  expect(earningHints(facts)).toEqual([hint])
})

test('a short reach without rules of the owner is not blamed on them', () => {
  expect(earningHints(withQuality({ reachPercent: 40 }))).toEqual([])
})
