import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { mmdbOf } from '../testing/mmdb.ts'
import { createCountryLookup } from './geo.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fallow-geo-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function lookupIn(file: Buffer) {
  const path = join(folder, 'countries.mmdb')
  writeFileSync(path, file)
  return createCountryLookup(path)
}

test('an address has the country that the file says, and none where it says nothing', () => {
  const countryOf = lookupIn(mmdbOf({ '127.0.1.0/24': 'DE', '127.0.2.0/24': 'FR' }))
  expect(['127.0.1.9', '127.0.2.9', '127.0.3.9'].map(countryOf)).toEqual(['DE', 'FR', null])
})

test('without a file every country is unknown', () => {
  expect(createCountryLookup(null)('127.0.1.9')).toBeNull()
})

test('what is no address has no country, and turns no node away', () => {
  const countryOf = lookupIn(mmdbOf({ '127.0.1.0/24': 'DE' }))
  expect(['', 'fe80::1%eth0', 'not an address'].map(countryOf)).toEqual([null, null, null])
})
