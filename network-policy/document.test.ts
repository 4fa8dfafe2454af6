import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { hostMatches, networkPolicy, ownerCategoryNames, refusedCategoryNames } from './index.ts'

const { refusedForEverybody, refusableByOwners, pace } = networkPolicy
const hostPattern = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/
const pathPattern = /^(\/[a-z0-9_.-]+)+$/

const hostOf = (entry: string) => entry.split('/')[0] ?? ''
const pathOf = (entry: string) => entry.slice(hostOf(entry).length)

test('the document names a version, the day since when it is in force, and every category', () => {
  expect(networkPolicy.version).toMatch(/^[1-9]\d*$/)
  expect(networkPolicy.inForceSince).toMatch(/^20\d\d-\d\d-\d\d$/)
  expect(Object.keys(refusedForEverybody).sort()).toEqual([...refusedCategoryNames].sort())
  expect(Object.keys(refusableByOwners).sort()).toEqual([...ownerCategoryNames].sort())
})

test('the document is small enough to be read by people and shipped in the extension', () => {
  const text = readFileSync(new URL('./network-policy.json', import.meta.url), 'utf8')
  expect(JSON.stringify(JSON.parse(text)).length).toBeLessThan(16 * 1024)
})

describe.each([
  ...refusedCategoryNames.map((name) => [name, refusedForEverybody[name].hosts] as const),
  ...ownerCategoryNames.map((name) => [name, refusableByOwners[name].hosts] as const),
])('the entries of %s', (_name, hosts) => {
  test('are plain hosts, or hosts with whole path segments, in small letters', () => {
    expect(hosts.filter((entry) => !hostPattern.test(hostOf(entry)))).toEqual([])
    expect(hosts.filter((entry) => pathOf(entry) !== '' && !pathPattern.test(pathOf(entry)))).toEqual([])
  })

  test('stand in order, each once, and none is covered by another', () => {
    expect(hosts).toEqual([...new Set(hosts)].sort())
    const covered = hosts.filter((entry) =>
      hosts.some((other) => other !== entry && pathOf(other) === '' && hostMatches(hostOf(entry), other)),
    )
    expect(covered).toEqual([])
  })
})

test('what owners may refuse is told by the host alone, because that is all their rules see', () => {
  const withPath = ownerCategoryNames.flatMap((name) => refusableByOwners[name].hosts.filter(pathOf))
  expect(withPath).toEqual([])
})

test('words for hosts and paths are whole labels and segments', () => {
  for (const { firstLabels = [], writesTo = [] } of Object.values(refusedForEverybody)) {
    expect(firstLabels.filter((label) => !/^[a-z0-9-]+$/.test(label))).toEqual([])
    expect(writesTo.filter((path) => !pathPattern.test(path))).toEqual([])
  }
})

test('every pace is one that can be kept, and none for a single site is faster than the usual one', () => {
  for (const rate of [pace.site, pace.nodeToSite, ...Object.values(pace.sites)]) {
    expect(rate.perSecond).toBeGreaterThan(0)
    expect(Number.isInteger(rate.burst) && rate.burst >= 1).toBe(true)
    expect(rate.perSecond).toBeLessThanOrEqual(pace.site.perSecond)
  }
})

test('header rules are in small letters, and no header is under two of them', () => {
  const { sensitive, dropped, droppedPrefixes } = networkPolicy.headers
  const all = [...sensitive, ...dropped]
  expect(all).toEqual(all.map((name) => name.toLowerCase()))
  expect(new Set(all).size).toBe(all.length)
  expect(droppedPrefixes.every((prefix) => prefix.endsWith('-'))).toBe(true)
})
