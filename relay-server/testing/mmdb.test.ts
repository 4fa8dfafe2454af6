import { Reader } from 'mmdb-lib'
import { expect, test } from 'vitest'
import { mmdbOf } from './mmdb.ts'

test('a written file is read by an unmodified reader', () => {
  const reader = new Reader(
    mmdbOf({ '127.1.0.0/16': 'DE', '127.2.0.0/16': 'FR', '127.2.3.4/32': 'JP', '10.0.0.0/8': 'DE' }),
  )
  expect(reader.metadata.databaseType).toBe('Fallow-Test-Country')
  const countryOf = (address: string) =>
    (reader.get(address) as { country?: { iso_code?: string } } | null)?.country?.iso_code
  expect(countryOf('127.1.255.255')).toBe('DE')
  expect(countryOf('127.2.0.1')).toBe('FR')
  expect(countryOf('10.9.8.7')).toBe('DE')
  for (const address of ['127.0.0.1', '127.3.0.1', '11.0.0.1']) expect(reader.get(address)).toBeNull()
})
