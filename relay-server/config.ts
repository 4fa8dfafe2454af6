import { Resolver } from 'node:dns'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { Reader } from 'mmdb-lib'
import * as v from 'valibot'
import {
  type AddressSpaceOverride,
  canonicalAddress,
  isLoopbackAddress,
  parseAddressSpaceOverride,
} from '#addresses'
import { type Courtesy, courtesies, isAddressRange } from './targets/test-targets.ts'

/** The relay's configuration: read once from the environment, checked, frozen. */
export type Config = Readonly<{
  host: string
  port: number
  dataDir: string
  databaseUrl: string | undefined
  /** The relay's name as nodes dial it, without a trailing slash. Null until the port is known, where FALLOW_PORT is 0. */
  publicUrl: string | null
  geoDatabaseFile: string | null
  /** Addresses whose `X-Forwarded-For` is believed. */
  trustedProxies: readonly string[]
  addressSpaceOverrides: readonly AddressSpaceOverride[]
  addressSpaceOverrideTexts: readonly string[]
  /** After so many days nobody can be told any more who asked through whose connection. */
  auditDays: number
  /** 32 bytes in base64, for relays that share a database; else each keeps one in its data folder. */
  auditKeyText: string | undefined
  /** Names that resolve to a fixed address, for tests: `MAP name 127.0.0.1`. */
  hostResolverRules: ReadonlyMap<string, string>
  /** Addresses and ranges that tests ask nodes for: the relay itself asks them nothing, and spares them nothing. */
  unaskedAddresses: readonly string[]
  /** What the targets of tests are owed nevertheless. */
  overridesObey: ReadonlySet<Courtesy>
  /** `address:port`, asked for names; empty for the system's own. */
  nameServers: readonly string[]
}>

/** A wrong value. The message is one sentence that names the variable and says what it takes. */
export class ConfigError extends Error {}

const portMax = 65_535
const auditDaysMax = 3_650
/** Of a wrong value, in the sentence that refuses it. */
const shownCharactersMax = 200

const environmentShape = v.object({
  FALLOW_HOST: v.optional(
    v.pipe(v.string(), v.check(isIpOrLocalhost, 'takes an IP address or localhost')),
    '127.0.0.1',
  ),
  FALLOW_PORT: v.optional(
    v.pipe(v.string(), v.check(isPort, `takes a whole number from 0 to ${portMax}`), v.transform(Number)),
    '8787',
  ),
  FALLOW_DATA_DIR: v.optional(v.pipe(v.string(), v.nonEmpty('takes the path of a folder')), '.fallow'),
  DATABASE_URL: v.optional(
    v.pipe(
      v.string(),
      v.check(isDatabaseUrl, 'takes an address such as postgres://user:password@host:5432/name'),
    ),
  ),
  FALLOW_PUBLIC_URL: v.optional(
    v.pipe(v.string(), v.check(isOrigin, 'takes an http or https address without path, query and user')),
  ),
  FALLOW_GEO_DB: v.optional(
    v.pipe(v.string(), v.check(isMmdbFile, 'takes the path of a readable MMDB file')),
  ),
  FALLOW_TRUSTED_PROXIES: v.optional(
    listOf((entry) => canonicalAddress(entry) !== null, 'takes IP addresses, separated by commas'),
    '',
  ),
  FALLOW_ADDRESS_SPACE_OVERRIDES: v.optional(
    listOf(isOverride, 'takes entries such as 127.0.0.1:9000=public, separated by commas'),
    '',
  ),
  FALLOW_HOST_RESOLVER_RULES: v.optional(
    listOf(isResolverRule, 'takes entries such as MAP name 127.0.0.1, separated by commas'),
    '',
  ),
  FALLOW_UNASKED_ADDRESSES: v.optional(
    listOf(isAddressRange, 'takes addresses and ranges such as 93.184.216.0/24, separated by commas'),
    '',
  ),
  FALLOW_OVERRIDES_OBEY: v.optional(
    listOf(isCourtesy, `takes some of ${courtesies.join(', ')}, separated by commas`),
    '',
  ),
  FALLOW_NAME_SERVERS: v.optional(
    listOf(isNameServer, 'takes addresses such as 9.9.9.9 or 127.0.0.1:5353, separated by commas'),
    '',
  ),
  FALLOW_AUDIT_DAYS: v.optional(
    v.pipe(
      v.string(),
      v.check(isAuditDays, `takes a whole number of days from 1 to ${auditDaysMax}`),
      v.transform(Number),
    ),
    '90',
  ),
  FALLOW_AUDIT_KEY: v.optional(
    v.pipe(
      v.string(),
      v.check(isKeyText, 'takes 32 bytes in base64, as openssl rand -base64 32 prints them'),
    ),
  ),
})
const secrets = new Set(['DATABASE_URL', 'FALLOW_AUDIT_KEY'])
const resolverRulePattern = /^MAP\s+([^\s*]+)\s+(\S+)$/

/** Reads the configuration, or throws a `ConfigError` for the first wrong value. */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const set = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = v.safeParse(environmentShape, set)
  if (!parsed.success) throw wrongValue(parsed.issues[0], set)
  const config = toConfig(parsed.output)
  refuseTestSettingsOnOpenHosts(config)
  refuseNamelessRelay(config)
  return Object.freeze(config)
}

function toConfig(values: v.InferOutput<typeof environmentShape>): Config {
  return {
    host: values.FALLOW_HOST,
    port: values.FALLOW_PORT,
    dataDir: values.FALLOW_DATA_DIR,
    databaseUrl: values.DATABASE_URL,
    publicUrl: values.FALLOW_PUBLIC_URL ? new URL(values.FALLOW_PUBLIC_URL).origin : null,
    geoDatabaseFile: values.FALLOW_GEO_DB ?? null,
    trustedProxies: Object.freeze(
      values.FALLOW_TRUSTED_PROXIES.map((address) => canonicalAddress(address) ?? address),
    ),
    addressSpaceOverrides: Object.freeze(
      values.FALLOW_ADDRESS_SPACE_OVERRIDES.map(parseAddressSpaceOverride),
    ),
    addressSpaceOverrideTexts: Object.freeze(values.FALLOW_ADDRESS_SPACE_OVERRIDES),
    auditDays: values.FALLOW_AUDIT_DAYS,
    auditKeyText: values.FALLOW_AUDIT_KEY,
    hostResolverRules: new Map(values.FALLOW_HOST_RESOLVER_RULES.map(toResolverRule)),
    unaskedAddresses: Object.freeze(values.FALLOW_UNASKED_ADDRESSES),
    overridesObey: new Set(values.FALLOW_OVERRIDES_OBEY.filter(isCourtesy)),
    nameServers: Object.freeze(values.FALLOW_NAME_SERVERS),
  }
}

/** These settings switch protections off for test targets, so they may only stand where no stranger can reach the relay. */
function refuseTestSettingsOnOpenHosts(config: Config): void {
  if (config.host === 'localhost' || isLoopbackAddress(config.host)) return
  const settings = {
    FALLOW_ADDRESS_SPACE_OVERRIDES: config.addressSpaceOverrides.length,
    FALLOW_HOST_RESOLVER_RULES: config.hostResolverRules.size,
    FALLOW_UNASKED_ADDRESSES: config.unaskedAddresses.length,
    FALLOW_OVERRIDES_OBEY: config.overridesObey.size,
  }
  const test = Object.entries(settings).find(([, entries]) => entries > 0)?.[0]
  if (test)
    throw new ConfigError(
      `${test} is for tests and is refused because FALLOW_HOST=${config.host} is not a loopback address.`,
    )
}

/** Nodes sign the address that they dialled, and nobody can dial "every address of this machine". */
function refuseNamelessRelay({ host, publicUrl }: Config): void {
  if (publicUrl !== null || !['0.0.0.0', '::'].includes(canonicalAddress(host) ?? host)) return
  const why = `FALLOW_HOST=${host} is every address of this machine and none that a node could dial`
  throw new ConfigError(`FALLOW_PUBLIC_URL must be set, such as https://relay.example.com, because ${why}.`)
}

/** A key, and a database's address with its password, are not repeated. */
function wrongValue(issue: v.BaseIssue<unknown>, set: Record<string, unknown>): ConfigError {
  const name = String(issue.path?.[0]?.key)
  const value = secrets.has(name) ? '' : `; it is "${String(set[name]).slice(0, shownCharactersMax)}"`
  return new ConfigError(`${name} ${issue.message}${value}.`)
}

function listOf(isEntry: (entry: string) => boolean, sentence: string) {
  return v.pipe(
    v.string(),
    v.transform((text) =>
      text
        .split(',')
        .map((entry) => entry.trim())
        .filter(Boolean),
    ),
    v.check((entries) => entries.every(isEntry), sentence),
  )
}

function isOverride(entry: string): boolean {
  try {
    parseAddressSpaceOverride(entry)
    return true
  } catch {
    return false
  }
}

function isCourtesy(entry: string): entry is Courtesy {
  return (courtesies as readonly string[]).includes(entry)
}

function isNameServer(entry: string): boolean {
  try {
    new Resolver().setServers([entry])
    return true
  } catch {
    return false
  }
}

function isResolverRule(entry: string): boolean {
  const address = resolverRulePattern.exec(entry)?.[2]
  return address !== undefined && isIP(address) > 0
}

function toResolverRule(entry: string): [string, string] {
  const [, name, address] = resolverRulePattern.exec(entry) as unknown as [string, string, string]
  return [name.toLowerCase(), address]
}

function isIpOrLocalhost(host: string): boolean {
  return host === 'localhost' || isIP(host) > 0
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= portMax
}

function isAuditDays(text: string): boolean {
  return /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= auditDaysMax
}

function isKeyText(text: string): boolean {
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(text)
}

function isDatabaseUrl(text: string): boolean {
  return /^postgres(ql)?:\/\/./.test(text) && URL.canParse(text)
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text)
  return (
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.pathname === '/' &&
    !url.search &&
    !url.hash &&
    !url.username &&
    !url.password
  )
}

function isMmdbFile(path: string): boolean {
  try {
    return new Reader(readFileSync(path)).metadata.nodeCount > 0
  } catch {
    return false
  }
}
