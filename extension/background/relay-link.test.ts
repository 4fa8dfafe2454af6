import { afterEach, describe, expect, it, vi } from 'vitest'
import { answerBodyBytesMax, type CloseCode, closes, lanesMax, type RelayFrame } from '#protocol'
import { ExchangeFailure } from './exchange-failure.ts'
import { drainMsMax } from './relay-link.ts'
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
const draining = { type: 'goodbye', code: 'relay-draining', detail: 'a restart', version: 1 } as const
const paused = new ExchangeFailure('owner-paused', 'the owner of this node paused')

describe('the link', () => {
  it.each([
    ['a grant for a lane that never was', { type: 'grant', lane: 9, bytes: 1 }, 'unknown-lane'],
    [
      'a chunk for a lane that never was',
      { type: 'chunk', lane: 9, payload: new Uint8Array(1) },
      'unknown-lane',
    ],
    [
      'a second challenge',
      { type: 'challenge', version: 2, relayId: 'r', relayKey: 'k', publicUrl: 'u', nonce: 'n' },
      'out-of-order',
    ],
  ] as [string, RelayFrame, CloseCode][])('%s is answered with a goodbye', async (_, frame, code) => {
    const { link: relay, ended } = await link((__, response) => response.end())
    relay.send(frame)
    expect((await relay.next('goodbye')).code).toBe(code)
    expect((await ended).code).toBe(code)
    expect((await relay.closed).number).toBe(closes[code].number)
  })

  it.each(['not json', '{"type":"hello"}', '{"type":"open","lane":-1}', '[]'])(
    'the text %j is answered with a goodbye',
    async (text) => {
      const { link: relay, ended } = await link((_, response) => response.end())
      relay.sendRaw(text)
      await relay.next('goodbye')
      expect((await ended).code).toMatch(/^(malformed-frame|out-of-order)$/)
    },
  )

  it('a lane number that does not grow, or a lane too many, is answered with a goodbye', async () => {
    const { link: relay, target } = await link(() => {})
    for (let lane = 0; lane < lanesMax; lane += 1) relay.open({ url: `${target.url}/${lane}` })
    relay.open({ url: `${target.url}/too-many` })
    expect((await relay.next('goodbye')).code).toBe('out-of-order')
  })

  it.each([
    ['longer than announced', [60, 60], 'malformed-frame'],
    ['shorter than announced', [60], 'malformed-frame'],
  ] as [string, number[], CloseCode][])('a request body %s ends the link', async (_, sizes, code) => {
    const { link: relay, target } = await link((__, response) => response.end())
    relay.send({
      type: 'open',
      lane: 1,
      exchangeId: 'ex_1',
      attempt: 1,
      method: 'POST',
      url: target.url,
      headers: [],
      bodyBytes: 100,
      windowBytes: 1_000,
      gzip: false,
      answerBytesMax: null,
      headDeadlineMs: 20_000,
      customer: { id: 'c', label: '', purpose: null, contact: null },
    })
    for (const size of sizes) relay.send({ type: 'chunk', lane: 1, payload: new Uint8Array(size) })
    relay.send({ type: 'end', lane: 1, truncated: false })
    expect((await relay.next('goodbye')).code).toBe(code)
  })

  it('what crosses the ending of a lane on the wire is counted and otherwise dropped', async () => {
    const { link: relay } = await link((_, response) => response.end())
    const lane = relay.open({ url: 'http://192.168.1.1/', method: 'POST' })
    await relay.collect(lane)
    relay.send({ type: 'chunk', lane, payload: new Uint8Array(77) })
    relay.send({ type: 'grant', lane, bytes: 5 })
    relay.send({ type: 'stop', lane, code: null })
    relay.send({ type: 'end', lane, truncated: false })
    await relay.sendReceipt()
    expect((await relay.next('receipt-signed')).counterSignature.carriedDown).toBe(77)
  })

  it('a pause ends each lane, says goodbye, still signs the last receipt, and takes no new exchange', async () => {
    const { link: relay, target, node, ended, kept } = await link((_, response) => response.write('first'))
    const lanes = [relay.open({ url: `${target.url}/1` }), relay.open({ url: `${target.url}/2` })]
    await Promise.all(lanes.map((lane) => relay.next('chunk', (chunk) => chunk.lane === lane)))
    node.leave('owner-paused', paused)
    const results = await Promise.all(lanes.map((lane) => relay.collect(lane)))
    expect(results.map(({ ending }) => ending)).toMatchObject([
      { code: 'owner-paused' },
      { code: 'owner-paused' },
    ])
    expect((await relay.next('goodbye')).code).toBe('owner-paused')
    relay.open({ url: `${target.url}/3` })
    const receipt = await relay.sendReceipt()
    const signed = await relay.next('receipt-signed')
    expect(signed.counterSignature).toMatchObject({
      carriedUp: receipt.carriedUp,
      carriedDown: receipt.carriedDown,
    })
    relay.send({ type: 'posted', linkId: relay.linkId, sequence: receipt.sequence })
    relay.cut()
    expect((await ended).code).toBe('owner-paused')
    expect(target.requests.map(({ path }) => path)).not.toContain('/3')
    expect(kept.size).toBe(0)
  })

  it('a draining relay lets what runs finish', async () => {
    let finish = () => {}
    const {
      link: relay,
      target,
      ended,
    } = await link((_, response) => {
      response.write('first')
      finish = () => response.end('last')
    })
    const lane = relay.open({ url: `${target.url}/page` })
    await relay.next('chunk')
    relay.send({ ...draining, redialAfterMs: 1_234 })
    finish()
    expect((await relay.collect(lane)).body.toString()).toBe('firstlast')
    relay.cut()
    expect(await ended).toMatchObject({ code: 'relay-draining', redialAfterMs: 1_234 })
  })

  it('a relay that said goodbye opens nothing more', async () => {
    const { link: relay, target, ended } = await link((_, response) => response.end())
    relay.send({ ...draining, redialAfterMs: null })
    relay.open({ url: `${target.url}/page` })
    expect((await relay.next('goodbye')).code).toBe('out-of-order')
    expect((await ended).code).toBe('relay-draining')
    expect(target.requests).toEqual([])
  })

  it('a relay that drains for ever is left, and what ran ends', async () => {
    const {
      link: relay,
      target,
      told,
      ended,
    } = await link((_, response) => {
      response.write('first')
    })
    relay.open({ url: `${target.url}/page` })
    await relay.next('chunk')
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    try {
      relay.send({ ...draining, redialAfterMs: null })
      await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0))
      expect(told.running).toBe(1)
      await vi.advanceTimersByTimeAsync(drainMsMax)
    } finally {
      vi.useRealTimers()
    }
    expect((await ended).code).toBe('relay-draining')
    expect(told.running).toBe(0)
  })

  it('rules that change while the relay drains end what runs against them', async () => {
    const {
      link: relay,
      target,
      node,
      browser,
    } = await link((_, response) => {
      response.write('first')
    })
    const lane = relay.open({ url: `${target.url}/page` })
    await relay.next('chunk')
    relay.send({ ...draining, redialAfterMs: null })
    await vi.waitFor(() => expect(node.phase).toBe('leaving'))
    browser.refusalOf = () => new ExchangeFailure('owner-rule', 'the owner of this node does not fetch this')
    node.termsChanged()
    expect((await relay.collect(lane)).ending).toMatchObject({ type: 'failed', code: 'owner-rule' })
  })

  it('a link that is lost aborts its fetches and says what was said last', async () => {
    let targetClosed = () => {}
    const closed = new Promise<void>((resolve) => {
      targetClosed = resolve
    })
    const {
      link: relay,
      target,
      ended,
      told,
    } = await link((_, response) => {
      response.on('close', targetClosed)
      response.write('first')
    })
    relay.open({ url: `${target.url}/page` })
    await relay.next('chunk')
    relay.cut()
    expect((await ended).code).toBe('unreachable')
    await closed
    expect(told.running).toBe(0)
  })

  it('receipts of earlier links are presented after the welcome, newest first', async () => {
    const first = await link((_, response) => response.end('carried'))
    await first.link.ask({ url: `${first.target.url}/` })
    await first.link.sendReceipt()
    await first.link.next('receipt-signed')
    await first.stop()
    linked = await linkNode((_, response) => response.end(), first.kept)
    const { receipts } = await linked.link.next('present')
    expect(receipts.map(({ receipt }) => receipt.linkId)).toEqual([first.link.linkId])
    expect(receipts[0]?.receipt.carriedUp).toBe('carried'.length)
  })

  it('the answer frame never grows over its limit', async () => {
    const { link: relay, target } = await link((request, response) =>
      response.end(bytesOf(Number(request.url?.slice(1)))),
    )
    const fits = await relay.ask({ url: `${target.url}/${answerBodyBytesMax}` })
    const over = await relay.ask({ url: `${target.url}/${answerBodyBytesMax + 1}` })
    expect(over.ending.type).toBe('end')
    expect(fits.body.length).toBe(answerBodyBytesMax)
    expect(over.body.length).toBe(answerBodyBytesMax + 1)
  })
})
