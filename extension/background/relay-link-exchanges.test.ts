import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { lanesMax, windowBytesInitial } from '#protocol'
import { ExchangeFailure } from './exchange-failure.ts'
import { type LinkedNode, linkNode } from './testing/linked-node.ts'

let linked: LinkedNode | undefined
afterEach(async () => {
  await linked?.stop()
  linked = undefined
})

async function link(answer: Parameters<typeof linkNode>[0]): Promise<LinkedNode> {
  linked = await linkNode(answer)
  return linked
}

const bytesOf = (length: number) => Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 7) % 253))
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const _paused = new ExchangeFailure('owner-paused', 'the owner of this node paused')

describe('an exchange on a link', () => {
  it('a small page is one answer frame, with every Set-Cookie and without the encoding’s headers', async () => {
    const { link: relay, target } = await link((_, response) => {
      response.writeHead(200, {
        'content-type': 'text/plain',
        'set-cookie': ['a=1', 'b=2'],
        'content-length': 5,
      })
      response.end('hello')
    })
    const result = await relay.ask({ url: `${target.url}/page` })
    expect(result.ending.type).toBe('answer')
    expect(result.body.toString()).toBe('hello')
    expect(result.headers.filter(([name]) => name === 'set-cookie')).toEqual([
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ])
    expect(result.headers.map(([name]) => name)).not.toContain('content-length')
  })

  it('every fetch leaves under its header rule, locked to public addresses, without credentials, cache or referrer', async () => {
    const { link: relay, target, browser } = await link((_, response) => response.end('ok'))
    await relay.ask({
      url: `${target.url}/page#part`,
      headers: [
        ['user-agent', 'mine/1'],
        ['x-a', '1'],
      ],
    })
    const [{ url, init, underRule }] = browser.asked as [(typeof browser.asked)[number]]
    expect(url).toBe(`${target.url}/page`)
    expect(underRule).toBe(true)
    expect(init).toMatchObject({
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'manual',
      referrerPolicy: 'no-referrer',
      targetAddressSpace: 'public',
      headers: [
        ['x-a', '1'],
        ['accept-language', 'en'],
      ],
    })
    expect(browser.rulesInForce.size).toBe(0)
  })

  it('a large body streams through its window, byte for byte, and both sides count the same', async () => {
    const whole = bytesOf(3_000_000)
    const { link: relay, target, told } = await link((_, response) => response.end(whole))
    const result = await relay.ask({ url: `${target.url}/large` })
    expect(result.ending).toMatchObject({ type: 'end', truncated: false })
    expect(sha256(result.body)).toBe(sha256(whole))
    expect(told.carriedBytes).toBe(relay.count.carriedUp)
    expect(relay.count.carriedUp).toBe(whole.length)
  })

  it('without grants the node sends its first window and not a byte more', async () => {
    const { link: relay, target } = await link((_, response) => response.end(bytesOf(2_000_000)))
    const lane = relay.open({ url: `${target.url}/large` })
    const carried = () => relay.count.carriedUp
    await relay.next('chunk', () => carried() === windowBytesInitial)
    relay.send({ type: 'ping', atUnixMs: 1 })
    await relay.next('pong')
    expect(carried()).toBe(windowBytesInitial)
    relay.send({ type: 'stop', lane, code: null })
    await relay.next('failed')
    expect(carried()).toBe(windowBytesInitial)
  })

  it('the first bytes of a body that dribbles come while the target is still sending', async () => {
    let finish = () => {}
    const { link: relay, target } = await link((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.write('first')
      finish = () => response.end('last')
    })
    const lane = relay.open({ url: `${target.url}/dribble`, gzip: true })
    const chunk = await relay.next('chunk')
    expect(Buffer.from(chunk.payload).toString()).toBe('first')
    expect((await relay.next('head')).encoding).toBe('identity')
    finish()
    expect((await relay.collect(lane)).body.toString()).toBe('firstlast')
  })

  it('text is packed when the customer takes gzip, small and large', async () => {
    const texts = { '/small': 'hello world '.repeat(500), '/large': 'hello world '.repeat(100_000) }
    const { link: relay, target } = await link((request, response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      response.end(texts[request.url as keyof typeof texts])
    })
    const small = await relay.ask({ url: `${target.url}/small`, gzip: true })
    const large = await relay.ask({ url: `${target.url}/large`, gzip: true })
    const plain = await relay.ask({ url: `${target.url}/small`, gzip: false })
    expect(small).toMatchObject({ encoding: 'gzip', ending: { type: 'answer' } })
    expect(gunzipSync(small.body).toString()).toBe(texts['/small'])
    expect(large).toMatchObject({ encoding: 'gzip', ending: { type: 'end' } })
    expect(gunzipSync(large.body).toString()).toBe(texts['/large'])
    expect(plain).toMatchObject({ encoding: 'identity' })
  })

  it('what is packed already, or too small to gain, goes as it is', async () => {
    const { link: relay, target } = await link((request, response) => {
      response.writeHead(200, { 'content-type': request.url === '/image' ? 'image/png' : 'text/plain' })
      response.end(request.url === '/image' ? Buffer.alloc(5_000) : 'tiny')
    })
    expect((await relay.ask({ url: `${target.url}/image`, gzip: true })).encoding).toBe('identity')
    expect((await relay.ask({ url: `${target.url}/tiny`, gzip: true })).encoding).toBe('identity')
  })

  it('a small body that the window does not hold goes in chunks, as it is granted', async () => {
    const whole = bytesOf(5_000)
    const { link: relay, target } = await link((_, response) => response.end(whole))
    const lane = relay.open({ url: `${target.url}/page`, windowBytes: 1_000 })
    await relay.next('chunk')
    relay.send({ type: 'grant', lane, bytes: 4_000 })
    const result = await relay.collect(lane, { grants: false })
    expect(result).toMatchObject({ ending: { type: 'end' } })
    expect(result.body.equals(whole)).toBe(true)
  })

  it.each([
    ['one byte over it', 999, true],
    ['exactly as long as it', 1_000, false],
    ['far over it', 500, true],
  ])('a body %s is cut at the limit and says so', async (_, answerBytesMax, truncated) => {
    const { link: relay, target } = await link((__, response) => response.end(bytesOf(1_000)))
    const result = await relay.ask({ url: `${target.url}/page`, answerBytesMax })
    expect(result.ending).toMatchObject({ truncated })
    expect(result.body.length).toBe(Math.min(1_000, answerBytesMax))
  })

  it('a large body is cut at its limit too, and the target’s socket is closed', async () => {
    let targetClosed = () => {}
    const closed = new Promise<void>((resolve) => {
      targetClosed = resolve
    })
    const { link: relay, target } = await link((_, response) => {
      response.on('close', targetClosed)
      response.write(bytesOf(900_000))
    })
    const result = await relay.ask({ url: `${target.url}/page`, answerBytesMax: 300_000 })
    expect(result.ending).toMatchObject({ type: 'end', truncated: true })
    expect(result.body.length).toBe(300_000)
    await closed
  })

  it('HEAD, 204 and 304 have no body, and a redirect is told and not followed', async () => {
    const { link: relay, target } = await link((request, response) => {
      if (request.url === '/moved') response.writeHead(302, { location: '/elsewhere' }).end('moved')
      else
        response
          .writeHead(request.url === '/204' ? 204 : 200, { 'x-a': '1' })
          .end(request.url === '/204' ? undefined : 'body')
    })
    const head = await relay.ask({ url: `${target.url}/page`, method: 'HEAD' })
    const none = await relay.ask({ url: `${target.url}/204` })
    const moved = await relay.ask({ url: `${target.url}/moved` })
    expect([head.status, none.status, moved.status]).toEqual([200, 204, 302])
    expect([head.body.length, none.body.length, moved.body.length]).toEqual([0, 0, 0])
    expect(moved.headers).toContainEqual(['location', '/elsewhere'])
    expect(target.requests.map(({ path }) => path)).not.toContain('/elsewhere')
  })

  it('a request body larger than the window is granted as it is taken and reaches the target whole', async () => {
    const body = bytesOf(1_500_000)
    const { link: relay, target } = await link((_, response) => response.end('thanks'))
    const lane = relay.open({ url: `${target.url}/post`, method: 'POST' })
    await relay.collect(lane)
    const upload = {
      type: 'open' as const,
      lane: 2,
      exchangeId: 'ex_2',
      attempt: 1,
      method: 'POST',
      url: `${target.url}/post`,
    }
    const rest = {
      headers: [],
      bodyBytes: body.length,
      windowBytes: windowBytesInitial,
      gzip: false,
      answerBytesMax: null,
      headDeadlineMs: 20_000,
    }
    relay.send({ ...upload, ...rest, customer: { id: 'c', label: '', purpose: null, contact: null } })
    let allowed = windowBytesInitial
    let grantsSeen = 0
    for (let sent = 0; sent < body.length; ) {
      if (allowed === 0) {
        await relay.next(
          'grant',
          () => relay.frames.filter(({ type }) => type === 'grant').length > grantsSeen,
        )
        const grants = relay.frames.flatMap((frame) => (frame.type === 'grant' ? [frame.bytes] : []))
        allowed += grants.slice(grantsSeen).reduce((sum, bytes) => sum + bytes, 0)
        grantsSeen = grants.length
      }
      const taken = Math.min(allowed, 65_536, body.length - sent)
      relay.send({ type: 'chunk', lane: 2, payload: body.subarray(sent, sent + taken) })
      allowed -= taken
      sent += taken
    }
    relay.send({ type: 'end', lane: 2, truncated: false })
    expect((await relay.collect(2)).body.toString()).toBe('thanks')
    expect(sha256(target.requests.at(-1)?.body as Buffer)).toBe(sha256(body))
  })

  it('64 exchanges at once, also of one URL, each get their own answer and leave one at a time per URL', async () => {
    const inside = new Map<string, number>()
    let together = 0
    const { link: relay, target } = await link((request, response) => {
      const url = request.url as string
      inside.set(url, (inside.get(url) ?? 0) + 1)
      together = Math.max(together, inside.get(url) as number)
      setTimeout(() => {
        inside.set(url, (inside.get(url) as number) - 1)
        response.end(`${url} ${request.headers['x-number']}`)
      }, 5)
    })
    const numbers = Array.from({ length: lanesMax }, (_, number) => number)
    const results = await Promise.all(
      numbers.map((number) =>
        relay.ask({ url: `${target.url}/${number % 8}`, headers: [['x-number', String(number)]] }),
      ),
    )
    expect(results.map(({ body }) => body.toString())).toEqual(
      numbers.map((number) => `/${number % 8} ${number}`),
    )
    expect(together).toBe(1)
  })

  it('stop aborts the fetch, closes the target’s socket and is answered once', async () => {
    let targetClosed = () => {}
    const closed = new Promise<void>((resolve) => {
      targetClosed = resolve
    })
    const { link: relay, target } = await link((_, response) => {
      response.on('close', targetClosed)
      response.write('first')
    })
    const lane = relay.open({ url: `${target.url}/page` })
    await relay.next('chunk')
    relay.send({ type: 'stop', lane, code: null })
    relay.send({ type: 'stop', lane, code: null })
    expect((await relay.collect(lane)).ending).toMatchObject({ type: 'failed', code: 'stopped' })
    await closed
    relay.send({ type: 'ping', atUnixMs: 1 })
    await relay.next('pong')
    expect(relay.frames.filter(({ type }) => type === 'failed')).toHaveLength(1)
  })
})

describe('what goes wrong with an exchange', () => {
  it('a stop while the header rule is on its way leaves no rule behind, and nothing leaves', async () => {
    const { link: relay, target, browser } = await link((_, response) => response.end('ok'))
    const rule = Promise.withResolvers<void>()
    browser.rulesComeAfter = rule.promise
    const lane = relay.open({ url: `${target.url}/page` })
    relay.send({ type: 'stop', lane, code: null })
    await relay.collect(lane)
    rule.resolve()
    expect((await relay.ask({ url: `${target.url}/page` })).body.toString()).toBe('ok')
    expect(browser.asked).toHaveLength(1)
    expect(browser.rulesInForce.size).toBe(0)
  })

  it.each([
    ['a private address', 'http://192.168.1.1/', 'policy-refused'],
    ['another port', 'http://127.0.0.1:1/', 'policy-refused'],
  ])('%s is refused before anything leaves', async (_, url, code) => {
    const { link: relay, browser } = await link((__, response) => response.end())
    expect((await relay.ask({ url })).ending).toMatchObject({ type: 'failed', code })
    expect(browser.asked).toEqual([])
  })

  it('a target that breaks off before or in the middle is target-reset', async () => {
    const { link: relay, target } = await link((request, response) => {
      if (request.url === '/before') request.socket.destroy()
      else
        response
          .writeHead(200, { 'content-length': 100_000 })
          .write('abc', () => setTimeout(() => request.socket.destroy(), 60))
    })
    expect((await relay.ask({ url: `${target.url}/before` })).ending).toMatchObject({ code: 'target-reset' })
    const middle = await relay.ask({ url: `${target.url}/middle` })
    expect(middle.ending).toMatchObject({ type: 'failed', code: 'target-reset' })
    expect(middle.status).toBe(200)
  })

  it('a status that HTTP does not know ends the exchange and not the link', async () => {
    const { link: relay, target } = await link((request, response) => {
      response.writeHead(request.url === '/odd' ? 999 : 200).end('ok')
    })
    expect((await relay.ask({ url: `${target.url}/odd` })).ending).toMatchObject({ code: 'target-protocol' })
    expect((await relay.ask({ url: `${target.url}/even` })).status).toBe(200)
  })

  it('a target without an answer is target-timeout at the head’s deadline', async () => {
    const { link: relay, target } = await link(() => {})
    const result = await relay.ask({ url: `${target.url}/never`, headDeadlineMs: 50 })
    expect(result.ending).toMatchObject({ code: 'target-timeout' })
  })

  it('one who waited for its place until the deadline is the node’s failure, not the target’s', async () => {
    const { link: relay, target } = await link(() => {})
    const first = relay.open({ url: `${target.url}/same` })
    const second = await relay.ask({ url: `${target.url}/same`, headDeadlineMs: 50 })
    expect(second.ending).toMatchObject({ code: 'node-failed' })
    relay.send({ type: 'stop', lane: first, code: null })
    await relay.collect(first)
    expect(target.requests).toHaveLength(1)
  })

  it('an answer from a forbidden address is dropped: not a byte of it leaves', async () => {
    const { link: relay, target, browser } = await link((_, response) => response.end('the router’s page'))
    browser.answeringAddress = '192.168.1.1'
    const result = await relay.ask({ url: `${target.url}/` })
    expect(result.ending).toMatchObject({ type: 'failed', code: 'node-unsafe' })
    expect(browser.tripped).toEqual([{ host: '127.0.0.1', address: '192.168.1.1' }])
    expect(relay.count.carriedUp).toBe(0)
  })

  it('an answer whose address the browser does not name is node-unsafe', async () => {
    const { link: relay, target, browser } = await link((_, response) => response.end('from where?'))
    browser.answeringAddress = null
    expect((await relay.ask({ url: `${target.url}/` })).ending).toMatchObject({ code: 'node-unsafe' })
    expect(relay.count.carriedUp).toBe(0)
  })

  it('an address that is named some moments after the answer is waited for', async () => {
    const { link: relay, target, browser } = await link((_, response) => response.end('fine'))
    browser.eventsComeLate = true
    expect((await relay.ask({ url: `${target.url}/` })).body.toString()).toBe('fine')
  })
})
