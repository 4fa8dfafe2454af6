import 'fake-indexeddb/auto'
import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import type { OwnerSettings } from '../messages/index.ts'
import { hourMs } from './cap-periods.ts'
import { openAgreement, type PlayedWorld, playWorld, wakeNode } from './testing/owned-node.ts'
import { type ScriptedRelay, startScriptedRelay } from './testing/scripted-relay.ts'
import { startTargetSite } from './testing/target-site.ts'

const noCaps = { hourBytes: null, dayBytes: null, monthBytes: null, monthResetDay: 1 }
const toStop: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of toStop.splice(0).reverse()) await stop()
})

async function wake(world: PlayedWorld, relay: ScriptedRelay) {
  const woken = await wakeNode(world, relay)
  toStop.push(woken.stop)
  return woken
}

function streamForEver(response: ServerResponse): void {
  const more = () => {
    if (response.write(Buffer.alloc(64 * 1024))) setImmediate(more)
  }
  response.on('drain', more)
  more()
}

/** A node that shares; `/stream` sends for ever, everything else is a small page. */
async function makeSharing() {
  const target = await startTargetSite((request, response) => {
    if (request.url?.startsWith('/stream')) streamForEver(response)
    else response.end('a page')
  })
  const relay = await startScriptedRelay({ addressSpaceOverrides: [`127.0.0.1:${target.port}=public`] })
  toStop.push(relay.stop, target.stop)
  const world = playWorld()
  const woken = await wake(world, relay)
  await woken.commands.agree(openAgreement)
  const link = await relay.nextLink()
  await link.next('present')
  const change = async (changes: Partial<OwnerSettings>) =>
    expect(await woken.commands.changeSettings(changes)).toEqual({ ok: true, value: undefined })
  return { ...woken, world, relay, target, link, change }
}

describe('a cap', () => {
  it.each([
    ['hourBytes', 'hour-cap-reached'],
    ['dayBytes', 'day-cap-reached'],
    ['monthBytes', 'month-cap-reached'],
  ] as const)('%s that is reached ends every lane and the link, and says until when', async (cap, reason) => {
    const { node, world, link, target, change } = await makeSharing()
    await change({ caps: { ...noCaps, [cap]: 3_000_000 } })
    const lanes = [1, 2].map((page) => link.open({ url: `${target.url}/stream/${page}` }))
    const results = await Promise.all(lanes.map((lane) => link.collect(lane)))
    for (const { ending } of results) expect(ending).toMatchObject({ type: 'failed', code: 'owner-cap' })
    expect((await link.next('goodbye')).code).toBe('owner-resting')
    const { sharing, line } = node.view()
    expect(sharing).toMatchObject({ phase: 'off', reason })
    expect(sharing.phase === 'off' && (sharing.untilUnixMs ?? 0)).toBeGreaterThan(world.nowUnixMs)
    expect(world.wakeAlarm).toBeGreaterThan(world.nowUnixMs)
    expect(line[cap]).toBeGreaterThanOrEqual(3_000_000)
  })

  it('that is reached keeps the next worker from dialling, and the next hour begins by itself', async () => {
    const { node: first, world, relay, link, target, change, stop } = await makeSharing()
    await change({ caps: { ...noCaps, hourBytes: 1_000_000 } })
    await link.collect(link.open({ url: `${target.url}/stream` }))
    await link.next('goodbye')
    await first.bounds.caps.save()
    await stop()
    const { node, dials } = await wake(world, relay)
    expect(dials).toEqual([])
    expect(node.view().sharing).toMatchObject({ reason: 'hour-cap-reached' })
    world.nowUnixMs += hourMs
    node.refresh()
    await (await relay.nextLink()).next('present')
    expect(node.view().line.hourBytes).toBeLessThan(100_000)
  })

  it('that is raised lets it share again at once', async () => {
    const { node, relay, link, target, change } = await makeSharing()
    await change({ caps: { ...noCaps, dayBytes: 1_000_000 } })
    await link.collect(link.open({ url: `${target.url}/stream` }))
    await link.next('goodbye')
    await change({ caps: { ...noCaps, dayBytes: 50_000_000 } })
    const next = await relay.nextLink()
    await next.next('present')
    expect((await next.ask({ url: `${target.url}/page` })).body.toString()).toBe('a page')
    expect(node.view().sharing).toMatchObject({ phase: 'sharing' })
  })

  it('that is lowered below what has passed ends what runs', async () => {
    const { link, target, change } = await makeSharing()
    const lane = link.open({ url: `${target.url}/stream` })
    const answer = link.collect(lane)
    await link.next('chunk', ({ payload }) => payload.length > 0)
    while (link.count.carriedUp < 2_000_000) await new Promise((resolve) => setTimeout(resolve, 5))
    await change({ caps: { ...noCaps, dayBytes: 1_000_000 } })
    expect((await answer).ending).toMatchObject({ type: 'failed', code: 'owner-cap' })
  })
})

describe('the owner’s rules', () => {
  it('a refused site is remembered and told, and what runs for it ends', async () => {
    const { node, commands, world, link, target } = await makeSharing()
    const answer = link.collect(link.open({ url: `${target.url}/stream` }))
    await link.next('chunk')
    expect(await commands.refuseSite({ host: `http://127.0.0.1:${target.port}/any` })).toMatchObject({
      ok: true,
    })
    expect((await answer).ending).toMatchObject({ type: 'failed', code: 'owner-rule' })
    expect((await link.next('terms')).terms.deniedHosts).toEqual(['127.0.0.1'])
    expect((await link.ask({ url: `${target.url}/page` })).ending).toMatchObject({ code: 'owner-rule' })
    expect(node.view().settings.rules.deniedHosts).toEqual(['127.0.0.1'])
    expect(JSON.stringify(world.local.get('owner-state'))).toContain('"deniedHosts":["127.0.0.1"]')
  })

  it('a refused customer is remembered with its label and told by its id', async () => {
    const { node, commands, link, target } = await makeSharing()
    const denied = { id: 'cus_denied', label: 'Acme' }
    expect(await commands.refuseCustomer(denied)).toMatchObject({ ok: true })
    expect((await link.next('terms')).terms.deniedCustomers).toEqual(['cus_denied'])
    const customer = { id: 'cus_denied', label: 'Acme', purpose: null, contact: null }
    const refused = await link.ask({ url: `${target.url}/page`, customer })
    expect(refused.ending).toMatchObject({ code: 'owner-rule' })
    expect((await link.ask({ url: `${target.url}/other` })).ending.type).toBe('answer')
    expect(node.view().settings.rules.deniedCustomers).toEqual([denied])
  })

  it('what is no host or no customer is refused, and nothing changes', async () => {
    const { node, commands } = await makeSharing()
    const before = node.view().settings
    for (const wanted of [{ host: 'not a host' }, {}, undefined])
      expect(await commands.refuseSite(wanted as never)).toMatchObject({
        ok: false,
        code: 'settings-invalid',
      })
    expect(await commands.refuseCustomer({ id: '', label: 'x' })).toMatchObject({ code: 'settings-invalid' })
    expect(await commands.changeSettings({ lanesMax: 2, keepActivityDays: 0 })).toMatchObject({
      ok: false,
      code: 'settings-invalid',
    })
    expect(node.view().settings).toEqual(before)
  })

  it('only categories of the network policy can be denied', async () => {
    const { node, commands } = await makeSharing()
    const { rules } = node.view().settings
    const deny = (name: string) => commands.changeSettings({ rules: { ...rules, deniedCategories: [name] } })
    expect(await deny('adult')).toMatchObject({ ok: true })
    expect(await deny('banking')).toMatchObject({ ok: false, code: 'settings-invalid' })
  })
})
