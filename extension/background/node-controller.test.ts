import 'fake-indexeddb/auto'
import { afterEach, describe, expect, it } from 'vitest'
import type { NodeController } from './node-controller.ts'
import { startScriptedRelay } from './testing/scripted-relay.ts'
import { agreement, makeWorld, sharingOf, stopAll, text, toStop, wakeWorker } from './testing/worker-life.ts'

afterEach(stopAll)

describe('the node as a whole', () => {
  it('nothing connects, and no key is made, before consent', async () => {
    const world = await makeWorld()
    const { node, dials } = await wakeWorker(world)
    expect(dials).toEqual([])
    expect(sharingOf(node)).toMatchObject({ reason: 'consent-not-given' })
    expect(node.view().node.id).toBeNull()
  })

  it('consent to today’s text dials and is remembered by the next worker', async () => {
    const world = await makeWorld()
    const first = await wakeWorker(world)
    expect(await first.commands.agree(agreement)).toMatchObject({ ok: true })
    const link = await world.relay.nextLink()
    await link.next('present')
    expect(first.node.view().node.id).toBe(link.nodeId)
    await first.stop()
    const second = await wakeWorker(world)
    const next = await world.relay.nextLink()
    expect(next.nodeId).toBe(link.nodeId)
    expect(second.node.view().consent).toMatchObject(text)
  })

  it('consent to another text, or without the browser’s access, is refused with a code', async () => {
    const world = await makeWorld()
    const withAccess = await wakeWorker(world)
    expect(await withAccess.commands.agree({ ...agreement, sha256: 'old' })).toMatchObject({
      code: 'consent-outdated',
    })
    const without = await wakeWorker(world, { access: false })
    expect(await without.commands.agree(agreement)).toMatchObject({ code: 'host-access-missing' })
    expect([...withAccess.dials, ...without.dials]).toEqual([])
  })

  it('without the address lock no exchange is taken, whatever was agreed, and the relay hears why, once', async () => {
    const world = await makeWorld()
    const { node, commands, dials, browser } = await wakeWorker(world, { lock: false })
    await commands.agree(agreement)
    const link = await world.relay.nextLink()
    link.open({ url: `http://127.0.0.1:${world.target.port}/` })
    expect(await link.next('goodbye')).toMatchObject({ code: 'node-unsafe' })
    node.refresh()
    await commands.resume()
    expect(dials).toEqual([world.relay.url])
    expect(sharingOf(node)).toMatchObject({ reason: 'address-lock-missing' })
    expect(browser.asked).toEqual([])
  })

  it('without the address lock a paused node says nothing to anybody', async () => {
    const world = await makeWorld()
    const { commands } = await wakeWorker(world, { access: true })
    await commands.agree(agreement)
    await commands.pause({ for: 'until-resumed' })
    const next = await wakeWorker(world, { lock: false })
    expect(next.dials).toEqual([])
  })

  it('network events are listened to exactly while there is access', async () => {
    const world = await makeWorld()
    const { node, listening } = await wakeWorker(world, { access: false })
    expect(listening).toMatchObject({ times: 0, now: false })
    node.setHostAccess(true)
    node.setHostAccess(true)
    expect(listening).toMatchObject({ times: 1, now: true })
    node.setHostAccess(false)
    expect(listening.now).toBe(false)
  })

  it('a pause ends the link, survives a restart, and resume dials', async () => {
    const world = await makeWorld()
    const first = await wakeWorker(world)
    await first.commands.agree(agreement)
    const link = await world.relay.nextLink()
    await first.commands.pause({ for: 'until-resumed' })
    expect((await link.next('goodbye')).code).toBe('owner-paused')
    expect(sharingOf(first.node)).toMatchObject({ reason: 'paused-by-you' })
    await first.stop()
    const second = await wakeWorker(world)
    expect(second.dials).toEqual([])
    await second.commands.resume()
    await (await world.relay.nextLink()).next('present')
  })

  it('resume without consent is refused', async () => {
    const { commands } = await wakeWorker(await makeWorld())
    expect(await commands.resume()).toMatchObject({ ok: false, code: 'consent-missing' })
  })

  it('a forbidden address that answers stops the sharing until the owner resumes, over restarts', async () => {
    const world = await makeWorld()
    const first = await wakeWorker(world)
    await first.commands.agree(agreement)
    const link = await world.relay.nextLink()
    first.node.trip({ host: 'shop.example', address: '192.168.1.1' })
    expect((await link.next('goodbye')).code).toBe('node-unsafe')
    await first.stop()
    const second = await wakeWorker(world)
    expect(second.dials).toEqual([])
    expect(sharingOf(second.node)).toMatchObject({
      reason: 'private-address-answered',
      detail: 'shop.example (192.168.1.1)',
    })
    await second.commands.resume()
    await world.relay.nextLink()
  })

  it('what a relay refused for good is remembered for that relay, and another one is dialled', async () => {
    const world = await makeWorld()
    const other = await startScriptedRelay()
    toStop.push(other.stop)
    world.relay.turnAway('version-mismatch')
    const first = await wakeWorker(world)
    await first.commands.agree(agreement)
    await untilReason(first.node, 'version-mismatch')
    await first.stop()
    const second = await wakeWorker(world)
    expect(second.dials).toEqual([])
    expect(sharingOf(second.node)).toMatchObject({ reason: 'version-mismatch' })
    await second.commands.setRelayUrl({ url: other.url })
    await other.nextLink()
  })

  it('a relay whose answers lead the browser elsewhere is left, and not dialled until the owner says so', async () => {
    const world = await makeWorld()
    const first = await wakeWorker(world)
    await first.commands.agree(agreement)
    const link = await world.relay.nextLink()
    await link.next('present')
    first.node.refuseRelay('https://other.example/node')
    expect(first.node.mayShare).toBe(true)
    first.node.refuseRelay(`${world.relay.url}/v1/policy?`)
    expect(first.node.mayShare).toBe(false)
    expect((await link.next('goodbye')).code).toBe('node-leaving')
    expect(sharingOf(first.node)).toMatchObject({
      reason: 'relay-refused',
      detail: expect.stringContaining('another host or port'),
    })
    await first.stop()
    const second = await wakeWorker(world)
    expect(second.dials).toEqual([])
    expect(second.node.mayShare).toBe(false)
    await second.commands.resume()
    await world.relay.nextLink()
  })

  it('an address that is no relay’s is refused with a sentence', async () => {
    const { commands } = await wakeWorker(await makeWorld())
    for (const url of [
      'nonsense',
      'http://relay.example.org',
      'http://localhost:8787',
      'https://relay.example.org/path',
    ])
      expect(await commands.setRelayUrl({ url })).toMatchObject({ ok: false, code: 'relay-url-invalid' })
  })

  it('overrides of the welcome count only while that link stands', async () => {
    const world = await makeWorld()
    const { node, commands } = await wakeWorker(world)
    await commands.agree(agreement)
    await (await world.relay.nextLink()).next('present')
    expect(node.rules().overrides).toMatchObject([{ port: world.target.port }])
    await commands.pause({ for: 'until-resumed' })
    expect(node.rules().overrides).toEqual([])
  })

  it('carried bytes and receipts of a worker that was killed are there for the next one', async () => {
    const world = await makeWorld()
    const first = await wakeWorker(world)
    await first.commands.agree(agreement)
    const link = await world.relay.nextLink()
    await link.next('present')
    const { body } = await link.ask({ url: `${world.target.url}/` })
    await link.sendReceipt()
    await link.next('receipt-signed')
    link.cut()
    const second = await wakeWorker(world)
    const next = await world.relay.nextLink()
    const { receipts } = await next.next('present')
    expect(receipts.map(({ receipt }) => receipt.carriedUp)).toEqual([body.length])
    expect(second.node.view().carried).toEqual({ todayBytes: body.length, totalBytes: body.length })
  })

  it('points are shown at once, kept, and not under another relay’s name', async () => {
    const world = await makeWorld()
    const { node, commands } = await wakeWorker(world)
    await commands.agree(agreement)
    const link = await world.relay.nextLink()
    link.send({ type: 'earned', accountUnits: '1234567', nodeCarriedBytes: 5 })
    link.send({ type: 'ping', atUnixMs: 1 })
    await link.next('pong')
    expect(node.view().points.units).toBe('1234567')
    await commands.setRelayUrl({ url: 'https://other.example.org' })
    expect(node.view().points.units).toBe('0')
  })
})

async function untilReason(node: NodeController, reason: string): Promise<void> {
  for (;;) {
    const sharing = sharingOf(node)
    if (sharing.phase === 'off' && sharing.reason === reason) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
