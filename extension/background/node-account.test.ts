import 'fake-indexeddb/auto'
import { afterEach, describe, expect, it } from 'vitest'
import { type AccountRefusal, toBase64Url } from '#protocol'
import { readRecoveryCode, writeRecoveryCode } from './recovery-code.ts'
import type { ScriptedLink } from './testing/scripted-relay.ts'
import { agreement, makeWorld, sharingOf, stopAll, wakeWorker } from './testing/worker-life.ts'

afterEach(stopAll)

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

  it('a relay that opens a lane on such a link breaks the grammar, and nothing is fetched or written down', async () => {
    const { world, link, commands, node, browser } = await linked()
    await commands.pause({ for: 'until-resumed' })
    await link.next('goodbye')
    link.cut()
    const listing = commands.listDevices()
    const errand = await world.relay.nextLink()
    errand.open({ url: 'http://page.example/' })
    expect((await errand.next('goodbye')).code).toBe('out-of-order')
    expect(await listing).toMatchObject({ ok: false, code: 'relay-not-reached' })
    expect(browser.asked).toEqual([])
    expect(node.view().activity.rows).toBe(0)
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
    expect(node.view()).toMatchObject({
      node: { id: null, country: null },
      consent: null,
      devices: null,
      pause: null,
    })
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
