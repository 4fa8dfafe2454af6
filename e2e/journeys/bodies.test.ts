import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { setInterval as every } from 'node:timers'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askJson, askRaw, openAnswer, readBody } from '#scripts/browser/customer.ts'
import { readPopup, waitForCount } from '#scripts/browser/owner.ts'
import { residentBytes } from '#scripts/browser/relay.ts'
import { expectBooksToBalance } from '../fixtures/books.ts'
import { type House, type Node, openHouse } from '../fixtures/house.ts'
import { queuedBytes } from '../fixtures/kernel-queues.ts'
import { mebibytes, tellMeasured } from '../fixtures/measured.ts'
import { photograph } from '../fixtures/screenshots.ts'
import { guestBody, gunzippedPage } from '../fixtures/target-site.ts'
import { until, untilStill } from '../fixtures/until.ts'

const mib = 1024 * 1024
/** Smaller for a quick look; the promise is about 200. */
const largeBytes = Number(process.env.FALLOW_E2E_LARGE_MIB ?? 200) * mib
const relayGrowthMax = 64 * mib
const heldForSlowCustomerMax = mib
/** Chromium itself reads up to 64 MB of an answer ahead, so a target notices only beyond that. */
const slowBytes = 192 * mib
const atOnce = 64

describe.sequential('bodies on their way', () => {
  let house: House
  let node: Node
  beforeAll(async () => {
    house = await openHouse()
    node = await house.openNode()
  })
  afterAll(() => house?.close())

  test('the first byte reaches the customer while the target is still sending', async () => {
    const answer = await openAnswer(house.customer, { url: `${house.site.origin}/slow-drip?gate=first` })
    const [first] = (await once(answer, 'data')) as [Buffer]
    expect(first.toString()).toBe('first piece\n')
    expect(answer.complete).toBe(false)
    // Only now does the target say the rest: what came before came while it was still sending.
    house.site.open('first')
    expect(await readBody(answer)).toMatchObject({ ending: 'complete', start: Buffer.from('last piece\n') })
  })

  test('pages arrive byte for byte: text, bytes, what the target had packed, and nothing at all', async () => {
    const { small, text, binary } = house.site.pages
    for (const page of [small, text, binary]) {
      const reply = await askRaw(house.customer, { url: house.site.origin + page.path })
      expect(reply).toMatchObject({
        ending: 'complete',
        sha256: page.sha256,
        trailers: { 'fallow-outcome': 'completed' },
      })
      expect(reply.headers['content-type']).toBe(page.contentType)
    }
    const packed = await askJson(house.customer, { url: `${house.site.origin}/gzip` })
    expect(packed).toMatchObject({ ok: true, answer: { body: gunzippedPage, status: 200 } })
    const head = await askRaw(house.customer, { url: house.site.origin + text.path, method: 'HEAD' })
    expect(head).toMatchObject({ ending: 'complete', bytes: 0 })
  })

  test('text is packed on its way through the home, for a customer who takes it packed', async () => {
    const { text } = house.site.pages
    const options = { headers: { 'accept-encoding': 'gzip' } }
    const reply = await askRaw(house.customer, { url: `${house.site.origin}/text` }, options)
    expect(reply.headers['content-encoding']).toBe('gzip')
    expect(createHash('sha256').update(gunzipSync(reply.start)).digest('hex')).toBe(text.sha256)
    expect(Number(reply.trailers['fallow-carried-bytes'])).toBe(reply.bytes)
    expect(reply.bytes).toBeLessThan(text.body.length / 10)
  })

  test(`${largeBytes / mib} MiB arrive byte for byte, and the relay does not grow with them`, async () => {
    const before = residentBytes(house.relay.pid)
    let peak = before
    const watching = every(() => {
      peak = Math.max(peak, residentBytes(house.relay.pid))
    }, 50)
    const since = performance.now()
    const reply = await askRaw(house.customer, {
      url: `${house.site.origin}/large?bytes=${largeBytes}&name=large`,
    }).finally(() => clearInterval(watching))
    const seconds = (performance.now() - since) / 1_000
    expect(reply).toMatchObject({
      ending: 'complete',
      bytes: largeBytes,
      sha256: house.site.largeSha256(largeBytes),
    })
    tellMeasured('the relay grew by', mebibytes(peak - before))
    tellMeasured('through one node', `${(largeBytes / mib / seconds).toFixed(1)} MiB/s`)
    expect(peak - before).toBeLessThan(relayGrowthMax)
  })

  test('a customer who stops reading makes the node and the target wait, and leaves when it likes', async () => {
    const { carriedTotalBytes: before } = await readPopup(node.popup)
    const answer = await openAnswer(house.customer, {
      url: `${house.site.origin}/large?bytes=${slowBytes}&name=slow`,
    })
    const port = answer.socket.localPort ?? 0
    let read = 0
    answer.on('data', (piece: Buffer) => {
      read += piece.length
      if (read > mib) answer.pause()
    })
    const sent = await untilStill('what the target has sent', () => house.site.sentBytes('slow'))
    const carried =
      (await untilStill(
        'what the node has carried',
        async () => (await readPopup(node.popup)).carriedTotalBytes,
      )) - before
    const queued = queuedBytes(port, Number(new URL(house.relay.url).port))
    tellMeasured('sent by the target, most of it read ahead by the browser', mebibytes(sent))
    tellMeasured('carried by the node', mebibytes(carried))
    tellMeasured('read by the customer', mebibytes(read))
    tellMeasured('in the queues of the kernel, on the way to the customer', mebibytes(queued))
    tellMeasured('held in the relay', mebibytes(carried - read - queued))
    expect(answer.isPaused()).toBe(true)
    expect(sent).toBeLessThan(slowBytes)
    expect(carried - read - queued).toBeLessThan(heldForSlowCustomerMax)
    answer.destroy()
    await until('the exchange to end', async () => (await readPopup(node.popup)).inFlight === 0)
    // Who leaves pays for what was carried, and for nothing else.
    const { goodwillBytes } = await expectBooksToBalance(house, [node.popup])
    expect(goodwillBytes).toBe(0n)
  })

  test(`${atOnce} exchanges run at once on one node, and each customer gets its own body and headers`, async () => {
    const guests = Array.from({ length: atOnce }, (_, index) => `guest-${index}`)
    const replies = await Promise.all(
      guests.map((guest, index) => {
        const origin = house.siteOrigins[index % house.siteOrigins.length]
        // Nobody is answered before all have come: so they were at the target at once.
        return askRaw(house.customer, {
          url: `${origin}/meet?gate=all&count=${atOnce}&guest=${guest}`,
          headers: { 'x-guest': guest },
        })
      }),
    )
    for (const [index, guest] of guests.entries()) {
      const sha256 = createHash('sha256').update(guestBody(guest)).digest('hex')
      expect(replies[index]).toMatchObject({ status: 200, ending: 'complete', sha256 })
      expect(replies[index]?.headers['fallow-target-header']).toContain(`x-guest: ${guest}`)
    }
    const asked = house.site.received.filter(({ url }) => url.startsWith('/meet'))
    expect(asked).toHaveLength(atOnce)
    for (const { url, headers } of asked) expect(url).toContain(`guest=${headers['x-guest']}`)
  })

  test('exchanges for the very same URL with different headers do not wear each other’s', async () => {
    const agents = Array.from({ length: 12 }, (_, index) => `agent/${index}`)
    const replies = await Promise.all(
      agents.map((agent) =>
        askJson(house.customer, {
          url: `${house.site.origin}/echo`,
          headers: { 'user-agent': agent, 'x-agent': agent },
        }),
      ),
    )
    const seen = replies.map((reply) => {
      if (!reply.ok) throw new Error(reply.problem.detail)
      const { headers } = JSON.parse(reply.answer.body) as { headers: Record<string, string> }
      return [headers['user-agent'], headers['x-agent']]
    })
    expect(seen).toEqual(agents.map((agent) => [agent, agent]))
  })

  test('the books balance, and the points reach the popup', async () => {
    const totals = await expectBooksToBalance(house, [node.popup])
    await waitForCount(node.popup)
    const { pointsUnits, pointsShown, carriedTotalBytes, carriedTodayBytes } = await readPopup(node.popup)
    expect(pointsUnits).toBe((totals.creditedBytes * 1_000_000n) / BigInt(mib))
    expect(pointsShown.replaceAll(',', '')).toBe(
      `${pointsUnits / 1_000_000n}.${String((pointsUnits % 1_000_000n) / 1_000n).padStart(3, '0')}`,
    )
    expect(BigInt(carriedTotalBytes)).toBe(totals.carriedBytes)
    expect(carriedTodayBytes).toBeLessThanOrEqual(carriedTotalBytes)
    await photograph(node.popup, 'popup-earned')
  })
})
