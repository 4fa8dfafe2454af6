import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { isLoopbackAddress } from '#addresses'
import {
  type AuditTrail,
  type Database,
  type Ledger,
  openAuditKey,
  openAuditTrail,
  openDatabase,
  openLedger,
} from '#points-ledger'
import { createApp } from './app.ts'
import { createAudit } from './audit/audit.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import { createAuthentication } from './customers/authentication.ts'
import { createCustomerTraffic } from './customers/customer-traffic.ts'
import { createCustomerStanding } from './customers/standing.ts'
import { createExchanges } from './exchange/exchange.ts'
import type { ExchangeObserver } from './exchange/exchange-ports.ts'
import { type Listener, listen } from './listen.ts'
import { RelayLinkMeter } from './metering/link-meter.ts'
import { createOutbox } from './metering/outbox.ts'
import { createRecovery } from './metering/recovery.ts'
import { openRelayKey, type RelayKey } from './metering/relay-key.ts'
import { createAccountDesk } from './nodes/account-desk.ts'
import { createCountryLookup } from './nodes/geo.ts'
import { createNodeDoor } from './nodes/node-door.ts'
import type { LinkEvents } from './nodes/node-link.ts'
import { createNodeRoster } from './nodes/node-roster.ts'
import { createQualityTeller } from './nodes/quality-teller.ts'
import { createLog, type Log } from './observability/log.ts'
import { createMetrics } from './observability/metrics.ts'
import { createTargetChecks, type TargetChecks } from './targets/target-check.ts'

/** At a stop, exchanges have so long to finish by themselves. */
const finishMsMax = 10_000
/** A database that does not answer may keep the last receipts waiting for so long. */
const flushMsMax = 10_000
/** And nodes are asked to dial again after a random part of this, so that they do not all come at once. */
const redialSpreadMs = 5_000

export type Relay = { url: string; relayId: string; ledger: Ledger; stop(): Promise<void> }
type StartOptions = {
  config: Config
  log: Log
  onLost(sentence: string): void
  /** Puts other checks in the place of the relay's own, for tests of what a node does without them. No setting reaches this. */
  targetChecks?(own: TargetChecks): TargetChecks
}

/** Wires the rooms together and listens. The one place that knows everyone. */
export async function startRelay({ config, log, onLost, targetChecks }: StartOptions): Promise<Relay> {
  mkdirSync(config.dataDir, { recursive: true })
  const { dataDir, databaseUrl } = config
  const database = await openDatabase({
    dataDir,
    databaseUrl,
    as: 'relay',
    onLost: (error) => onLost(error.message),
  })
  const opened: { close(): Promise<void> }[] = [database]
  try {
    const ledger = await openLedger({ url: database.url })
    opened.push(ledger)
    const key = openAuditKey({ dataDir, text: config.auditKeyText })
    const trail = openAuditTrail({ url: database.url, key })
    opened.push(trail)
    await trail.noteKey({ days: config.auditDays })
    const { unitsPerMib } = await ledger.rateInForce()
    const relayKey = await openRelayKey(dataDir)
    const ground = { config, log, database, ledger, trail, relayKey, unitsPerMib }
    const rooms = createRooms(ground, targetChecks)
    opened.push(rooms.traffic, rooms.standing, { close: () => rooms.audit.close(0) })
    return await openDoors(ground, rooms)
  } catch (error) {
    for (const { close } of opened.toReversed()) await close()
    throw error
  }
}

type Ground = {
  config: Config
  log: Log
  database: Database
  ledger: Ledger
  trail: AuditTrail
  relayKey: RelayKey
  /** The rate card in force. */
  unitsPerMib: number
}
/** Who the relay is for nodes. `publicUrl` is filled in once the port is known. */
type Identity = { relayId: string; publicKey: string; publicUrl: string }

async function openDoors(ground: Ground, rooms: Rooms): Promise<Relay> {
  const { config, ledger, relayKey } = ground
  const { relayId, publicKey } = relayKey
  const identity: Identity = { relayId, publicKey, publicUrl: config.publicUrl ?? '' }
  await rooms.traffic.begin()
  const listener = await listen(createDoors(ground, rooms, identity).fetch, config)
  const { address, port } = listener.server.address() as AddressInfo
  const url = `http://${bracketed(address)}:${port}`
  identity.publicUrl ||= url
  await ledger.registerRelayKey(identity)
  return { url, relayId, ledger, stop: () => stopRelay(ground, rooms, listener) }
}

type Rooms = ReturnType<typeof createRooms>

/** What lies behind the doors. */
function createRooms(
  { config, log, ledger, trail, relayKey }: Ground,
  targetChecks: StartOptions['targetChecks'],
) {
  const { relayId } = relayKey
  const roster = createNodeRoster()
  const own = createTargetChecks({
    tests: {
      overrides: config.addressSpaceOverrides,
      resolverRules: config.hostResolverRules,
      unaskedAddresses: config.unaskedAddresses,
      obey: config.overridesObey,
    },
    nameServers: config.nameServers,
  })
  const targets = targetChecks?.(own) ?? own
  const traffic = createCustomerTraffic({
    ledger: {
      takeHold: (customerId) => ledger.takeHold({ relayId, customerId }),
      topUpHold: (holdId) => ledger.topUpHold({ holdId }),
      renewHolds: () => ledger.renewHolds({ relayId }),
      returnHold: (holdId) => ledger.returnHold({ holdId }),
    },
    log,
  })
  const outbox = createOutbox({
    ledger,
    attemptPosted: (attempt) => traffic.postingDone(attempt.customerId),
    log,
  })
  const audit = createAudit({ store: trail, days: config.auditDays, log })
  const authentication = createAuthentication(ledger)
  const standing = createCustomerStanding({ register: ledger, changed: authentication.forget, log })
  const metrics = createMetrics({
    nodes: () => roster.all().length,
    lanes: () => roster.all().reduce((sum, link) => sum + link.lanesInUse, 0),
    receiptsWaiting: () => outbox.length,
    auditRowsWaiting: audit.waiting,
    auditRowsDropped: audit.dropped,
  })
  const customers = { authentication, standing }
  return { roster, targets, traffic, ...customers, outbox, audit, metrics, draining: { now: false } }
}

/** The node door, the customer's door, and what operators ask. */
function createDoors(ground: Ground, rooms: Rooms, identity: Identity) {
  const { config, log, ledger, relayKey } = ground
  const { roster, targets, traffic, authentication, standing, audit, metrics, draining } = rooms
  const isDraining = () => draining.now
  const nodeDoor = createNodeDoor({
    relay: identity,
    roster,
    register: ledger,
    events: linkEvents(ground, rooms),
    countryOf: createCountryLookup(config.geoDatabaseFile),
    addressSpaceOverrideTexts: config.addressSpaceOverrideTexts,
    unitsPerMib: () => ground.unitsPerMib,
    isLoopback: isLoopbackAddress,
    isDraining,
    log,
  })
  const observer = observeAll(metrics.observer, logExchanges(log))
  return createApp({
    fetchDoor: {
      ...{ authentication, standing, traffic, targets },
      exchanges: createExchanges({
        roster,
        checkTarget: targets.check,
        pace: targets.pace,
        observer,
        noteAttempt: audit.note,
      }),
      pseudonymSecret: createHash('sha256').update(relayKey.sign('fallow pseudonyms 1')).digest('hex'),
      isDraining,
    },
    nodeDoor,
    metricsText: metrics.text,
    missing: () => whatIsMissing(ledger, relayKey.relayId, draining.now),
    trustedProxies: config.trustedProxies,
    log,
  })
}

/** What becomes of links: each is metered, may present old receipts, and leaves the roster when it ends. */
function linkEvents(
  { ledger, relayKey, log }: Ground,
  { roster, traffic, outbox, metrics }: Rooms,
): LinkEvents {
  const recovery = createRecovery({ relayId: relayKey.relayId, ledger, knowsLink: outbox.knows, log })
  const desk = createAccountDesk({
    book: ledger,
    linkOf: roster.linkOf,
    posted: (linkId) => outbox.untilPosted(linkId, flushMsMax),
    log,
  })
  return {
    createMeter(options) {
      outbox.openLink(options.linkId)
      return new RelayLinkMeter(options, { relayKey, outbox, attemptBegun: traffic.postingOpened })
    },
    async present(link, receipts) {
      const { nodeId, nodeKey } = link.identity
      await recovery.recover({ nodeId, nodeKey, send: (frame) => link.send(frame) }, receipts)
    },
    accountRequest: desk.answer,
    ticked: createQualityTeller(roster),
    slotReleased: roster.slotReleased,
    left: roster.remove,
    closed(link, code, detail) {
      roster.remove(link)
      metrics.linkClosed(code)
      const { nodeId, linkId } = link.identity
      const carriedBytes = link.meter.count.carriedUp + link.meter.count.carriedDown
      log.info({ nodeId, linkId, code, detail, carriedBytes }, 'a link ended')
    },
  }
}

/** Stop accepting ▸ let exchanges finish ▸ last receipts ▸ post them ▸ give holds back ▸ close the database. */
async function stopRelay(
  { ledger, trail, database, log }: Ground,
  rooms: Rooms,
  listener: Listener,
): Promise<void> {
  const { roster, targets, outbox, audit, traffic, standing, draining } = rooms
  draining.now = true
  listener.server.close()
  const finishing = AbortSignal.timeout(finishMsMax)
  const leave = (link: ReturnType<typeof roster.all>[number]) =>
    link.leave('relay-draining', 'this relay is closing; dial again in a moment', {
      signal: finishing,
      redialAfterMs: Math.round(Math.random() * redialSpreadMs),
    })
  await Promise.all([...roster.all().map(leave), listener.answersEnded(finishing)])
  listener.server.closeAllConnections()
  await Promise.race([outbox.flushed(), delay(flushMsMax)])
  if (outbox.length > 0)
    log.error(
      { receipts: outbox.length },
      'receipts are lost here: the database did not take them in time; nodes present theirs to the next relay',
    )
  await targets.close()
  await audit.close(flushMsMax)
  await traffic.close()
  await standing.close()
  await trail.close()
  await ledger.close()
  await database.close()
}

async function whatIsMissing(ledger: Ledger, relayId: string, draining: boolean): Promise<string[]> {
  const missing = draining ? ['The relay is closing.'] : []
  try {
    await ledger.findRelayKey(relayId)
  } catch {
    missing.push('The database does not answer.')
  }
  return missing
}

/** One line at the end of each exchange: the host, never the path. */
const logExchanges = (log: Log): ExchangeObserver => ({
  exchangeStarted() {},
  exchangeEnded: (record) => log.info(record, 'an exchange ended'),
})

const observeAll = (...observers: ExchangeObserver[]): ExchangeObserver => ({
  exchangeStarted() {
    for (const observer of observers) observer.exchangeStarted()
  },
  exchangeEnded(record) {
    for (const observer of observers) observer.exchangeEnded(record)
  },
})

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref())

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** `npm start`: one relay, configured by the environment, ended by SIGTERM or SIGINT. */
export async function runRelay(parts: Pick<StartOptions, 'targetChecks'> = {}): Promise<void> {
  const config = readConfig(process.env)
  // Before anything is started: a relay that is told to stop while it starts must not leave its PostgreSQL behind.
  const toldToStop = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve())
  })
  const relay = await startRelay({ config, log: createLog(), onLost: (sentence) => fail(sentence), ...parts })
  process.stdout.write(`${JSON.stringify({ event: 'ready', url: relay.url })}\n`)
  await toldToStop
  await relay.stop().catch((error: unknown) => fail(`The relay did not stop cleanly: ${String(error)}`))
  process.exit(0)
}

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

if (import.meta.main)
  runRelay().catch((error: unknown) => {
    const expected = error instanceof ConfigError || (error instanceof Error && 'code' in error)
    fail(
      expected
        ? (error as Error).message
        : `The relay could not start: ${error instanceof Error ? error.stack : String(error)}`,
    )
  })
