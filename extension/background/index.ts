import { consentToday } from '../consent/consent-text.ts'
import { createBackgroundSide } from '../messages/index.ts'
import {
  browserKind,
  clearAlarm,
  createAlarm,
  createAlarmAt,
  createBackgroundMessenger,
  defaultRelayUrl,
  extensionOrigin,
  extensionVersion,
  forgetAlternatives,
  forgetReports,
  hasHostAccess,
  listenToOwnResponses,
  onAlarm,
  onHostAccessChanged,
  onInstalled,
  onStartup,
  openPage,
  readHeaderRules,
  readLocal,
  removeHostAccess,
  removeLocal,
  setBadge,
  uiLanguage,
  updateHeaderRules,
  writeLocal,
} from '../platform/index.ts'
import { OwnerStore, openNodeDatabase } from '../storage/index.ts'
import { createAccountCommands } from './account-commands.ts'
import type { ExchangePorts } from './exchange.ts'
import { HeaderRules, tracesInProfile } from './header-rules.ts'
import { type ControllerPorts, NodeController } from './node-controller.ts'
import { OrderRevoker } from './order-revoker.ts'
import { createOwnerCommands } from './owner-commands.ts'
import { addressLock, findHomeProtection } from './protections.ts'
import { type LinkHello, RelayLink } from './relay-link.ts'
import { holdUrlOf, ReportHold } from './report-hold.ts'
import { ResponseWatch } from './response-watch.ts'
import { createSurroundings } from './surroundings.ts'
import { TargetQueue } from './target-queue.ts'
import { TransferSizes } from './transfer-sizes.ts'
import { ViewPublisher } from './view-publisher.ts'

/** Wakes the worker that the browser has stopped, so that it dials again. One that lives keeps to its own back-off. */
const dialAlarm = 'dial'
const dialAlarmMinutes = 0.5

/** Wakes the worker at the moment from which it may share again. */
const wakeAlarm = 'wake'
const homeProtection = findHomeProtection()
/** What this node fetches: where https stands in the lock's place, nothing else. */
const schemes = homeProtection?.kind === 'lock' ? (['http', 'https'] as const) : (['https'] as const)

const reportHold = new ReportHold({
  ask: (url) => fetch(url, { method: 'HEAD', credentials: 'omit', cache: 'no-store', redirect: 'error' }),
  nowMs: () => performance.now(),
})

// Listeners first, all of them before the first await: a browser that wakes this worker for an event delivers it only to
// listeners that were registered in the worker's first turn.
const background = createBackgroundSide(createBackgroundMessenger())
const booting = Promise.withResolvers<NodeController>()
const booted = booting.promise
const around = createSurroundings(
  () =>
    void booted.then(
      (node) => node.refresh(),
      () => {},
    ),
)
background.answerCommands({
  ...createOwnerCommands(booted, hasHostAccess),
  ...createAccountCommands(booted, removeHostAccess),
})
onHostAccessChanged(async (granted) => (await booted).setHostAccess(granted))
onAlarm(async (name) => {
  const node = await booted
  if (name === dialAlarm) void reportHold.keep(node.relayUrl, node).catch(() => {})
  around.look()
  node.refresh()
})
onStartup(() => forgetLinkStop())
onInstalled(async (reason) => {
  await forgetLinkStop()
  if (reason !== 'browser-update') await askForConsent()
})
boot().then(booting.resolve, (error) => {
  console.error('Fallow could not start; reload it on the page of extensions.', error)
  booting.reject(error)
})

async function boot(): Promise<NodeController> {
  const local = { read: readLocal, write: writeLocal, remove: removeLocal }
  const [owner, database, hostAccess] = await Promise.all([
    OwnerStore.open(local),
    openNodeDatabase(),
    hasHostAccess(),
  ])
  const node: NodeController = new NodeController({ owner, database, ports: portsOf(() => node) })
  await node.begin(hostAccess)
  return node
}

function portsOf(node: () => NodeController): ControllerPorts {
  const publisher = new ViewPublisher({
    view: () => node().view(),
    publish: (view) => background.publishOwnerView(view),
    language: uiLanguage(),
    setBadge,
  })
  const revoker = new OrderRevoker({ rules: () => node().rules(), forgetReports, forgetAlternatives })
  const watch = watchFor(revoker, node)
  const exchanges = exchangePortsOf(watch, revoker, node)
  return {
    around,
    consentText: consentToday,
    defaultRelayUrl,
    addressLock: homeProtection !== null,
    listen: () => listenToOwnResponses(watch, tracesInProfile),
    setAlarm: (on) => void (on ? createAlarm(dialAlarm, dialAlarmMinutes) : clearAlarm(dialAlarm)),
    setWakeAlarm: (at) => void (at === null ? clearAlarm(wakeAlarm) : createAlarmAt(wakeAlarm, at)),
    changed: (what) => (what === 'state' ? publisher.now() : publisher.soon()),
    schemes,
    dial: async (target, nodePorts, events) => {
      await reportHold.keep(target.relayUrl, node())
      const openSocket = openSocketWith(revoker)
      return new RelayLink(
        target,
        { ...nodePorts, openSocket, hello: helloOfThisBrowser(), exchanges },
        events,
      )
    },
  }
}

function watchFor(revoker: OrderRevoker, node: () => NodeController): ResponseWatch {
  return new ResponseWatch({
    rules: () => node().rules(),
    tripped: (answer) => node().trip(answer),
    isForRelay: (url) => url === holdUrlOf(node().relayUrl),
    received: (answer) => revoker.heard(answer),
    relayAnswered: (answer) => {
      if (revoker.heardRelay(answer)) node().refuseRelay(answer.url)
      reportHold.answered(answer)
    },
  })
}

const openSocketWith =
  (revoker: OrderRevoker) =>
  (nodeDoor: string): WebSocket => {
    const socket = new WebSocket(nodeDoor)
    const answered = new AbortController()
    const hear = () => {
      answered.abort()
      revoker.socketAnswered(nodeDoor.replace(/^ws/, 'http'))
    }
    for (const event of ['open', 'close']) socket.addEventListener(event, hear, { signal: answered.signal })
    return socket
  }

function helloOfThisBrowser(): LinkHello {
  return { schemes: [...schemes], kind: browserKind(), softwareVersion: extensionVersion() }
}

/** What outlives a link: places, rules and events belong to this worker. */
function exchangePortsOf(
  watch: ResponseWatch,
  revoker: OrderRevoker,
  node: () => NodeController,
): ExchangePorts {
  const initiator = new URL(extensionOrigin()).hostname
  const transfers = new TransferSizes({ nowMs: () => performance.now() })
  new PerformanceObserver((list) => transfers.hear(list.getEntries() as PerformanceResourceTiming[])).observe(
    { type: 'resource' },
  )
  return {
    fetch: (url, init) => fetch(url, init),
    addressLock,
    lookUp: homeProtection?.kind === 'checks' ? homeProtection.lookUp : null,
    schemes,
    rules: () => node().rules(),
    queue: new TargetQueue(),
    headerRules: new HeaderRules({ update: updateHeaderRules, read: readHeaderRules, initiator }),
    watch,
    refusalOf: (asked) => revoker.refusalOf(asked) ?? node().bounds.refusalOf(asked),
    traffic: { note: (bytes) => node().bounds.caps.note(bytes), transfers },
  }
}

/** A restart or an update may have changed what the relay refused. */
async function forgetLinkStop(): Promise<void> {
  const node = await booted
  await node.owner.change({ linkStop: null })
  node.refresh()
}

/** At the first run, and after an update that has changed the text. Who said no is not asked again. */
async function askForConsent(): Promise<void> {
  const { owner, consentText } = await booted
  const { consent } = owner.state
  const agreed = consent.said === 'yes' && consentText.sha256s.includes(consent.given.sha256)
  if (!agreed && consent.said !== 'no') await openPage('consent')
}
