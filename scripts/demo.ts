import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright'
import { type NodeBrowser, startBrowser } from './browser/browser.ts'
import { createCustomer } from './browser/command-line.ts'
import { giveConsent } from './browser/consent.ts'
import { askJson, type CustomerAccess } from './browser/customer.ts'
import { openDisplay } from './browser/display.ts'
import { shipExtension } from './browser/extension-build.ts'
import { freePort } from './browser/free-port.ts'
import { type PopupReading, readPopup, setRelay, waitForCount, waitForPhase } from './browser/owner.ts'
import { type RunningRelay, startRelayProcess } from './browser/relay.ts'
import { type DemoArguments, readArguments, UsageError, usage } from './demo/arguments.ts'
import { describeAnswer, describePopup, describeProblem } from './demo/report.ts'
import { createStage, type Stage } from './demo/stage.ts'
import { startDemoSite } from './demo/target-site.ts'

/** Where the extension dials unless it is told otherwise. */
const relayPortPreferred = 8787
/** Relay and browser sign what was carried every 5 s; then it is posted. */
const pointsMsMax = 15_000
const pointsLookMs = 200
const requestTimeoutMs = 20_000

type Run = Extract<DemoArguments, { kind: 'run' }>

/** The whole house for one page: relay, browser, owner, customer. */
type House = { relay: RunningRelay; browser: NodeBrowser; popup: Page; customer: CustomerAccess; url: string }

/** Tells the story of one page, and gives the exit code. */
async function runDemo(asked: Run, stage: Stage): Promise<number> {
  say('Fallow: one page through somebody’s browser, from the customer to the points.\n')
  const house = await openHouse(asked, stage)
  say(`\nThe customer asks the relay for ${house.url}\n`)
  const reply = await askJson(house.customer, { url: house.url, timeoutMs: requestTimeoutMs })
  say(reply.ok ? describeAnswer(reply.answer) : describeProblem(reply.problem))
  if (reply.ok) await tellPoints(house)
  if (asked.keep) await keepRunning(house)
  else say(whatNext)
  return reply.ok ? 0 : 1
}

async function openHouse(asked: Run, stage: Stage): Promise<House> {
  await step('The extension is built as it is shipped', shipExtension())
  const folder = await stage.open(mkdtemp(join(tmpdir(), 'fallow-demo-')), (path) =>
    rm(path, { recursive: true, force: true }),
  )
  const site = asked.url === null ? await stage.open(startDemoSite(), (opened) => opened.close()) : null
  const overrides = site ? [`127.0.0.1:${site.port}=public`] : []
  const relay = await step(
    'The relay runs, with a PostgreSQL of its own',
    startRelay(folder, overrides, stage),
  )
  const { apiKey } = await step(
    'A customer has an API key and 1 GiB of prepaid traffic',
    createCustomer(relay.dataDir, { name: 'demo', traffic: '1GiB', contact: 'demo@customer.example' }),
  )
  const browser = await step(
    'Chromium runs with the extension, in a fresh profile',
    openBrowser(overrides, stage),
  )
  await step('The owner has read the agreement, agreed, and allowed the access', agree(browser, relay.url))
  const popup = await step('The browser is linked to the relay, and shares', openPopup(browser))
  return {
    relay,
    browser,
    popup,
    customer: { relayUrl: relay.url, apiKey },
    url: asked.url ?? site?.url ?? '',
  }
}

async function startRelay(
  folder: string,
  addressSpaceOverrides: string[],
  stage: Stage,
): Promise<RunningRelay> {
  const settings = {
    dataDir: join(folder, 'data'),
    addressSpaceOverrides,
    port: await freePort(relayPortPreferred),
  }
  return stage.open(startRelayProcess(settings), (relay) => relay.stop())
}

/** On the display of whoever sits here, where there is one: then the browser can be watched. */
async function openBrowser(addressSpaceOverrides: string[], stage: Stage): Promise<NodeBrowser> {
  const display = await stage.open(openDisplay({ prefer: 'present' }), (opened) => opened.close())
  return stage.open(startBrowser({ display, addressSpaceOverrides }), (browser) => browser.close())
}

async function agree(browser: NodeBrowser, relayUrl: string): Promise<void> {
  await setRelay(browser, relayUrl)
  await giveConsent(browser, { askPerson: (sentence) => say(`\n  ${sentence}\n`) })
}

async function openPopup(browser: NodeBrowser): Promise<Page> {
  const popup = await browser.open('popup')
  await waitForPhase(popup, 'sharing')
  return popup
}

async function tellPoints({ popup }: House): Promise<void> {
  say('\nRelay and browser now sign what was carried, and the ledger turns it into points.')
  say(`\nThe owner’s popup\n\n${describePopup(await readEarned(popup))}`)
}

/** The popup once its points follow what it shows as carried; as it is, where that takes too long. */
async function readEarned(popup: Page): Promise<PopupReading> {
  const giveUpAt = Date.now() + pointsMsMax
  for (;;) {
    const reading = await readPopup(popup)
    const earned = reading.pointsUnits > 0n || reading.carriedTotalBytes === 0
    if (Date.now() > giveUpAt) return reading
    if (earned) {
      await waitForCount(popup)
      return readPopup(popup)
    }
    await new Promise((resolve) => setTimeout(resolve, pointsLookMs))
  }
}

/** Prints what is needed to go on by hand, and waits for Ctrl-C. */
async function keepRunning({ relay, customer, url, browser }: House): Promise<never> {
  const asked = `${relay.url}/v1/fetch?url=${encodeURIComponent(url)}`
  say(`
Everything keeps running until you press Ctrl-C.

  relay      ${relay.url}
  API key    ${customer.apiKey}
  browser    on display ${browser.display.name || 'of this computer'}

  curl -i -H 'Authorization: Bearer ${customer.apiKey}' '${asked}'

The books, from another terminal:

  FALLOW_DATA_DIR='${relay.dataDir}' npm run --silent fallow -- ledger totals
`)
  keeping = true
  await relay.exited
  throw new Error('The relay has ended by itself.')
}

const whatNext = `
Go on

  npm run demo -- https://example.com/    fetch a page of your choice
  npm run demo -- --keep                  leave all of it running, with an API key and a curl to paste
  npm start                               a relay to stay
  npm test                                everything that is promised, checked
`

/** Says what is done once it is done, and how long it took. */
async function step<T>(done: string, work: Promise<T>): Promise<T> {
  const since = performance.now()
  const result = await work
  say(`  ✓ ${done.padEnd(66)}${((performance.now() - since) / 1_000).toFixed(1).padStart(5)} s`)
  return result
}

const say = (text: string): void => void process.stdout.write(`${text}\n`)

function complain(error: unknown): void {
  process.stderr.write(
    `\nThe demo could not go on: ${error instanceof Error ? error.message : String(error)}\n`,
  )
}

async function main(): Promise<void> {
  const asked = readArguments(process.argv.slice(2))
  if (asked.kind === 'help') return say(usage)
  const stage = createStage()
  const interrupted = closeOnSignals(stage)
  const code = await runDemo(asked, stage).catch((error: unknown) => {
    if (!interrupted()) complain(error)
    return 1
  })
  if (interrupted()) return
  await stage.close()
  process.exit(code)
}

/** Ctrl-C closes everything in order, at any moment. After `--keep` has said so it is how the demo ends well. */
function closeOnSignals(stage: Stage): () => boolean {
  let interrupted = false
  for (const [signal, number] of Object.entries({ SIGINT: 2, SIGTERM: 15, SIGHUP: 1 })) {
    process.on(signal, () => {
      if (interrupted) return
      interrupted = true
      say('\nClosing the browser, the relay and its database ...')
      void stage.close().then(() => {
        say('All is closed.')
        process.exit(keeping ? 0 : 128 + number)
      })
    })
  }
  return () => interrupted
}

/** Everything has been said, and only Ctrl-C is waited for. */
let keeping = false

main().catch((error: unknown) => {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`${error.message}\n\n${usage}\n`)
  process.exit(2)
})
