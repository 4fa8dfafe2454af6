import 'fake-indexeddb/auto'
import { afterEach, describe, expect, it } from 'vitest'
import { type AccountRefusal, toBase64Url } from '#protocol'
import type { NodeController } from './node-controller.ts'
import { readRecoveryCode, writeRecoveryCode } from './recovery-code.ts'
import { openAgreement, type PlayedWorld, playWorld, wakeNode } from './testing/owned-node.ts'
import { type ScriptedLink, type ScriptedRelay, startScriptedRelay } from './testing/scripted-relay.ts'
import { startTargetSite, type TargetSite } from './testing/target-site.ts'

const text = { version: '1', sha256: 'def', language: 'ja' as const }
const agreement = { ...openAgreement, ...text }
const toStop: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of toStop.splice(0).reverse()) await stop()
})

type World = PlayedWorld & { relay: ScriptedRelay; target: TargetSite }

async function makeWorld(): Promise<World> {
  const target = await startTargetSite((_, response) => response.end('a page'))
  const relay = await startScriptedRelay({ addressSpaceOverrides: [`127.0.0.1:${target.port}=public`] })
  toStop.push(relay.stop, target.stop)
  return { ...playWorld(), relay, target }
}

async function wakeWorker(world: World, browserHas?: { access?: boolean; lock?: boolean }) {
  const worker = await wakeNode(world, world.relay, browserHas)
  toStop.push(worker.stop)
  return worker
}

const sharingOf = (node: NodeController) => node.view().sharing

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
    expect(listening).toEqual({ times: 0, now: false })
    node.setHostAccess(true)
    node.setHostAccess(true)
    expect(listening).toEqual({ times: 1, now: true })
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

describe('the account', () => {
  const device = {
    ...{ kind: 'chromium' as const, country: 'DE', linked: true },
    ...{ firstSeenUnixMs: 1, lastSeenUnixMs: 2, carriedBytes: 3 },
  }

  async function linked() {
    const world = await makeWorld()
    const worker = await wakeWorker(world)
    await worker.commands.agree(agreement)
    const link = await world.relay.nextLink()
    await link.next('present')
    return { world, link, ...worker }
  }

  const answer = async (link: ScriptedLink, action: string, refusal: AccountRefusal | null = null) => {
    const asked = await link.next('account-request', (request) => request.action === action)
    const devices = refusal === null ? [{ nodeId: link.nodeId, ...device }] : []
    link.send({ type: 'account-answer', request: asked.request, refusal, devices })
    return asked
  }

  it('the relay keeps the hash of a recovery code, and the owner sees the code', async () => {
    const { link, commands } = await linked()
    const making = commands.makeRecoveryCode()
    const { value } = await answer(link, 'keep-recovery-code')
    const made = await making
    const read = await readRecoveryCode(made.ok ? made.value.code : '')
    const bytes = read.ok ? read.bytes : new Uint8Array(0)
    expect(value).toBe(toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))))
  })

  it('a code of another install is sent as it is, and the devices are shown, this one first', async () => {
    const { link, commands, node } = await linked()
    const code = await writeRecoveryCode(new Uint8Array(32).fill(7))
    const using = commands.useRecoveryCode({ code: code.toLowerCase() })
    expect((await answer(link, 'attach')).value).toBe(toBase64Url(new Uint8Array(32).fill(7)))
    expect(await using).toMatchObject({ ok: true })
    expect(node.view().devices).toEqual([{ nodeId: link.nodeId, isThisOne: true, ...device }])
  })

  it.each([
    ['recovery-code-unknown', 'recovery-code-unknown'],
    ['too-many-tries', 'too-many-tries'],
    ['relay-failed', 'relay-not-reached'],
  ] as const)('the relay’s %s is told as %s', async (refusal, code) => {
    const { link, commands } = await linked()
    const using = commands.useRecoveryCode({ code: await writeRecoveryCode(new Uint8Array(32)) })
    await answer(link, 'attach', refusal)
    expect(await using).toMatchObject({ ok: false, code })
  })

  it('a code with a slip is refused here, and the relay never sees it', async () => {
    const { link, commands } = await linked()
    expect(await commands.useRecoveryCode({ code: 'ABC' })).toMatchObject({ code: 'recovery-code-invalid' })
    link.send({ type: 'ping', atUnixMs: 1 })
    await link.next('pong')
    expect(link.frames.filter(({ type }) => type === 'account-request')).toEqual([])
  })

  it('while paused a question dials a link that takes no work, and leaves it', async () => {
    const { world, link, commands, node } = await linked()
    await commands.pause({ for: 'until-resumed' })
    await link.next('goodbye')
    link.cut()
    const listing = commands.listDevices()
    const errand = await world.relay.nextLink()
    expect(errand.hello.terms.lanesMax).toBe(0)
    await answer(errand, 'list-devices')
    expect(await listing).toMatchObject({ ok: true })
    expect((await errand.next('goodbye')).code).toBe('node-leaving')
    expect(sharingOf(node)).toMatchObject({ reason: 'paused-by-you' })
  })

  it('a relay that is gone is said so', async () => {
    const { world, link, commands } = await linked()
    await commands.pause({ for: 'until-resumed' })
    await link.next('goodbye')
    await world.relay.stop()
    expect(await commands.listDevices()).toMatchObject({ ok: false, code: 'relay-not-reached' })
  })

  it('withdrawing tells the relay, and then nothing is left', async () => {
    const { world, link, commands, node } = await linked()
    const former = link.nodeId
    const leaving = commands.withdraw({ evenUntold: false })
    await link.next('goodbye')
    link.cut()
    await answer(await world.relay.nextLink(), 'forget')
    expect(await leaving).toMatchObject({ ok: true })
    expect(sharingOf(node)).toMatchObject({ reason: 'consent-not-given' })
    expect(node.view()).toMatchObject({ node: { id: null }, consent: null, devices: null, pause: null })
    expect([...world.local.keys()]).toEqual([])
    const again = await wakeWorker(world)
    expect(again.node.view().node.id).toBeNull()
    await again.commands.agree(agreement)
    expect((await world.relay.nextLink()).nodeId).not.toBe(former)
  })

  it('an owner whose relay does not answer keeps everything, unless told to delete all the same', async () => {
    const { world, link, commands, node } = await linked()
    const leaving = commands.withdraw({ evenUntold: false })
    await link.next('goodbye')
    await world.relay.stop()
    expect(await leaving).toMatchObject({ ok: false, code: 'relay-not-reached' })
    expect(node.view().consent).not.toBeNull()
    expect(sharingOf(node)).toMatchObject({ reason: 'paused-by-you' })
    expect(await commands.withdraw({ evenUntold: true })).toMatchObject({ ok: true })
    expect(node.view()).toMatchObject({ node: { id: null }, consent: null })
  })
})

async function untilReason(node: NodeController, reason: string): Promise<void> {
  for (;;) {
    const sharing = sharingOf(node)
    if (sharing.phase === 'off' && sharing.reason === reason) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
