import { afterEach, describe, expect, test, vi } from 'vitest'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

type Browser = { origin: string; permissions: string[]; dns?: object; knowsLock?: boolean }

/** The browser is looked at when the module is loaded, so each test loads it anew. */
async function protectionIn({ origin, permissions, dns, knowsLock = false }: Browser) {
  vi.stubGlobal('browser', {
    runtime: { getURL: (path: string) => `${origin}/${path}`, getManifest: () => ({ permissions }) },
    dns,
  })
  if (knowsLock)
    vi.stubGlobal(
      'Request',
      class {
        targetAddressSpace = 'public'
      },
    )
  const { findHomeProtection } = await import('./home-protection.ts')
  return findHomeProtection()
}

const firefox = 'moz-extension://0b7b1e0c-62a4-4f0e-8c57-5e2b7a9f7f11'
const chromium = 'chrome-extension://iehnjakjidgbmmicnhnnekofpgbhpedl'
const dns = { resolve: async (name: string) => ({ addresses: [`address of ${name}`] }) }

describe('what keeps our requests out of the home', () => {
  test('is the lock, where the browser has it', async () => {
    expect(await protectionIn({ origin: chromium, permissions: [], knowsLock: true })).toEqual({
      kind: 'lock',
    })
  })

  test('is the look-up of names with the cancelling of answers, where both are there', async () => {
    const protection = await protectionIn({ origin: firefox, permissions: ['webRequestBlocking'], dns })
    expect(protection).toMatchObject({ kind: 'checks' })
    const lookUp = protection?.kind === 'checks' ? protection.lookUp : null
    expect(await lookUp?.('a.example')).toEqual(['address of a.example'])
  })

  test.each<[string, Browser]>([
    ['the look-up of names is missing', { origin: firefox, permissions: ['webRequestBlocking'] }],
    ['answers cannot be cancelled', { origin: firefox, permissions: ['webRequest'], dns }],
    ['a Chromium does not know the lock', { origin: chromium, permissions: ['webRequestBlocking'], dns }],
    ['nobody knows the browser', { origin: 'other://x', permissions: ['webRequestBlocking'], dns }],
  ])('is nothing where %s', async (_, browser) => {
    expect(await protectionIn(browser)).toBeNull()
  })
})
