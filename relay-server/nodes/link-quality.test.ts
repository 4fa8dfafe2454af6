import { describe, expect, test } from 'vitest'
import { createLinkQuality, qualityWeights, requestsKeptMax } from './link-quality.ts'

const any = () => true

function qualityAt(startMs = 1_800_000_000_000) {
  const clock = { nowMs: startMs }
  return { clock, quality: createLinkQuality<string>(() => clock.nowMs) }
}

describe('what a relay makes of a link', () => {
  test('it says nothing before it has seen something', () => {
    const { quality } = qualityAt()
    expect(quality.statementOf('n_1', any, 0)).toEqual({
      scorePercent: null,
      reliabilityPercent: null,
      speedPercent: null,
      reachPercent: null,
      askedLastHour: 0,
      offeredLastHour: 0,
      restMs: 0,
    })
  })

  test('reliability is the share of exchanges that did not fail on the side of the node', () => {
    const { quality } = qualityAt()
    for (let each = 0; each < 15; each += 1) quality.noteSuccess('n_1', 100)
    for (let each = 0; each < 5; each += 1) quality.noteFailure('n_1')
    expect(quality.statementOf('n_1', any, 0).reliabilityPercent).toBe(75)
  })

  test('what was long ago weighs less than what was just now', () => {
    const { quality } = qualityAt()
    for (let each = 0; each < 300; each += 1) quality.noteFailure('n_1')
    for (let each = 0; each < 300; each += 1) quality.noteSuccess('n_1', 100)
    expect(quality.statementOf('n_1', any, 0).reliabilityPercent).toBeGreaterThanOrEqual(99)
  })

  test('speed compares with the heads of all nodes, and nobody has more than 100', () => {
    const { quality } = qualityAt()
    for (let each = 0; each < 50; each += 1) {
      quality.noteSuccess('quick', 100)
      quality.noteSuccess('slow', 400)
    }
    expect(quality.statementOf('quick', any, 0).speedPercent).toBe(100)
    // All together need 200 ms in the geometric mean, of which 400 ms is the double.
    expect(quality.statementOf('slow', any, 0).speedPercent).toBeGreaterThanOrEqual(48)
    expect(quality.statementOf('slow', any, 0).speedPercent).toBeLessThanOrEqual(52)
  })

  test('reach is the share of the newest requests that the node could have been asked', () => {
    const { quality } = qualityAt()
    for (let each = 0; each < 30; each += 1) quality.noteAsked(each % 3 === 0 ? 'DE' : 'NZ')
    expect(quality.statementOf('n_1', (country) => country === 'DE', 0).reachPercent).toBe(33)
    for (let each = 0; each < requestsKeptMax; each += 1) quality.noteAsked('NZ')
    expect(quality.statementOf('n_1', (country) => country === 'DE', 0)).toMatchObject({
      reachPercent: 0,
      askedLastHour: 30 + requestsKeptMax,
    })
  })

  test('an hour later what was asked and offered is forgotten', () => {
    const { clock, quality } = qualityAt()
    quality.noteAsked('DE')
    quality.noteOffered('n_1')
    expect(quality.statementOf('n_1', any, 0)).toMatchObject({ askedLastHour: 1, offeredLastHour: 1 })
    clock.nowMs += 3_600_000
    expect(quality.statementOf('n_1', any, 0)).toMatchObject({
      askedLastHour: 0,
      offeredLastHour: 0,
      reachPercent: null,
    })
  })

  test('the score is the weighted mean of the parts that are known', () => {
    const { quality } = qualityAt()
    quality.noteAsked('DE')
    expect(quality.statementOf('n_1', any, 0).scorePercent).toBe(100)
    for (let each = 0; each < 10; each += 1) quality.noteFailure('n_1')
    const { reliability, reach } = qualityWeights
    const score = Math.round((100 * reach) / (reliability + reach))
    expect(quality.statementOf('n_1', any, 12.4)).toMatchObject({ scorePercent: score, restMs: 12 })
  })
})
