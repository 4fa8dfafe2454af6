import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askJson, openAnswer, readBody, readSome } from '#scripts/browser/customer.ts'
import { commandOwner, readOwnerView, setRelay, waitForPhase } from '#scripts/browser/owner.ts'
import { expectBooksToBalance, readLinkedNodes } from '../fixtures/books.ts'
import { readAlarms, rewriteOwnerState, stopWorkers } from '../fixtures/browser-insides.ts'
import { type House, type Node, openHouse } from '../fixtures/house.ts'
import { tellMeasured } from '../fixtures/measured.ts'
import { startPrivateDevice } from '../fixtures/target-site.ts'
import { until, untilStill } from '../fixtures/until.ts'

const mib = 1024 * 1024
const hourMs = 60 * 60 * 1000
const halfHourMs = hourMs / 2

/** Half an hour off every whole one, and without daylight saving: a node that reckons in UTC is found out. */
const timeZone = 'Asia/Kolkata'
const zoneOffMs = 5.5 * hourMs
const hoursOfWeek = 168

/** The hour of the owner's week, reckoned by hand: 1 January 1970 was a Thursday. */
const hourOfWeek = (unixMs: number): number =>
  Math.floor((unixMs + zoneOffMs) / hourMs + 3 * 24) % hoursOfWeek

/** A week in which the present hour and the next are one way, and all others the other: no test meets the change. */
const weekWith = (now: '0' | '1', nowUnixMs: number): string => {
  const hour = hourOfWeek(nowUnixMs)
  const others = now === '1' ? '0' : '1'
  return Array.from({ length: hoursOfWeek }, (_, index) =>
    index === hour || index === (hour + 1) % hoursOfWeek ? now : others,
  ).join('')
}

describe.sequential('an owner who wants the connection back', () => {
  let house: House
  let node: Node
  let profile: string
  beforeAll(async () => {
    profile = await mkdtemp(join(tmpdir(), 'fallow-profile-'))
    house = await openHouse()
    node = await house.openNode({ profile, timeZone })
  })
  afterAll(async () => {
    await house?.close()
    await rm(profile, { recursive: true, force: true })
  })

  const unlinked = () => until('the link to be closed', async () => (await readLinkedNodes(house)) === 0)
  const linked = () => until('the node to be linked', async () => (await readLinkedNodes(house)) === 1)

  /** The same owner, computer and profile, in a browser that was closed for a while. */
  async function restartBrowser(closedMs = 0): Promise<void> {
    await node.browser.close()
    await delay(closedMs)
    const browser = await house.openBrowser({ profile, timeZone })
    node = { browser, popup: await browser.open('popup') }
  }

  /** Each page anew, until it is drawn, and in the popup the list of the account's browsers. */
  async function openEveryPage(): Promise<Page[]> {
    const pages: Page[] = []
    for (const name of ['popup', 'options', 'activity'] as const) {
      const page = await node.browser.open(name)
      await page.locator('main[aria-busy=false]').waitFor()
      pages.push(page)
    }
    await pages[0]?.getByTestId('devices').locator('summary').click()
    return pages
  }

  test('half an hour of pause breaks what is in mid-transfer, and says when it ends', async () => {
    const answer = await openAnswer(house.customer, {
      url: `${house.site.origin}/large?bytes=${256 * mib}&name=pause`,
    })
    await readSome(answer, 4 * mib)
    const before = Date.now()
    expect(await commandOwner(node.browser, 'pause', { for: 'half-hour' })).toMatchObject({ ok: true })
    expect(await readBody(answer)).toMatchObject({ ending: 'broken' })
    tellMeasured('from the owner’s pause to the broken answer', `${Date.now() - before} ms`)
    await waitForPhase(node.popup, 'off', 'paused-by-you')
    await unlinked()
    const { sharing, pause } = await readOwnerView(node.browser)
    expect(pause?.untilUnixMs).toBeGreaterThanOrEqual(before + halfHourMs)
    expect(pause?.untilUnixMs).toBeLessThanOrEqual(Date.now() + halfHourMs)
    expect(sharing).toMatchObject({ reason: 'paused-by-you', untilUnixMs: pause?.untilUnixMs })
  })

  test('a timed pause ends by itself, though the browser had stopped the worker', async () => {
    await node.popup.close()
    const untilUnixMs = Date.now() + 30_000
    await rewriteOwnerState(node.browser, { pause: { untilUnixMs } })
    // A page wakes the worker, which finds the new time and sets its alarm; then the browser stops it again.
    expect(await readOwnerView(node.browser)).toMatchObject({ pause: { untilUnixMs } })
    // Other events wake a worker too, but none at a time that anybody may count on.
    await until('the alarm', async () => (await readAlarms(node.browser)).includes(untilUnixMs))
    await stopWorkers(node.browser)
    expect(await readLinkedNodes(house)).toBe(0)
    await linked()
    expect(Date.now()).toBeGreaterThanOrEqual(untilUnixMs)
    expect(await readOwnerView(node.browser)).toMatchObject({ sharing: { phase: 'sharing' }, pause: null })
  })

  test('until tomorrow is the owner’s own midnight', async () => {
    const before = Date.now()
    await commandOwner(node.browser, 'pause', { for: 'until-tomorrow' })
    const dayMs = 24 * hourMs
    const midnight = Math.ceil((before + zoneOffMs + 1) / dayMs) * dayMs - zoneOffMs
    const { pause } = await readOwnerView(node.browser)
    // Midnight may pass between the two clocks.
    expect([midnight, midnight + dayMs]).toContain(pause?.untilUnixMs)
    await unlinked()
  })

  test('a pause survives a restart of the browser', async () => {
    await commandOwner(node.browser, 'pause', { for: 'until-resumed' })
    await restartBrowser()
    await waitForPhase(node.popup, 'off', 'paused-by-you')
    expect(await readOwnerView(node.browser)).toMatchObject({ pause: { untilUnixMs: null } })
    expect(await readLinkedNodes(house)).toBe(0)
    await node.popup.getByTestId('resume').click()
    await waitForPhase(node.popup, 'sharing')
  })

  test('while it is paused, opening the pages of the extension connects nothing to the relay', async () => {
    await commandOwner(node.browser, 'pause', { for: 'until-resumed' })
    await unlinked()
    // In the relay's place, so that nobody else knocks there.
    const door = await startPrivateDevice()
    house.closing(() => door.close())
    await setRelay(node.browser, door.origin)
    await stopWorkers(node.browser)
    const pages = await openEveryPage()
    expect(await untilStill('sockets at the relay’s door', () => door.connections)).toBe(0)
    for (const page of pages) await page.close()
    await node.popup.getByTestId('resume').click()
    await until('the dial of who resumes', () => /^GET \/node .*^upgrade: websocket/ims.test(door.heard))
    await setRelay(node.browser, house.relay.url)
    await waitForPhase(node.popup, 'sharing')
  })

  test('a timed pause that ended while the browser was closed is over when it starts', async () => {
    await commandOwner(node.browser, 'pause', { for: 'half-hour' })
    await unlinked()
    await rewriteOwnerState(node.browser, { pause: { untilUnixMs: Date.now() + 3_000 } })
    await restartBrowser(3_000)
    await waitForPhase(node.popup, 'sharing')
    await linked()
  })

  test('an hour outside of the weekly plan ends what runs and closes the link, and says when it ends', async () => {
    const asking = askJson(house.customer, { url: `${house.site.origin}/wait?gate=plan` })
    await house.site.arrived('/wait?gate=plan')
    const now = Date.now()
    await commandOwner(node.browser, 'changeSettings', { schedule: weekWith('0', now) })
    const reply = await asking
    house.site.open('plan')
    expect(reply).toMatchObject({ ok: false, problem: { attempts: [{ outcome: 'owner-paused' }] } })
    await waitForPhase(node.popup, 'off', 'outside-schedule')
    await unlinked()
    const hoursEnd = Math.floor((now + zoneOffMs) / hourMs + 2) * hourMs - zoneOffMs
    expect((await readOwnerView(node.browser)).sharing).toMatchObject({ untilUnixMs: hoursEnd })
  })

  test('a plan survives a restart, and in an hour of it the node shares', async () => {
    await restartBrowser()
    await waitForPhase(node.popup, 'off', 'outside-schedule')
    expect(await readLinkedNodes(house)).toBe(0)
    await commandOwner(node.browser, 'changeSettings', { schedule: weekWith('1', Date.now()) })
    await waitForPhase(node.popup, 'sharing')
    const reply = await askJson(house.customer, { url: `${house.site.origin}/small` })
    expect(reply).toMatchObject({ ok: true, answer: { status: 200 } })
    await expectBooksToBalance(house, [node.popup])
  })
})
