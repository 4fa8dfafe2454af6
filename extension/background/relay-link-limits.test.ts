import { afterEach, describe, expect, it } from 'vitest'
import { ExchangeFailure } from './exchange-failure.ts'
import { type LinkedNode, linkNode, openTerms } from './testing/linked-node.ts'

let linked: LinkedNode | undefined
afterEach(async () => {
  await linked?.stop()
  linked = undefined
})

async function link(answer: Parameters<typeof linkNode>[0]): Promise<LinkedNode> {
  linked = await linkNode(answer)
  return linked
}

const refused = () => new ExchangeFailure('owner-rule', 'the owner of this node does not fetch this')

describe('what the owner allows on a link', () => {
  it('a lane beyond the most at once fails as the owner’s cap, without a request, and the others go on', async () => {
    const held: (() => void)[] = []
    const {
      link: relay,
      target,
      owner,
    } = await link((_, response) => void held.push(() => response.end('done')))
    owner.limits = { lanesMax: 2, upBytesPerSecondMax: null }
    const lanes = [1, 2].map((page) => relay.open({ url: `${target.url}/${page}` }))
    const beyond = await relay.ask({ url: `${target.url}/3` })
    expect(beyond.ending).toMatchObject({ type: 'failed', code: 'owner-cap' })
    while (held.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    for (const finish of held.splice(0)) finish()
    for (const lane of lanes) expect((await relay.collect(lane)).body.toString()).toBe('done')
    expect(target.requests.map(({ path }) => path).sort()).toEqual(['/1', '/2'])
    const asked = relay.ask({ url: `${target.url}/4` })
    while (held.length < 1) await new Promise((resolve) => setTimeout(resolve, 5))
    held[0]?.()
    expect((await asked).body.toString()).toBe('done')
    await relay.sendReceipt()
    await relay.next('receipt-signed')
  })

  it('terms are said when they change, and nothing twice', async () => {
    const { link: relay, node, owner } = await link((_, response) => response.end())
    node.termsChanged()
    owner.terms = { ...openTerms, lanesMax: 3 }
    node.termsChanged()
    node.termsChanged()
    relay.send({ type: 'ping', atUnixMs: 1 })
    await relay.next('pong')
    const said = relay.frames.filter(({ type }) => type === 'terms')
    expect(said).toEqual([{ type: 'terms', terms: { ...openTerms, lanesMax: 3 } }])
    expect(relay.hello.terms).toEqual(openTerms)
  })

  it('what the owner’s rules refuse fails without a request', async () => {
    const { link: relay, target, browser } = await link((_, response) => response.end())
    browser.refusalOf = ({ customer }) => (customer.id === 'cus_denied' ? refused() : null)
    const customer = { id: 'cus_denied', label: '', purpose: null, contact: null }
    const result = await relay.ask({ url: `${target.url}/page`, customer })
    expect(result.ending).toMatchObject({ type: 'failed', code: 'owner-rule' })
    expect((await relay.ask({ url: `${target.url}/other` })).ending.type).toBe('answer')
    expect(target.requests.map(({ path }) => path)).toEqual(['/other'])
  })

  it('rules that change end what runs against them, and nothing else', async () => {
    const {
      link: relay,
      target,
      node,
      browser,
    } = await link((request, response) => {
      response.write('first')
      if (request.url === '/goes-on') setTimeout(() => response.end('last'), 300)
    })
    const [ended, goesOn] = ['/ends', '/goes-on'].map((path) => relay.open({ url: `${target.url}${path}` }))
    await Promise.all([ended, goesOn].map((lane) => relay.next('chunk', (chunk) => chunk.lane === lane)))
    browser.refusalOf = ({ url }) => (url.endsWith('/ends') ? refused() : null)
    node.termsChanged()
    expect((await relay.collect(ended as number)).ending).toMatchObject({
      type: 'failed',
      code: 'owner-rule',
    })
    expect((await relay.collect(goesOn as number)).body.toString()).toBe('firstlast')
  })

  it('a site that is refused while an exchange waits for its place there is not asked by it', async () => {
    const { link: relay, target, browser } = await link((_, response) => response.end('first'))
    browser.received = () => {
      browser.refusalOf = () => refused()
    }
    const [first, second] = [relay.open({ url: `${target.url}/x` }), relay.open({ url: `${target.url}/x` })]
    expect((await relay.collect(first)).body.toString()).toBe('first')
    expect((await relay.collect(second)).ending).toMatchObject({ type: 'failed', code: 'owner-rule' })
    expect(target.requests).toHaveLength(1)
  })

  it('what the network policy refuses is not asked, though the relay had let it pass', async () => {
    const { link: relay, browser } = await link((_, response) => response.end())
    const result = await relay.ask({ url: 'https://www.paypal.com/signin' })
    expect(result.ending).toMatchObject({ type: 'failed', code: 'policy-refused' })
    expect(browser.asked).toEqual([])
  })

  it('with a low rate a small answer comes in pieces that the rate allows, and whole', async () => {
    const whole = Buffer.alloc(3_000, 'x')
    const { link: relay, target, owner } = await link((_, response) => response.end(whole))
    owner.limits = { lanesMax: 64, upBytesPerSecondMax: 10_000 }
    const result = await relay.ask({ url: `${target.url}/page` })
    expect(result.ending.type).toBe('end')
    expect(result.body.equals(whole)).toBe(true)
    const chunks = relay.frames.filter((frame) => frame.type === 'chunk').map(({ payload }) => payload.length)
    expect(Math.max(...chunks)).toBeLessThanOrEqual(1_000)
  })

  it('once a cap is reached no data leaves, and after the goodbye nothing but the signature of the last receipt', async () => {
    const {
      link: relay,
      target,
      node,
      owner,
    } = await link((_, response) => response.end(Buffer.alloc(5_000_000)))
    const lane = relay.open({ url: `${target.url}/large` })
    await relay.next('chunk')
    owner.halted = true
    relay.send({ type: 'ping', atUnixMs: 1 })
    await relay.next('pong')
    const before = relay.count.carriedUp
    relay.send({ type: 'grant', lane, bytes: 100_000 })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(relay.count.carriedUp).toBe(before)
    node.leave('owner-resting', new ExchangeFailure('owner-cap', 'a limit was reached'))
    await relay.next('goodbye')
    const receipt = await relay.sendReceipt()
    const { counterSignature } = await relay.next('receipt-signed')
    expect(counterSignature).toMatchObject({ carriedUp: receipt.carriedUp })
    expect(relay.frames.slice(-3)).toMatchObject([
      { type: 'failed', lane, code: 'owner-cap' },
      { type: 'goodbye', code: 'owner-resting' },
      { type: 'receipt-signed' },
    ])
  })
})
