import { describe, expect, it } from 'vitest'
import { type AddressRules, parseAddressSpaceOverride } from '#addresses'
import { ResponseWatch, type TrippedAnswer } from './response-watch.ts'

const url = 'https://a.example/x'
const event = {
  requestId: '1',
  url,
  status: 200,
  headers: [['set-cookie', 'a=1']] as [string, string][],
  ip: null,
}

function watching(rules: AddressRules[] = []) {
  const tripped: TrippedAnswer[] = []
  const heard: ['target' | 'relay', string][] = []
  const watch = new ResponseWatch({
    rules: () => rules.shift() ?? { overrides: [], ownAddress: null },
    tripped: (answer) => tripped.push(answer),
    isForRelay: (asked) => asked === 'https://relay.example/v1/policy?',
    received: ({ url: of }) => heard.push(['target', of]),
    relayAnswered: ({ url: of }) => heard.push(['relay', of]),
  })
  return { watch, tripped, heard }
}

describe('the watch over answers', () => {
  it('headers and address come together from two events', async () => {
    const { watch, tripped } = watching()
    const watched = watch.expect(url)
    watch.onHeadersReceived(event)
    watch.onResponseStarted({ ...event, headers: [], ip: '93.184.216.34' })
    await expect(watched.answer).resolves.toEqual({
      status: 200,
      headers: [['set-cookie', 'a=1']],
      address: '93.184.216.34',
      redirectUrl: null,
      madeByBrowser: false,
    })
    expect(tripped).toEqual([])
  })

  it.each(['192.168.1.1', '127.0.0.1', '::1', 'fe80::1', '10.0.0.1', '::ffff:192.168.0.1', '100.64.0.1'])(
    'an answer from %s trips the wire, also when nobody waits for it any more',
    (ip) => {
      const { watch, tripped } = watching()
      watch.onResponseStarted({ ...event, ip })
      watch.onBeforeRedirect({ ...event, ip, redirectUrl: 'https://b.example/' })
      expect(tripped).toEqual([
        { host: 'a.example', address: ip },
        { host: 'a.example', address: ip },
      ])
    },
  )

  it('an answer that comes after the link was left is judged by what its relay had allowed, and no other one is', () => {
    const override = parseAddressSpaceOverride('127.0.0.1:9000=public')
    const { watch, tripped } = watching([{ overrides: [override], ownAddress: null }])
    const target = 'http://127.0.0.1:9000/x'
    const late = { ...event, url: target, ip: '127.0.0.1' }
    const watched = watch.expect(target)
    watch.onHeadersReceived({ ...late, ip: null })
    watch.onResponseStarted(late)
    watched.close()
    watch.onResponseStarted(late)
    expect(tripped).toEqual([])
    watch.onResponseStarted({ ...late, requestId: '2' })
    expect(tripped).toEqual([{ host: '127.0.0.1', address: '127.0.0.1' }])
  })

  it('the node’s own question to a relay at home trips no wire', () => {
    const { watch, tripped } = watching()
    watch.onResponseStarted({ ...event, url: 'https://relay.example/v1/policy?', ip: '192.168.1.1' })
    expect(tripped).toEqual([])
  })

  it('the relay’s answer is told apart from those of targets, also from its own document as a target', () => {
    const { watch, heard } = watching()
    for (const of of ['https://relay.example/v1/policy?', 'https://relay.example/v1/policy', url])
      watch.onHeadersReceived({ ...event, url: of })
    expect(heard).toEqual([
      ['relay', 'https://relay.example/v1/policy?'],
      ['target', 'https://relay.example/v1/policy'],
      ['target', url],
    ])
  })

  it('a redirect that the browser makes by itself is told with where it leads', async () => {
    const { watch } = watching()
    const watched = watch.expect('http://a.example/x')
    watch.onBeforeRedirect({
      ...event,
      url: 'http://a.example/x',
      status: 307,
      headers: [],
      redirectUrl: url,
    })
    await expect(watched.answer).resolves.toMatchObject({
      madeByBrowser: true,
      status: 307,
      headers: [['location', url]],
      address: null,
    })
  })

  it('a redirect over the network without an address is not taken for the browser’s own', async () => {
    const { watch } = watching()
    const watched = watch.expect(url)
    watch.onHeadersReceived({ ...event, status: 302, headers: [['location', '/']] })
    watch.onBeforeRedirect({ ...event, status: 302, headers: [], redirectUrl: 'https://b.example/' })
    await expect(watched.answer).resolves.toMatchObject({ madeByBrowser: false, address: null })
  })

  it('a late event of an earlier fetch is not taken for the next one of the same URL', async () => {
    const { watch } = watching()
    const first = watch.expect(url)
    watch.onResponseStarted({ ...event, ip: '93.184.216.34' })
    first.close()
    const second = watch.expect(url)
    watch.onErrorOccurred({ requestId: '1', url, error: 'net::ERR_ABORTED' })
    watch.onErrorOccurred({ requestId: '2', url, error: 'net::ERR_CONNECTION_RESET' })
    await expect(second.error).resolves.toBe('net::ERR_CONNECTION_RESET')
  })

  it('closing the first does not close the second of the same URL', async () => {
    const { watch } = watching()
    const first = watch.expect(url)
    const second = watch.expect(url)
    first.close()
    watch.onResponseStarted({ ...event, requestId: '5', ip: '93.184.216.34' })
    await expect(second.answer).resolves.toMatchObject({ address: '93.184.216.34' })
  })

  it('an answer whose address comes with its headers is dropped before its body, and trips the wire once it is private', () => {
    const { watch, tripped } = watching()
    watch.expect(url)
    expect(watch.onHeadersReceived({ ...event, ip: '93.184.216.34' })).toBe('pass')
    expect(tripped).toEqual([])
    expect(watch.onHeadersReceived({ ...event, ip: '192.168.1.1' })).toBe('drop')
    expect(tripped).toEqual([{ host: 'a.example', address: '192.168.1.1' }])
  })

  it('an answer whose address is not known yet goes on: its body waits for the address', () => {
    const { watch, tripped } = watching()
    expect(watch.onHeadersReceived(event)).toBe('pass')
    expect(tripped).toEqual([])
  })
})
