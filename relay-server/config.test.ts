import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ConfigError, readConfig } from './config.ts'
import { mmdbOf } from './testing/mmdb.ts'

const folder = mkdtempSync(join(tmpdir(), 'fallow-config-'))
afterAll(() => rmSync(folder, { recursive: true }))
const goodMmdb = join(folder, 'good.mmdb')
writeFileSync(goodMmdb, mmdbOf({ '127.1.0.0/16': 'DE' }))
const auditKey = randomBytes(32).toString('base64')
const badMmdb = join(folder, 'bad.mmdb')
writeFileSync(badMmdb, 'this is no database')

test('an empty environment gives the defaults, and an empty variable is as good as none', () => {
  const config = readConfig({})
  expect(config).toMatchObject({
    host: '127.0.0.1',
    port: 8787,
    dataDir: '.fallow',
    publicUrl: null,
    geoDatabaseFile: null,
    auditDays: 90,
  })
  expect(config.auditKeyText).toBeUndefined()
  expect(config.databaseUrl).toBeUndefined()
  expect(config.trustedProxies).toEqual([])
  expect(config.addressSpaceOverrides).toEqual([])
  expect(config.hostResolverRules.size).toBe(0)
  expect(readConfig({ FALLOW_HOST: '', FALLOW_PORT: '', FALLOW_TRUSTED_PROXIES: '' })).toEqual(config)
})

test('every variable is read', () => {
  const config = readConfig({
    FALLOW_HOST: '::1',
    FALLOW_PORT: '0',
    FALLOW_DATA_DIR: '/var/lib/fallow',
    DATABASE_URL: 'postgresql://fallow@127.0.0.1:5432/fallow',
    FALLOW_PUBLIC_URL: 'https://Relay.example.com/',
    FALLOW_GEO_DB: goodMmdb,
    FALLOW_TRUSTED_PROXIES: '127.0.0.1, ::FFFF:10.0.0.1, 0:0:0:0:0:0:0:1',
    FALLOW_ADDRESS_SPACE_OVERRIDES: '127.0.0.1:9000=public, [::1]:9001=local',
    FALLOW_AUDIT_DAYS: '7',
    FALLOW_AUDIT_KEY: auditKey,
    FALLOW_HOST_RESOLVER_RULES: 'MAP Site.example 127.0.0.1, MAP v6.example ::1',
  })
  expect(config).toMatchObject({
    host: '::1',
    port: 0,
    dataDir: '/var/lib/fallow',
    databaseUrl: 'postgresql://fallow@127.0.0.1:5432/fallow',
    publicUrl: 'https://relay.example.com',
    geoDatabaseFile: goodMmdb,
    auditDays: 7,
    auditKeyText: auditKey,
  })
  expect(config.trustedProxies, 'in one spelling, as peers are compared').toEqual([
    '127.0.0.1',
    '10.0.0.1',
    '::1',
  ])
  expect(config.addressSpaceOverrideTexts).toEqual(['127.0.0.1:9000=public', '[::1]:9001=local'])
  expect(config.addressSpaceOverrides[0]).toEqual({ address: '127.0.0.1', port: 9000, space: 'public' })
  expect([...config.hostResolverRules]).toEqual([
    ['site.example', '127.0.0.1'],
    ['v6.example', '::1'],
  ])
})

test('a configuration cannot be changed later', () => {
  const config = readConfig({ FALLOW_TRUSTED_PROXIES: '127.0.0.1' })
  expect(Object.isFrozen(config)).toBe(true)
  expect(Object.isFrozen(config.trustedProxies)).toBe(true)
  expect(() => Object.assign(config, { port: 1 })).toThrow(TypeError)
})

function sentenceFor(environment: Record<string, string>): string {
  try {
    readConfig(environment)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
  }
  throw new Error(`accepted: ${JSON.stringify(environment)}`)
}

describe('a wrong value stops the start with one sentence that names the variable:', () => {
  const wrong: [name: string, value: string][] = [
    ['FALLOW_HOST', 'relay.example.com'],
    ['FALLOW_HOST', '127.0.0.1:8787'],
    ['FALLOW_PORT', '65536'],
    ['FALLOW_PORT', '-1'],
    ['FALLOW_PORT', '87.5'],
    ['FALLOW_PORT', '0x50'],
    ['FALLOW_PORT', ' 80'],
    ['FALLOW_PUBLIC_URL', 'relay.example.com'],
    ['FALLOW_PUBLIC_URL', 'ftp://relay.example.com'],
    ['FALLOW_PUBLIC_URL', 'https://relay.example.com/path'],
    ['FALLOW_PUBLIC_URL', 'https://relay.example.com/?query'],
    ['FALLOW_PUBLIC_URL', 'https://relay.example.com/#fragment'],
    ['FALLOW_PUBLIC_URL', 'https://user@relay.example.com'],
    ['FALLOW_PUBLIC_URL', 'https://:password@relay.example.com'],
    ['FALLOW_GEO_DB', '/there/is/no/such/file.mmdb'],
    ['FALLOW_GEO_DB', badMmdb],
    ['FALLOW_GEO_DB', folder],
    ...['0', '-1', '1.5', '3651', '90 days', '1e2'].map((days): [string, string] => [
      'FALLOW_AUDIT_DAYS',
      days,
    ]),
    ['FALLOW_TRUSTED_PROXIES', '127.0.0.1,proxy.example'],
    ['FALLOW_TRUSTED_PROXIES', '10.0.0.0/8'],
    ['FALLOW_TRUSTED_PROXIES', 'fe80::1%eth0'],
    ['FALLOW_ADDRESS_SPACE_OVERRIDES', '127.0.0.1:9000'],
    ['FALLOW_ADDRESS_SPACE_OVERRIDES', '127.0.0.1:9000=open'],
    ['FALLOW_ADDRESS_SPACE_OVERRIDES', 'localhost:9000=public'],
    ['FALLOW_HOST_RESOLVER_RULES', 'site.example 127.0.0.1'],
    ['FALLOW_HOST_RESOLVER_RULES', 'MAP site.example other.example'],
    ['FALLOW_HOST_RESOLVER_RULES', 'MAP * 127.0.0.1'],
    ['FALLOW_HOST_RESOLVER_RULES', 'MAP site.example'],
    ['FALLOW_UNASKED_ADDRESSES', '93.184.216.0/33'],
    ['FALLOW_UNASKED_ADDRESSES', '93.184.216.0/'],
    ['FALLOW_UNASKED_ADDRESSES', 'site.example'],
    ['FALLOW_OVERRIDES_OBEY', 'robots,politeness'],
    ['FALLOW_NAME_SERVERS', 'dns.example'],
    ['FALLOW_NAME_SERVERS', '9.9.9.9,9.9.9.9:99999'],
  ]
  test.each(wrong)('%s=%s', (name, value) => {
    const sentence = sentenceFor({ [name]: value })
    expect(sentence).toMatch(new RegExp(`^${name} takes .*; it is ".*"\\.$`))
    expect(sentence).toContain(value)
  })
})

test('a wrong database address is named and not repeated, because it may hold a password', () => {
  for (const address of [
    'mysql://fallow:sesame@db/fallow',
    'postgres://',
    'postgres://fallow:sesame@db:port/',
  ]) {
    const sentence = sentenceFor({ DATABASE_URL: address })
    expect(sentence).toBe('DATABASE_URL takes an address such as postgres://user:password@host:5432/name.')
  }
})

test('a wrong audit key is named and not repeated', () => {
  for (const key of ['secret', 'A'.repeat(42), 'A'.repeat(45), `${'A'.repeat(42)}!`]) {
    const sentence = sentenceFor({ FALLOW_AUDIT_KEY: key })
    expect(sentence).toBe(
      'FALLOW_AUDIT_KEY takes 32 bytes in base64, as openssl rand -base64 32 prints them.',
    )
  }
})

test('a wrong value of any length makes a short sentence', () => {
  expect(sentenceFor({ FALLOW_HOST: 'x'.repeat(100_000) }).length).toBeLessThan(400)
})

describe('settings for tests', () => {
  const settings: Record<string, string>[] = [
    { FALLOW_ADDRESS_SPACE_OVERRIDES: '127.0.0.1:9000=public' },
    { FALLOW_HOST_RESOLVER_RULES: 'MAP site.example 127.0.0.1' },
    { FALLOW_UNASKED_ADDRESSES: '93.184.216.0/24' },
    { FALLOW_OVERRIDES_OBEY: 'robots' },
  ]
  test.each(settings)('are refused where a stranger could reach the relay: %o', (setting) => {
    for (const host of ['192.0.2.1', '0.0.0.0', '::', '::ffff:127.0.0.1', '2001:db8::1']) {
      const sentence = sentenceFor({
        ...setting,
        FALLOW_HOST: host,
        FALLOW_PUBLIC_URL: 'https://relay.example.com',
      })
      expect(sentence).toContain(Object.keys(setting)[0])
      expect(sentence).toContain(host)
    }
  })
  test.each(settings)('are accepted on loopback: %o', (setting) => {
    for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost'])
      readConfig({ ...setting, FALLOW_HOST: host })
  })
})

test('a relay on every address must be told the name that nodes dial', () => {
  for (const host of ['0.0.0.0', '::', '0:0:0:0:0:0:0:0'])
    expect(sentenceFor({ FALLOW_HOST: host })).toMatch(/^FALLOW_PUBLIC_URL must be set, .*FALLOW_HOST=/)
  expect(readConfig({ FALLOW_HOST: '0.0.0.0', FALLOW_PUBLIC_URL: 'https://relay.example.com' }).host).toBe(
    '0.0.0.0',
  )
})
