import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askJson, type JsonReply, openAnswer, readBody } from '#scripts/browser/customer.ts'
import { commandOwner, readOwnerView, waitForPhase } from '#scripts/browser/owner.ts'
import { expectBooksToBalance, readLinkedNodes, readRelayCount } from '../fixtures/books.ts'
import { stopWorkers } from '../fixtures/browser-insides.ts'
import { type House, type Node, openHouse } from '../fixtures/house.ts'
import { mebibytes, tellMeasured } from '../fixtures/measured.ts'
import { photograph } from '../fixtures/screenshots.ts'
import { until, untilStill } from '../fixtures/until.ts'

const streamBytes = 20_000_000
const noCaps = { hourBytes: null, dayBytes: null, monthBytes: null, monthResetDay: 1 }
/** As `line-caps.ts` in the extension's background names it. */
const capOvershootBytesMax = 1024 * 1024
/** What a killed worker forgets of them at most, as `line-caps.ts` names it too. */
const lineSaveBytes = 1024 * 1024

describe.sequential('the owner’s caps', () => {
  let house: House
  let node: Node
  beforeAll(async () => {
    house = await openHouse()
    node = await house.openNode()
  })
  afterAll(() => house?.close())

  const change = async (changes: object) =>
    expect(await commandOwner(node.browser, 'changeSettings', changes)).toMatchObject({ ok: true })
  const view = () => readOwnerView(node.browser)
  const large = (name: string, origin = house.site.origin) =>
    `${origin}/large?bytes=${streamBytes}&name=${name}`
  const hostsAsked = (path: string) =>
    house.site.received.filter(({ url }) => url === path).map(({ host }) => host)
  const carried = async () => {
    const { charged, goodwill } = await readRelayCount(house)
    return charged + goodwill
  }

  test('a day’s cap stops a stream in mid-transfer, with its reason, and nothing is carried after it', async () => {
    const { line } = await view()
    const capBytes = line.dayBytes + 8_000_000
    const carriedBefore = await carried()
    await change({ caps: { ...noCaps, dayBytes: capBytes } })
    const body = await readBody(await openAnswer(house.customer, { url: large('cap') }))
    expect(body.ending).toBe('broken')
    await waitForPhase(node.popup, 'off', 'day-cap-reached')
    await photograph(node.popup, 'popup-day-cap-reached')
    expect(house.relay.logText()).toContain('"outcome":"owner-cap"')
    await until('the link to be closed', async () => (await readLinkedNodes(house)) === 0)
    const before = await carried()
    // Each byte passes the line twice, from the target and to the relay. A reset may overtake some of them on the way to the customer.
    const carriedBytes = Number(before - carriedBefore)
    expect(carriedBytes).toBeGreaterThan(1_000_000)
    expect(carriedBytes).toBeLessThan(4_000_000 + capOvershootBytesMax)
    // What the browser had read ahead is known when it says what the fetch has weighed.
    const dayBytes = await untilStill('the line', async () => (await view()).line.dayBytes)
    tellMeasured('of the stream was carried', mebibytes(carriedBytes))
    tellMeasured('line bytes over the cap, with the browser’s read-ahead', dayBytes - capBytes)
    expect((await view()).sharing).toMatchObject({ untilUnixMs: nextMidnight() })
    expect(dayBytes).toBeGreaterThanOrEqual(capBytes)
    const movedBytes = house.site.sentBytes('cap') + carriedBytes
    expect(dayBytes - line.dayBytes).toBeLessThan(movedBytes + capOvershootBytesMax)
    const reply = await askJson(house.customer, { url: `${house.site.origin}/small` })
    expect(reply).toMatchObject({ ok: false, problem: { code: 'no-node-available' } })
    expect(await carried()).toBe(before)
    expect((await view()).line.dayBytes).toBe(dayBytes)
  })

  test('a raised cap goes on at once, and the stream comes whole', async () => {
    const { line } = await view()
    await change({ caps: { ...noCaps, dayBytes: line.dayBytes + 100_000_000 } })
    await waitForPhase(node.popup, 'sharing')
    const body = await readBody(await openAnswer(house.customer, { url: large('raised') }))
    expect(body).toMatchObject({
      ending: 'complete',
      bytes: streamBytes,
      sha256: house.site.largeSha256(streamBytes),
    })
    const moved = (await view()).line.dayBytes - line.dayBytes
    tellMeasured('line bytes of 20 MB that are fetched and passed on', moved)
    expect(moved).toBeGreaterThanOrEqual(2 * streamBytes)
    expect(moved).toBeLessThan(2.02 * streamBytes)
    await expectBooksToBalance(house, [node.popup])
  })

  test('what a target packed counts on the line as it came, once it is over', async () => {
    const before = (await view()).line.dayBytes
    const reply = await askJson(house.customer, { url: `${house.site.origin}/gzip` })
    expect(reply).toMatchObject({ ok: true, answer: { status: 200 } })
    const moved = await until('the count to be corrected', async () => {
      const bytes = (await view()).line.dayBytes - before
      return bytes < 20_000 && bytes
    })
    tellMeasured('line bytes of a page of 21,000 that came packed', moved)
  })

  test('line bytes outlive the browser’s worker', async () => {
    const { line } = await view()
    const stoppedAt = Date.now()
    await stopWorkers(node.browser)
    expect((await view()).line.dayBytes).toBeGreaterThanOrEqual(line.dayBytes - lineSaveBytes)
    // The popup still shows the link that died with the worker.
    await until('a new link', async () => Date.parse((await view()).relay.linkedSince ?? '') >= stoppedAt)
    await waitForPhase(node.popup, 'sharing')
  })

  test('a rate holds for all lanes together, and each gets its share', async () => {
    const rate = 300_000
    await change({ caps: noCaps, upBytesPerSecondMax: rate })
    await waitForPhase(node.popup, 'sharing')
    const since = performance.now()
    const answers = await Promise.all(
      house.siteOrigins
        .slice(0, 2)
        .map((origin) => openAnswer(house.customer, { url: large('rate', origin) })),
    )
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200])
    const arrivals = await arrivalsOf(answers, since, 13_000)
    expect(arrivals.length).toBeGreaterThan(20)
    let bytes = 0
    for (const arrival of arrivals) {
      bytes += arrival.bytes
      if (arrival.atMs >= 10_000) expect(bytes).toBeLessThan((rate * arrival.atMs * 1.05) / 1_000)
    }
    const first = arrivals[0]?.atMs ?? 0
    const inTenSeconds = sum(arrivals.filter(({ atMs }) => atMs >= first + 1_000 && atMs < first + 11_000))
    tellMeasured('carried in ten seconds at 300,000 bytes a second', `${inTenSeconds} bytes`)
    expect(inTenSeconds).toBeGreaterThan(rate * 10 * 0.7)
    for (const answer of [0, 1]) {
      const share = sum(arrivals.filter((arrival) => arrival.answer === answer)) / sum(arrivals)
      expect(share).toBeGreaterThan(0.35)
    }
    for (const answer of answers) answer.destroy()
    await change({ upBytesPerSecondMax: null })
    await expectBooksToBalance(house, [node.popup])
  })

  test('no more lanes are open at once than the owner allows', async () => {
    await change({ lanesMax: 2 })
    const asked = [0, 1, 2, 3, 4].map((each) =>
      askJson(house.customer, { url: `${house.siteOrigins[each]}/wait?gate=lanes` }),
    )
    await house.site.arrived('/wait?gate=lanes', 2)
    // Who still waits for a free lane would get one when the gate opens.
    const refusals = await failuresOf(asked, 3)
    expect(refusals.map(({ problem }) => problem.code)).toEqual(Array(3).fill('no-node-available'))
    expect(hostsAsked('/wait?gate=lanes')).toHaveLength(2)
    expect((await view()).sharing).toMatchObject({ phase: 'sharing', exchangesInFlight: 2 })
    house.site.open('lanes')
    const replies = await Promise.all(asked)
    expect(replies.filter(({ ok }) => ok)).toHaveLength(2)
    await change({ lanesMax: 64 })
    await expectBooksToBalance(house, [node.popup])
  })

  test('what the settings do not take is refused with a sentence, and nothing changes', async () => {
    const before = await readOwnerView(node.browser)
    const bad = { lanesMax: 3, caps: { ...noCaps, dayBytes: -1 } }
    expect(await commandOwner(node.browser, 'changeSettings', bad)).toMatchObject({
      ok: false,
      code: 'settings-invalid',
      detail: expect.stringMatching(/^caps\.dayBytes takes .*\.$/),
    })
    expect(await readOwnerView(node.browser)).toMatchObject({ settings: before.settings })
  })
})

type Arrival = { answer: number; atMs: number; bytes: number }

/** What came of each answer, and when, until `msMax` after `since`. */
async function arrivalsOf(answers: IncomingMessage[], since: number, msMax: number): Promise<Arrival[]> {
  const arrivals: Arrival[] = []
  const enough = Promise.withResolvers<void>()
  for (const [answer, incoming] of answers.entries())
    incoming
      .on('data', (piece: Buffer) => {
        const atMs = performance.now() - since
        if (atMs < msMax) arrivals.push({ answer, atMs, bytes: piece.length })
        else enough.resolve()
      })
      .once('end', () => enough.reject(new Error('an answer was over before its time')))
  await enough.promise
  return arrivals
}

const sum = (arrivals: Arrival[]): number => arrivals.reduce((total, { bytes }) => total + bytes, 0)

/** The first replies to come that are no answers. */
async function failuresOf(asked: ReturnType<typeof askJson>[], count: number) {
  const failures: Extract<JsonReply, { ok: false }>[] = []
  for (const asking of asked) void asking.then((reply) => reply.ok || failures.push(reply))
  await until(`${count} refusals`, () => failures.length === count)
  return failures
}

function nextMidnight(): number {
  const now = new Date()
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime()
}
