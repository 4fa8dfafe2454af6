import 'fake-indexeddb/auto'
import { afterEach, describe, expect, it } from 'vitest'
import type { OwnerSettings } from '../messages/index.ts'
import type { NodeController } from './node-controller.ts'
import { lookAgainMs } from './owner-rest.ts'
import { gentleLanesMax, gentleUpBytesPerSecondMax } from './presence.ts'
import { openAgreement, type PlayedWorld, playWorld, wakeNode } from './testing/owned-node.ts'
import { type ScriptedLink, type ScriptedRelay, startScriptedRelay } from './testing/scripted-relay.ts'
import { startTargetSite } from './testing/target-site.ts'

const minuteMs = 60 * 1000
const toStop: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of toStop.splice(0).reverse()) await stop()
})

async function makeRelay() {
  const arrived = Promise.withResolvers<void>()
  const target = await startTargetSite(() => arrived.resolve())
  const relay = await startScriptedRelay({ addressSpaceOverrides: [`127.0.0.1:${target.port}=public`] })
  toStop.push(relay.stop, target.stop)
  return { relay, target, arrived: arrived.promise }
}

async function wake(world: PlayedWorld, relay: ScriptedRelay) {
  const woken = await wakeNode(world, relay)
  toStop.push(woken.stop)
  return woken
}

/** A node that shares, with one exchange in flight at a target that never answers. */
async function makeSharing(answers: Partial<OwnerSettings> = {}) {
  const { relay, target, arrived } = await makeRelay()
  const world = playWorld()
  const { node, commands, dials, stop } = await wake(world, relay)
  await commands.agree({ ...openAgreement, answers: { ...openAgreement.answers, ...answers } })
  const link = await relay.nextLink()
  await link.next('present')
  const lane = link.open({ url: `${target.url}/` })
  await arrived
  return { world, relay, node, commands, dials, stop, link, answer: link.collect(lane) }
}

type Sharing = Awaited<ReturnType<typeof makeSharing>>

const sharingOf = (node: NodeController) => node.view().sharing

/** What runs ends with the owner's code, and the goodbye says why. */
async function expectFarewell(
  { link, answer }: Pick<Sharing, 'link' | 'answer'>,
  code: string,
): Promise<void> {
  expect((await link.next('goodbye')).code).toBe(code)
  expect((await answer).ending).toMatchObject({ type: 'failed', code: 'owner-paused' })
}

const thursdayNoon = 3 * 24 + 12
const noonAlone = Array.from({ length: 168 }, (_, hour) => (hour === thursdayNoon ? '1' : '0')).join('')

describe('a pause', () => {
  it('ends what runs, says until when, and ends by itself at its time', async () => {
    const sharing = await makeSharing()
    const { world, relay, node, commands, dials } = sharing
    await commands.pause({ for: 'half-hour' })
    await expectFarewell(sharing, 'owner-paused')
    const untilUnixMs = world.nowUnixMs + 30 * minuteMs
    expect(sharingOf(node)).toEqual({ phase: 'off', reason: 'paused-by-you', untilUnixMs })
    expect(node.view().pause).toEqual({ untilUnixMs })
    expect(world.wakeAlarm).toBe(world.nowUnixMs + lookAgainMs)
    world.nowUnixMs = untilUnixMs - 1
    node.refresh()
    expect(world.wakeAlarm).toBe(untilUnixMs)
    expect(dials).toHaveLength(1)
    world.nowUnixMs = untilUnixMs
    node.refresh()
    await (await relay.nextLink()).next('present')
    expect(node.view()).toMatchObject({ pause: null, sharing: { phase: 'sharing' } })
  })

  it('holds in the next worker, and is over in one that wakes after its time', async () => {
    const { world, relay, commands, stop } = await makeSharing()
    await commands.pause({ for: 'until-tomorrow' })
    await stop()
    const second = await wake(world, relay)
    expect(sharingOf(second.node)).toMatchObject({
      reason: 'paused-by-you',
      untilUnixMs: Date.UTC(2026, 10, 27),
    })
    await second.stop()
    expect(second.dials).toEqual([])
    world.nowUnixMs = Date.UTC(2026, 10, 27)
    const third = await wake(world, relay)
    await (await relay.nextLink()).next('present')
    expect(third.node.view().pause).toBeNull()
    await third.stop()
    // It is over for good, also when the clock is set back.
    world.nowUnixMs = Date.UTC(2026, 10, 26, 13)
    await wake(world, relay)
    await relay.nextLink()
  })

  it('that ends by itself forgives no answer from a forbidden address', async () => {
    const { world, node, commands } = await makeSharing()
    node.trip({ host: 'shop.example', address: '192.168.1.1' })
    await commands.pause({ for: 'half-hour' })
    world.nowUnixMs += 31 * minuteMs
    node.refresh()
    expect(sharingOf(node)).toMatchObject({ reason: 'private-address-answered' })
  })
})

describe('the weekly plan', () => {
  it('wakes the node at the end of its hour, ends what runs there, and begins again', async () => {
    const sharing = await makeSharing()
    const { world, relay, node, commands } = sharing
    await commands.changeSettings({ schedule: noonAlone })
    const one = Date.UTC(2026, 10, 26, 13)
    expect(world.wakeAlarm).toBe(one)
    world.nowUnixMs = one
    node.refresh()
    await expectFarewell(sharing, 'owner-resting')
    const nextNoon = Date.UTC(2026, 11, 3, 12)
    expect(sharingOf(node)).toEqual({ phase: 'off', reason: 'outside-schedule', untilUnixMs: nextNoon })
    world.nowUnixMs = nextNoon
    node.refresh()
    await (await relay.nextLink()).next('present')
  })

  it('goes by the owner’s clock, also after a journey', async () => {
    const sharing = await makeSharing()
    const { world, node, commands } = sharing
    await commands.changeSettings({ schedule: noonAlone })
    world.timeZone = 'Asia/Tokyo'
    node.refresh()
    await expectFarewell(sharing, 'owner-resting')
    expect(sharingOf(node)).toMatchObject({ untilUnixMs: Date.UTC(2026, 11, 3, 3) })
  })
})

describe('the owner’s presence', () => {
  it('ends what runs when the owner comes back, and the node comes back when the owner leaves', async () => {
    const sharing = await makeSharing({ mode: 'when-away' })
    const { world, relay, node } = sharing
    world.presence = { ...world.presence, owner: 'here' }
    node.refresh()
    await expectFarewell(sharing, 'owner-resting')
    expect(sharingOf(node)).toEqual({ phase: 'off', reason: 'you-are-here' })
    world.presence = { ...world.presence, owner: 'away' }
    node.refresh()
    await relay.nextLink()
  })

  it('that becomes unknown stops the sharing', async () => {
    const sharing = await makeSharing({ mode: 'when-away', shareOnBattery: false })
    const { world, node } = sharing
    world.presence = { ...world.presence, power: 'unknown' }
    node.refresh()
    await expectFarewell(sharing, 'owner-resting')
    expect(sharingOf(node)).toMatchObject({ reason: 'power-unknown' })
    expect(world.wakeAlarm).toBe(world.nowUnixMs + lookAgainMs)
  })

  it('gently: the relay is told of fewer lanes while the owner is here, and of all when away', async () => {
    const { world, node, link } = await makeSharing({ mode: 'gently' })
    expect(link.hello.terms.lanesMax).toBe(64)
    expect(node.bounds.limits()).toEqual({ lanesMax: 64, upBytesPerSecondMax: null })
    world.presence = { ...world.presence, owner: 'here' }
    node.refresh()
    expect(await lanesTold(link)).toEqual([gentleLanesMax])
    expect(node.bounds.limits()).toEqual({
      lanesMax: gentleLanesMax,
      upBytesPerSecondMax: gentleUpBytesPerSecondMax,
    })
    world.presence = { ...world.presence, owner: 'away' }
    node.refresh()
    expect(await lanesTold(link)).toEqual([gentleLanesMax, 64])
  })

  it('what has not changed is not told again', async () => {
    const { world, node, link } = await makeSharing({ mode: 'gently' })
    node.refresh()
    world.presence = { ...world.presence, owner: 'here' }
    node.refresh()
    node.refresh()
    expect(await lanesTold(link)).toEqual([gentleLanesMax])
  })

  it('what the computer runs on is asked for only of an owner who agreed and does not share on battery', async () => {
    const { relay } = await makeRelay()
    const world = playWorld()
    const { commands } = await wake(world, relay)
    expect(world.needsPower).toBe(false)
    await commands.agree({ ...openAgreement, answers: { ...openAgreement.answers, shareOnBattery: false } })
    expect(world.needsPower).toBe(true)
    await commands.changeSettings({ shareOnBattery: true })
    expect(world.needsPower).toBe(false)
  })
})

describe('an agreement', () => {
  it('without all answers is none', async () => {
    const { relay } = await makeRelay()
    const world = playWorld()
    const { node, commands, dials } = await wake(world, relay)
    for (const question of ['mode', 'unlimitedConnection', 'shareOnBattery'])
      expect(
        await commands.agree({ ...openAgreement, answers: { ...openAgreement.answers, [question]: null } }),
      ).toMatchObject({ ok: false, code: 'questions-open' })
    expect(node.view().consent).toBeNull()
    expect(dials).toEqual([])
  })

  it('to an earlier text asks again, shares nothing meanwhile, and is still shown', async () => {
    const { world, relay, stop } = await makeSharing()
    await stop()
    const state = world.local.get('owner-state') as { consent: { given: { sha256: string } } }
    state.consent.given.sha256 = 'an earlier text'
    const { node, commands, dials } = await wake(world, relay)
    expect(sharingOf(node)).toEqual({ phase: 'off', reason: 'consent-changed' })
    expect(node.view().consent).toMatchObject({ version: '1', sha256: 'an earlier text' })
    expect(await commands.resume()).toMatchObject({ ok: true })
    expect(dials).toEqual([])
    await commands.decline()
    expect(sharingOf(node)).toEqual({ phase: 'off', reason: 'consent-declined' })
    await commands.agree(openAgreement)
    await relay.nextLink()
  })
})

describe('an organisation', () => {
  it('switches sharing off while it runs, and on again', async () => {
    const sharing = await makeSharing()
    const { world, relay, node } = sharing
    world.managed = { relayUrl: null, off: true }
    node.refresh()
    await expectFarewell(sharing, 'node-leaving')
    expect(sharingOf(node)).toEqual({ phase: 'off', reason: 'switched-off-by-organisation' })
    expect(node.view().managed).toEqual({ relayUrl: false, off: true })
    world.managed = { relayUrl: null, off: false }
    node.refresh()
    await relay.nextLink()
  })

  it('moves a link to the relay that it fixes, and the owner cannot choose another', async () => {
    const sharing = await makeSharing()
    const { world, node, commands } = sharing
    const other = await startScriptedRelay()
    toStop.push(other.stop)
    world.managed = { relayUrl: other.url, off: false }
    node.refresh()
    await expectFarewell(sharing, 'node-leaving')
    await (await other.nextLink()).next('present')
    expect(node.view()).toMatchObject({ relay: { url: other.url }, managed: { relayUrl: true, off: false } })
    expect(await commands.setRelayUrl({ url: 'https://mine.example.org' })).toMatchObject({
      ok: false,
      code: 'managed-by-organisation',
    })
    expect(node.view().relay.url).toBe(other.url)
  })

  it('that the browser has not told of yet keeps everything waiting', async () => {
    const { world, relay, stop } = await makeSharing()
    await stop()
    world.managed = null
    const { node, dials } = await wake(world, relay)
    expect(sharingOf(node)).toEqual({ phase: 'off', reason: 'connecting' })
    expect(dials).toEqual([])
    world.managed = { relayUrl: null, off: false }
    node.refresh()
    await relay.nextLink()
  })
})

/** What the relay was told of lanes since the hello, in order. */
async function lanesTold(link: ScriptedLink): Promise<number[]> {
  const atUnixMs = link.frames.length
  link.send({ type: 'ping', atUnixMs })
  await link.next('pong', (pong) => pong.atUnixMs === atUnixMs)
  return link.frames.flatMap((frame) => (frame.type === 'terms' ? [frame.terms.lanesMax] : []))
}
