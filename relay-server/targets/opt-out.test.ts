import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { networkPolicy } from '#network-policy'
import { type NameServer, startNameServer } from '../testing/name-server.ts'
import { type SmallSite, startSmallSite } from '../testing/small-site.ts'
import { type CheckedFetch, createCheckedFetch } from './checked-fetch.ts'
import { createNameLookup, type NameLookup } from './name-lookup.ts'
import { createOptOuts, type OptOuts } from './opt-out.ts'
import { readOptOutFile } from './opt-out-file.ts'
import { createTargetPace } from './target-pace.ts'

const { file, keptMinutes } = networkPolicy.optOut

describe('the file', () => {
  test.each([
    ['Disallow: /', ['/']],
    ['disallow:/a\r\nDISALLOW : /b?c=d # why', ['/a', '/b?c=d']],
    ['# Disallow: /\n\nAllow: /\nUser-agent: *', []],
    ['Disallow:\nDisallow: a', []],
    ['<html><p>Disallow: /</p></html>', []],
    ['', []],
  ])('%j names %j', (text, starts) => {
    expect(readOptOutFile(text)).toEqual(starts)
  })
})

describe('an opt-out', () => {
  let site: SmallSite
  let nameServer: NameServer
  let names: NameLookup
  let fetch: CheckedFetch
  let optOuts: OptOuts
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    site = await startSmallSite()
    const known = ['www.all.example', 'one.host.example', 'two.host.example', 'free.example', 'mute.example']
    nameServer = await startNameServer(Object.fromEntries(known.map((name) => [name, '127.0.0.1'])), {
      texts: {
        '_fallow.all.example': ' Opt-Out',
        '_fallow.one.host.example': 'opt-out',
        '_fallow.free.example': 'opt-outs',
      },
      silent: ['_fallow.mute.example'],
    })
    names = createNameLookup({ fixed: new Map(), nameServers: [nameServer.address] })
    fetch = createCheckedFetch({
      rules: { overrides: [{ address: '127.0.0.1', port: site.port, space: 'public' }], ownAddress: null },
      names,
      userAgent: 'Fallow/test',
      pace: createTargetPace({ isFree: () => true, crawlDelaySecondsOf: () => null }),
    })
    optOuts = createOptOuts({ names, fetch })
  })
  afterEach(async () => {
    vi.useRealTimers()
    await fetch.close()
    await site.close()
    nameServer.close()
  })
  const wordOn = (host: string, path = '/') => optOuts.wordOn(new URL(`http://${host}:${site.port}${path}`))
  const fileReads = () => site.received.filter(({ path }) => path === file).length

  test('by a record of the registrable domain closes every host under it, by one of a host that host', async () => {
    expect(await wordOn('www.all.example')).toEqual({
      optedOut: true,
      rule: 'the DNS record _fallow.all.example',
    })
    expect(await wordOn('one.host.example')).toMatchObject({ optedOut: true })
    expect(await wordOn('two.host.example')).toEqual({ optedOut: false })
    expect(await wordOn('free.example')).toEqual({ optedOut: false })
  })

  test('by a record counts although the file does not come', async () => {
    site.pages[file] = () => {}
    expect(await wordOn('www.all.example')).toMatchObject({ optedOut: true })
  })

  test('by the file closes what begins as its lines do', async () => {
    site.pages[file] = 'Disallow: /members\nDisallow: /find?q=\nDisallow: /%7e%c3%bc'
    expect(await wordOn('free.example', '/members/1')).toMatchObject({ optedOut: true })
    expect(await wordOn('free.example', '/find?q=x')).toMatchObject({ optedOut: true })
    expect(await wordOn('free.example', '/find')).toEqual({ optedOut: false })
    expect(await wordOn('free.example', '/%6Dem%62ers/1')).toMatchObject({ optedOut: true })
    expect(await wordOn('free.example', '/~ü')).toMatchObject({ optedOut: true })
    expect(await wordOn('free.example', '/find%3Fq=x')).toEqual({ optedOut: false })
    expect(await wordOn('127.0.0.1', '/members')).toMatchObject({ optedOut: true })
  })

  test('is asked for once by many, kept for an hour, and then asked for again', async () => {
    await Promise.all(Array.from({ length: 30 }, () => wordOn('free.example')))
    site.pages[file] = 'Disallow: /'
    vi.advanceTimersByTime(keptMinutes * 60_000 - 1_000)
    expect(await wordOn('free.example')).toEqual({ optedOut: false })
    expect(fileReads()).toBe(1)
    vi.advanceTimersByTime(2_000)
    expect(await wordOn('free.example')).toMatchObject({ optedOut: true })
  })

  test.each([
    [
      'a server that fails',
      ((response) => void response.writeHead(500).end('Disallow: /')) as SmallSite['pages'][string],
    ],
    ['a server that hangs up', ((response) => void response.destroy()) as SmallSite['pages'][string]],
    [
      'no file',
      ((response) => void response.writeHead(404).end('Disallow: /')) as SmallSite['pages'][string],
    ],
  ])('is none with %s', async (_what, page) => {
    site.pages[file] = page
    expect(await wordOn('free.example')).toEqual({ optedOut: false })
  })

  test('is none with a name server that is silent, and asked for sooner than one that was answered', async () => {
    // The word is wanted when the name server was given up, not when the wait for it was.
    optOuts = createOptOuts({ names, fetch, waitMsMax: 10_000 })
    expect(await wordOn('mute.example')).toEqual({ optedOut: false })
    site.pages[file] = 'Disallow: /'
    vi.advanceTimersByTime(11 * 60_000)
    expect(await wordOn('mute.example')).toMatchObject({ optedOut: true })
  })

  test('that comes too late for the first request counts for the next, and nobody waits twice', async () => {
    const coming = Promise.withResolvers<void>()
    site.pages[file] = (response) => void coming.promise.then(() => response.end('Disallow: /'))
    optOuts = createOptOuts({ names, fetch, waitMsMax: 50 })
    expect(await wordOn('free.example')).toEqual({ optedOut: false })
    expect(await wordOn('free.example')).toEqual({ optedOut: false })
    expect(fileReads()).toBe(1)
    coming.resolve()
    await vi.waitFor(async () => expect(await wordOn('free.example')).toMatchObject({ optedOut: true }))
  })
})
