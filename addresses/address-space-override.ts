import { canonicalAddress, literalAddressOf } from './public-address.ts'

/** Chromium's words: today's `local` and `loopback`, and `private`, which older versions said for `local`. */
const addressSpaces = ['public', 'private', 'local', 'loopback', 'unknown'] as const
export type AddressSpace = (typeof addressSpaces)[number]

/** For tests on loopback: one address and port that is to be treated as `space`. Only `public` loosens anything. */
export type AddressSpaceOverride = { address: string; port: number; space: AddressSpace }

const portMax = 65_535

/**
 * Reads one override in the grammar of Chromium's `--ip-address-space-overrides`: `127.0.0.1:9000=public`, `[::1]:9000=public`.
 * Throws an `Error` whose sentence names the part that is wrong.
 */
export function parseAddressSpaceOverride(text: string): AddressSpaceOverride {
  const parts = /^(?<host>.*):(?<port>[^:=]*)=(?<space>[^=]*)$/.exec(text)?.groups
  if (!parts) throw wrong(text, 'it must read address:port=space')
  const address = literalAddressOf(parts.host ?? '')
  if (address === null)
    throw wrong(text, `"${parts.host}" is not an IPv4 address, nor an IPv6 address in brackets`)
  return {
    address: canonicalAddress(address) ?? address,
    port: parsePort(parts.port ?? '', text),
    space: parseSpace(parts.space ?? '', text),
  }
}

/** Does a test say that this very address and port is to be treated as public? */
export const isOverriddenAsPublic = (
  address: string,
  port: number,
  overrides: readonly AddressSpaceOverride[],
): boolean =>
  overrides.some(
    (override) =>
      override.space === 'public' && override.port === port && override.address === canonicalAddress(address),
  )

function parsePort(text: string, whole: string): number {
  const port = Number(text)
  if (!/^[1-9][0-9]{0,4}$/.test(text) || port > portMax)
    throw wrong(whole, `"${text}" is not a port between 1 and ${portMax}`)
  return port
}

function parseSpace(text: string, whole: string): AddressSpace {
  const space = addressSpaces.find((word) => word === text)
  if (!space) throw wrong(whole, `"${text}" is not one of ${addressSpaces.join(', ')}`)
  return space
}

const wrong = (text: string, why: string) =>
  new Error(`The address space override "${text.slice(0, 100)}" is wrong: ${why}.`)
