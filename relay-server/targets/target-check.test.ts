import { afterEach, describe, expect, test } from 'vitest'
import { hostileUrls } from '../../addresses/testing/hostile-urls.ts'
import { type NameServer, startNameServer } from '../testing/name-server.ts'
import { startSmallSite } from '../testing/small-site.ts'
import { createTargetChecks } from './target-check.ts'
import { noTestTargets, type TestTargetSettings } from './test-targets.ts'

const none = new AbortController().signal
const checksWith = (tests: Partial<TestTargetSettings> = {}, nameServers: string[] = []) => {
  const checks = createTargetChecks({ tests: { ...noTestTargets, ...tests }, nameServers })
  return {
    ...checks,
    checkUrl: (url: string) => checks.checkKnown({ url, method: 'GET' }),
    check: (url: string, signal: AbortSignal) => checks.check({ url, method: 'GET' }, signal),
  }
}

let nameServer: NameServer | null = null
afterEach(() => {
  nameServer?.close()
  nameServer = null
})
async function checksAsking(known: Record<string, string>) {
  nameServer = await startNameServer(known)
  return checksWith({}, [nameServer.address])
}

describe('from its URL alone', () => {
  test.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://①②⑦.0.0.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[64:ff9b::10.0.0.1]/',
    'http://10.0.0.1/',
    'http://192.168.1.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://100.64.0.1/',
    'http://0.0.0.0/',
    'http://localhost/',
    'http://router/',
    'http://printer.local/',
    'http://nas.lan/',
    'http://metadata.google.internal/',
    'http://abcdefgh.onion/',
    'http://x.test/',
    'http://example.com:22/',
    'http://example.com:8080/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'http://user@example.com/',
    'http://localhost./',
    'javascript:alert(1)',
    'data:text/html,x',
  ])('%s is refused', (url) => {
    expect(checksWith().checkUrl(url)).toMatchObject({ ok: false, code: 'policy-refused' })
  })

  test('no hostile spelling passes, of more than 10,000, also where a test opens another address', () => {
    const urls = hostileUrls()
    expect(urls.length).toBeGreaterThan(10_000)
    const { checkUrl } = checksWith({ overrides: [{ address: '127.9.9.9', port: 80, space: 'public' }] })
    expect(urls.filter((url) => checkUrl(url).ok)).toEqual([])
  })

  test.each(['', 'example.com', '/path', 'http://', 'https://exa mple.com/', 'http://[::1'])(
    '"%s" is no URL',
    (url) => {
      expect(checksWith().checkUrl(url)).toMatchObject({ ok: false, code: 'invalid-request' })
    },
  )

  test('an ordinary one passes, without its fragment and its trailing dot', () => {
    const verdict = checksWith().checkUrl('HTTPS://Example.COM.:443/a?b#c')
    expect(verdict.ok && verdict.url.href).toBe('https://example.com/a?b')
  })
})

describe('a name', () => {
  test('of a public address passes', async () => {
    nameServer = await startNameServer({ 'public.example.com': '127.0.0.1' })
    const site = await startSmallSite()
    const overrides = [{ address: '127.0.0.1', port: site.port, space: 'public' as const }]
    const { check } = checksWith({ overrides }, [nameServer.address])
    const url = `http://public.example.com:${site.port}/`
    expect(await check(url, none)).toMatchObject({ ok: true, robots: 'allowed' })
    expect(nameServer.asked).toContain('public.example.com')
    await site.close()
  })

  test('is told with where it leads, for nodes that must not be sent home; a test’s own address is nobody’s home', async () => {
    const addressesV6 = { 'both.example.com': '2606:2800:220:1:0:0:0:1' }
    nameServer = await startNameServer({ 'both.example.com': '127.0.0.1' }, { addressesV6 })
    const site = await startSmallSite()
    const overrides = [{ address: '127.0.0.1', port: site.port, space: 'public' as const }]
    const { check } = checksWith({ overrides }, [nameServer.address])
    const verdict = await check(`http://both.example.com:${site.port}/`, none)
    expect(verdict).toMatchObject({ ok: true, addresses: ['2606:2800:220:1::1'] })
    await site.close()
  })

  test.each(['127.0.0.1', '10.1.2.3', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0'])(
    'that resolves to %s is refused, and the sentence names both',
    async (address) => {
      const { check } = await checksAsking({ 'inside.example.com': address })
      const verdict = await check('https://inside.example.com/', none)
      expect(verdict).toMatchObject({ ok: false, code: 'policy-refused' })
      if (!verdict.ok) expect(verdict.detail).toContain(`inside.example.com resolves to ${address}`)
    },
  )

  test('that nobody answers for is not waited for without end, and goes on to the node', async () => {
    const { check } = await checksAsking({})
    expect(await check('https://silent.example.com/', none)).toMatchObject({ ok: true })
  })

  test('is not waited for once nobody waits for the answer', async () => {
    const { check } = await checksAsking({})
    const leaving = new AbortController()
    const checking = check('https://silent.example.com/', leaving.signal)
    leaving.abort()
    expect(await checking).toMatchObject({ ok: true })
    expect(await check('https://silent.example.com/', AbortSignal.abort())).toMatchObject({ ok: true })
  })

  test('is asked for once by many requests', async () => {
    const { check } = await checksAsking({ 'busy.example.com': '10.0.0.1' })
    await Promise.all(Array.from({ length: 20 }, () => check('https://busy.example.com/', none)))
    const asked = nameServer?.asked.filter((name) => name === 'busy.example.com')
    expect(asked).toHaveLength(2)
  })
})

describe('test settings', () => {
  const resolverRules = new Map([['site.example', '127.0.0.1']])
  const overrides = [{ address: '127.0.0.1', port: 9000, space: 'public' as const }]

  test('give a name an address without asking anybody, and it is judged like any other', async () => {
    expect(await checksWith({ resolverRules }).check('http://site.example/', none)).toMatchObject({
      ok: false,
      code: 'policy-refused',
    })
  })
  test('open one address and port, for its literal and for names', async () => {
    const { check } = checksWith({ resolverRules, overrides })
    expect(await check('http://127.0.0.1:9000/', none)).toMatchObject({ ok: true })
    expect(await check('http://site.example:9000/', none)).toMatchObject({ ok: true, addresses: [] })
    for (const url of [
      'http://127.0.0.1:9001/',
      'http://127.0.0.2:9000/',
      'http://site.example/',
      'http://localhost:9000/',
    ])
      expect(await check(url, none), url).toMatchObject({ ok: false })
  })
})
