import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NodeBrowser } from '#scripts/browser/browser.ts'
import { giveConsent } from '#scripts/browser/consent.ts'
import { askJson, openAnswer, readBody } from '#scripts/browser/customer.ts'
import { setRelay, waitForPhase } from '#scripts/browser/owner.ts'
import type { LayerOff } from '../../vite.config.ts'
import { readLinkCloses, readLinkedNodes } from '../fixtures/books.ts'
import type { House, Node } from '../fixtures/house.ts'
import { tellMeasured } from '../fixtures/measured.ts'
import { privateSpellings, rebindingName, spellingsMin } from '../fixtures/private-places.ts'
import { photograph } from '../fixtures/screenshots.ts'
import { homeSecret } from '../fixtures/target-site.ts'
import { until } from '../fixtures/until.ts'
import {
  askAll,
  askAllInTurn,
  everyWay,
  expectNothingToArrive,
  type Home,
  listenToDevices,
  oneSpellingForEachAddress,
  openHome,
  rebindingWay,
  relayWithoutChecks,
  type Way,
  ways,
} from '../fixtures/ways-inside.ts'

test('there are enough spellings, and no two are the same', () => {
  expect(new Set(privateSpellings).size).toBe(privateSpellings.length)
  expect(privateSpellings.length).toBeGreaterThanOrEqual(spellingsMin)
})

type Build = { name: string; layersOff: readonly LayerOff[]; ways: readonly Way[] }

/** One browser for each build. */
function describeBuild({ name, layersOff, ways }: Build, home: () => Home): void {
  describe.sequential(name, () => {
    let node: Node
    beforeAll(async () => {
      node = await home().house.openNode({ layersOff })
    })
    afterAll(() => node?.browser.close())

    for (const way of ways)
      test(`no request reaches the home, ${way.name}`, () => expectNothingToArrive(home(), way))

    test('and the node still shares', async () => {
      await waitForPhase(node.popup, 'sharing')
      expect(await readLinkCloses(home().house, 'node-unsafe')).toBe(0)
    })
  })
}

describe.sequential('behind a relay that checks', () => {
  let home: Home
  beforeAll(async () => {
    home = await openHome()
  })
  afterAll(() => home?.close())

  describeBuild({ name: 'with every wall in place', layersOff: [], ways: everyWay }, () => home)
  describeBuild(
    { name: "without the node's own check", layersOff: ['node-check'], ways: everyWay },
    () => home,
  )
  describeBuild({ name: 'without the tripwire', layersOff: ['tripwire'], ways: everyWay }, () => home)
  describeBuild({ name: "without the browser's lock", layersOff: ['lock'], ways }, () => home)

  describe.sequential("without the browser's lock, and a name that re-binds: the one cell that is excepted", () => {
    let node: Node
    beforeAll(async () => {
      node = await home.house.openNode({ layersOff: ['lock'] })
    })
    afterAll(() => node?.browser.close())

    test.each(oneSpellingForEachAddress)(
      'the tripwire drops the answer of %s, and the node leaves and says why',
      async (spelling) => {
        await expectTrip(home, node, privateSpellings.indexOf(spelling))
      },
    )

    test('what else was on its way at that moment ends with it, and none of it is answered from the home', async () => {
      const { house } = home
      const dripping = await openAnswer(house.customer, { url: `${house.site.origin}/slow-drip?gate=trip` })
      await once(dripping, 'data')
      const tripped = askAll(home, rebindingWay)
      expect(await readBody(dripping)).toMatchObject({ ending: 'broken' })
      house.site.open('trip')
      for (const reply of await tripped) {
        expect(reply).toMatchObject({
          ok: false,
          problem: { code: expect.stringMatching(/^(node-unsafe|node-vanished|no-node-available)$/) },
        })
        expect(JSON.stringify(reply)).not.toContain(homeSecret)
      }
      await waitForPhase(node.popup, 'off', 'private-address-answered')
    })
  })

  describe.sequential('in a browser that does not know the lock', () => {
    let node: NodeBrowser
    afterAll(() => node?.close())

    test('the node says so to its owner and to the relay, and takes no exchange', async () => {
      const { house } = home
      const closesBefore = await readLinkCloses(house, 'node-unsafe')
      node = await house.openBrowser({ layersOff: ['lock-word'] })
      await setRelay(node, house.relay.url)
      await giveConsent(node)
      const popup = await node.open('popup')
      await waitForPhase(popup, 'off', 'address-lock-missing')
      await photograph(popup, 'popup-lock-missing')
      await untilRelayHeard(house, closesBefore + 1)
      expect(await askJson(house.customer, { url: `${house.site.origin}/small?lock` })).toMatchObject({
        ok: false,
        problem: { code: 'no-node-available' },
      })
      expect(house.site.received.filter(({ url }) => url === '/small?lock')).toEqual([])
    })
  })
})

/** The link's end is counted once its last receipt is posted. */
const untilRelayHeard = (house: House, closes: number) =>
  until('the relay to hear of it', async () => (await readLinkCloses(house, 'node-unsafe')) === closes)

/** A private address answers: nothing of it leaves, sharing stops, owner and relay are told; and the owner starts it again. */
async function expectTrip(home: Home, { popup }: Node, at: number): Promise<void> {
  const { house } = home
  const closesBefore = await readLinkCloses(house, 'node-unsafe')
  const heard = listenToDevices(home)
  const reply = await askJson(house.customer, rebindingWay.ask(house, privateSpellings[at] as string, at))
  const repliedAt = performance.now()
  expect(reply).toMatchObject({ ok: false, problem: { code: 'node-unsafe', source: 'node' } })
  expect(JSON.stringify(reply)).not.toContain(homeSecret)
  expect(heard()).toContain(`/rebound-${at}-`)
  await waitForPhase(popup, 'off', 'private-address-answered')
  tellMeasured(
    'from the dropped answer to a popup that says why',
    `${Math.round(performance.now() - repliedAt)} ms`,
  )
  expect(await popup.getByTestId('status-detail').textContent()).toContain(rebindingName(at))
  expect(await readLinkedNodes(house)).toBe(0)
  await untilRelayHeard(house, closesBefore + 1)
  expect(await askJson(house.customer, { url: `${house.site.origin}/small` })).toMatchObject({
    ok: false,
    problem: { code: 'no-node-available' },
  })
  await popup.getByTestId('resume').click()
  await waitForPhase(popup, 'sharing')
  // The relay leaves a node alone for a moment after its failure, and serves through it again.
  expect(await askJson(house.customer, { url: `${house.site.origin}/small` })).toMatchObject({ ok: true })
}

describe.sequential('behind a relay that checks nothing', () => {
  let home: Home
  beforeAll(async () => {
    home = await openHome({ relayProgram: relayWithoutChecks })
  })
  afterAll(() => home?.close())

  describeBuild({ name: 'with the extension as it is shipped', layersOff: [], ways: everyWay }, () => home)
  describeBuild(
    { name: "with nothing but the browser's lock", layersOff: ['node-check', 'tripwire'], ways: everyWay },
    () => home,
  )

  // A node of its own for each way: the relay leaves one whose exchanges all failed at once alone for a minute.
  describe.sequential.each(everyWay.map((way) => [way.name, way] as const))(
    'with nothing but the tripwire, %s',
    (_, way) => {
      let node: Node
      beforeAll(async () => {
        node = await home.house.openNode({ layersOff: ['node-check', 'lock'] })
      })
      afterAll(() => node?.browser.close())

      test("no byte of the home's answers reaches the customer", async () => {
        const heard = listenToDevices(home)
        for (const reply of await askAll(home, way)) {
          expect(reply.ok).toBe(false)
          expect(JSON.stringify(reply)).not.toContain(homeSecret)
        }
        expect(heard()).toContain(`/${way.mark}-`)
        await waitForPhase(node.popup, 'off', 'private-address-answered')
      })
    },
  )

  describe.sequential('and with no wall at all', () => {
    let node: Node
    beforeAll(async () => {
      node = await home.house.openNode({ layersOff: ['node-check', 'lock', 'tripwire'] })
    })
    afterAll(() => node?.browser.close())

    for (const way of everyWay)
      test(`every spelling reaches the home, ${way.name}, so that the refusals above prove something`, async () => {
        const heard = listenToDevices(home)
        const replies = await askAllInTurn(home, way)
        const bodies = replies.map((reply) => (reply.ok ? reply.answer.body : reply.problem.detail))
        expect(bodies.map((body, at) => [privateSpellings[at], body])).toEqual(
          privateSpellings.map((spelling) => [spelling, homeSecret]),
        )
        const words = heard()
        expect(privateSpellings.filter((_, at) => !words.includes(`/${way.mark}-${at}-`))).toEqual([])
      })
  })
})
