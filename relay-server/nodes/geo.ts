import { readFileSync } from 'node:fs'
import { type CountryResponse, Reader } from 'mmdb-lib'

type CountryRecord = { country?: { iso_code?: string } | string; country_code?: string }

/**
 * Looks up the country of an address in an MMDB file (MaxMind DB format 2.0).
 * Null for an address that the file does not know, and for every address where there is no file.
 */
export function createCountryLookup(file: string | null): (address: string) => string | null {
  if (file === null) return () => null
  const reader = new Reader<CountryResponse>(readFileSync(file))
  return (address) => countryIn(recordOf(reader, address))
}

/** The reader throws on a damaged part of its file and on what is no address; neither is a reason to turn a node away. */
function recordOf(reader: Reader<CountryResponse>, address: string): CountryRecord | null {
  try {
    return reader.get(address) as CountryRecord | null
  } catch {
    return null
  }
}

/** Files on the market write the country in three ways. */
function countryIn(record: CountryRecord | null): string | null {
  const code =
    typeof record?.country === 'object' ? record.country.iso_code : (record?.country ?? record?.country_code)
  return code && /^[A-Z]{2}$/.test(code) ? code : null
}
