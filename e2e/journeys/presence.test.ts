import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askJson } from '#scripts/browser/customer.ts'
import { commandOwner, readOwnerView, waitForPhase } from '#scripts/browser/owner.ts'
import { readLinkedNodes } from '../fixtures/books.ts'
import { hasPowerPage, isPowerPage, isWorker, openTarget } from '../fixtures/browser-insides.ts'
import { type House, type Node, openHouse } from '../fixtures/house.ts'
import { tellMeasured } from '../fixtures/measured.ts'
import { until } from '../fixtures/until.ts'

const run = promisify(execFile)

/** Nobody has touched the display for a minute: what the browser's own idle detection is asked for, and some for the machine. */
const awayMsMax = 150_000

describe.sequential('an owner whose connection is shared only when it is free', () => {
  let house: House
  let node: Node
  beforeAll(async () => {
    house = await openHouse()
    node = await house.openNode()
  })
  afterAll(() => house?.close())

  const decide = (changes: object) => commandOwner(node.browser, 'changeSettings', changes)
  const unlinked = () => until('the link to be closed', async () => (await readLinkedNodes(house)) === 0)

  /** A real move of the mouse on the display: what the browser asks the window system for when it wants to know who is there. */
  const touchComputer = () =>
    run('xdotool', ['mousemove_relative', '--', '3', '3'], {
      env: { ...process.env, DISPLAY: node.browser.display.name },
    })

  /** What the computer is said to run on; the one thing here that is played, inside the extension's page without a window. */
  async function plug(charging: boolean): Promise<void> {
    const page = await openTarget(node.browser, isPowerPage)
    await page.ask('Runtime.evaluate', {
      awaitPromise: true,
      expression: `navigator.getBattery().then((battery) => {
        Object.defineProperty(battery, 'charging', { configurable: true, get: () => ${charging} })
        battery.dispatchEvent(new Event('chargingchange'))
      })`,
    })
    await page.close()
  }

  /** As if the browser had taken the page away. */
  async function closePowerPage(): Promise<void> {
    const options = await node.browser.open('options')
    await options.evaluate(() => chrome.offscreen.closeDocument())
    await options.close()
  }

  test('who shares only while away shares nothing while the mouse moves, and what runs then ends', async () => {
    const asking = askJson(house.customer, { url: `${house.site.origin}/wait?gate=here` })
    await house.site.arrived('/wait?gate=here')
    await touchComputer()
    await decide({ mode: 'when-away' })
    expect(await asking).toMatchObject({ ok: false, problem: { attempts: [{ outcome: 'owner-paused' }] } })
    house.site.open('here')
    await waitForPhase(node.popup, 'off', 'you-are-here')
    await unlinked()
  })

  test('sharing begins by itself when nobody has touched the computer for a minute', async () => {
    const since = performance.now()
    await node.popup.locator('[data-testid=status][data-phase=sharing]').waitFor({ timeout: awayMsMax })
    tellMeasured(
      'from the last move of the mouse to sharing',
      `${Math.round((performance.now() - since) / 1000)} s`,
    )
    const reply = await askJson(house.customer, { url: `${house.site.origin}/small` })
    expect(reply).toMatchObject({ ok: true, answer: { status: 200 } })
  })

  test('and ends in mid-transfer when the owner comes back', async () => {
    const asking = askJson(house.customer, { url: `${house.site.origin}/wait?gate=back` })
    await house.site.arrived('/wait?gate=back')
    const since = performance.now()
    await touchComputer()
    expect(await asking).toMatchObject({ ok: false, problem: { attempts: [{ outcome: 'owner-paused' }] } })
    tellMeasured('from a move of the mouse to the end', `${Math.round(performance.now() - since)} ms`)
    house.site.open('back')
    await waitForPhase(node.popup, 'off', 'you-are-here')
    await unlinked()
  })

  test('gently, the same owner shares while here, two pages at a time', async () => {
    await touchComputer()
    await decide({ mode: 'gently' })
    await waitForPhase(node.popup, 'sharing')
    const asking = ['a', 'b', 'c'].map((page) =>
      askJson(house.customer, { url: `${house.site.origin}/wait?gate=gently&page=${page}` }),
    )
    expect(await Promise.race(asking)).toMatchObject({ ok: false, problem: { code: 'no-node-available' } })
    house.site.open('gently')
    expect((await Promise.all(asking)).filter(({ ok }) => ok)).toHaveLength(2)
    await decide({ mode: 'always' })
  })

  test('the battery is asked for only where it matters', async () => {
    expect(await hasPowerPage(node.browser)).toBe(false)
    await decide({ shareOnBattery: false })
    await until('the page that reads the battery', () => hasPowerPage(node.browser))
    // What this computer really runs on: without a battery a browser says that it is charging.
    await waitForPhase(node.popup, 'sharing')
  })

  test('on battery nothing is shared, and with the plug it begins again', async () => {
    await plug(false)
    await waitForPhase(node.popup, 'off', 'on-battery')
    await unlinked()
    await plug(true)
    await waitForPhase(node.popup, 'sharing')
  })

  test('a browser that no longer says what it runs on shares nothing, until the owner allows battery', async () => {
    await closePowerPage()
    await waitForPhase(node.popup, 'off', 'power-unknown')
    await unlinked()
    await decide({ shareOnBattery: true })
    await waitForPhase(node.popup, 'sharing')
    await until('the page that reads the battery to close', async () => !(await hasPowerPage(node.browser)))
  })

  test('while the browser saves data nothing is shared', async () => {
    const worker = await openTarget(node.browser, isWorker)
    await worker.ask('Emulation.setDataSaverOverride', { dataSaverEnabled: true })
    await decide({})
    await waitForPhase(node.popup, 'off', 'data-saver')
    await unlinked()
    await worker.close()
    await decide({})
    await waitForPhase(node.popup, 'sharing')
  })

  test('a connection that its owner called limited is shared only below a monthly cap', async () => {
    await decide({ unlimitedConnection: false })
    await waitForPhase(node.popup, 'off', 'connection-limited')
    await unlinked()
    const { caps } = (await readOwnerView(node.browser)).settings
    await decide({ caps: { ...caps, monthBytes: 10 * 2 ** 30 } })
    await waitForPhase(node.popup, 'sharing')
  })
})
