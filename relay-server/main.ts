import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { isLoopbackAddress } from '#addresses'
import { type Database, type Ledger, openDatabase, openLedger } from '#points-ledger'
import { createApp } from './app.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import { createAuthentication } from './customers/authentication.ts'
import { createCustomerTraffic } from './customers/customer-traffic.ts'
import { createExchanges } from './exchange/exchange.ts'
import type { ExchangeObserver } from './exchange/exchange-ports.ts'
import { type Listener, listen } from './listen.ts'
import { RelayLinkMeter } from './metering/link-meter.ts'
import { createOutbox } from './metering/outbox.ts'
import { createRecovery } from './metering/recovery.ts'
import { openRelayKey, type RelayKey } from './metering/relay-key.ts'
import { createCountryLookup } from './nodes/geo.ts'
import { createNodeDoor } from './nodes/node-door.ts'
import type { LinkEvents } from './nodes/node-link.ts'
import { createNodeRoster } from './nodes/node-roster.ts'
import { createLog, type Log } from './observability/log.ts'
import { createMetrics } from './observability/metrics.ts'
import { createTargetChecks } from './targets/target-check.ts'

/** At a stop, exchanges have so long to finish by themselves. */
const finishMsMax = 10_000
/** A database that does not answer may keep the last receipts waiting for so long. */
const flushMsMax = 10_000
/** And nodes are asked to dial again after a random part of this, so that they do not all come at once. */
const redialSpreadMs = 5_000

export type Relay = { url: string; relayId: string; ledger: Ledger; stop(): Promise<void> }
type StartOptions = { config: Config; log: Log; onLost(sentence: string): void }

/** Wires the rooms together and listens. The one place that knows everyone. */
export async function startRelay({ config, log, onLost }: StartOptions): Promise<Relay> {
  mkdirSync(config.dataDir, { recursive: true })
  const { dataDir, databaseUrl } = config
  const database = await openDatabase({
    dataDir,
    databaseUrl,
    as: 'relay',
    onLost: (error) => onLost(error.message),
  })
  try {
    const ledger = await openLedger({ url: database.url })
    return await openDoors({ config, log, database, ledger, relayKey: await openRelayKey(dataDir) })
  } catch (error) {
    await database.close()
    throw error
  }
}

type Ground = { config: Config; log: Log; database: Database; ledger: Ledger; relayKey: RelayKey }

async function openDoors(ground: Ground): Promise<Relay> {
  const { config, ledger, relayKey } = ground
  const identity = {
    relayId: relayKey.relayId,
    publicKey: relayKey.publicKey,
    publicUrl: config.publicUrl ?? '',
  }
  const rooms = createRooms(ground, identity)
  await rooms.begin()
  const listener = await listen(rooms.app.fetch, config)
  const url = `http://${bracketed(config.host)}:${(listener.server.address() as AddressInfo).port}`
  identity.publicUrl ||= url
  await ledger.registerRelayKey(identity)
  return { url, relayId: relayKey.relayId, ledger, stop: () => rooms.stop(listener) }
}

function createRooms(
  { config, log, database, ledger, relayKey }: Ground,
  relay: { relayId: string; publicKey: string; publicUrl: string },
) {
  let draining = false
  const { relayId } = relayKey
  const nodeKeys = new Map<string, string>()
  const roster = createNodeRoster()
  const targets = createTargetChecks({
    overrides: config.addressSpaceOverrides,
    resolverRules: config.hostResolverRules,
  })
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
  const metrics = createMetrics({
    nodes: () => roster.all().length,
    lanes: () => roster.all().reduce((sum, link) => sum + link.lanesInUse, 0),
    receiptsWaiting: () => outbox.length,
  })
  const recovery = createRecovery({ relayId, ledger, knowsLink: outbox.knows, log })
  const events: LinkEvents = {
    createMeter(options) {
      outbox.openLink(options.linkId)
      const attemptBegun = (customerId: string) => traffic.postingOpened(customerId)
      return new RelayLinkMeter(options, {
        relayKey,
        outbox,
        attemptBegun,
        nodeKeyOf: (nodeId) => nodeKeys.get(nodeId),
      })
    },
    async present(link, receipts) {
      const { nodeId } = link.identity
      await recovery.recover(
        { nodeId, nodeKey: nodeKeys.get(nodeId) ?? '', send: (frame) => link.send(frame) },
        receipts,
      )
    },
    laneEnded: roster.laneEnded,
    left: roster.remove,
    closed(link, code, detail) {
      roster.remove(link)
      metrics.linkClosed(code)
      const { nodeId, linkId } = link.identity
      log.info(
        { nodeId, linkId, code, detail, carried: link.meter.count.carriedUp + link.meter.count.carriedDown },
        'a link ended',
      )
    },
  }
  const nodeDoor = createNodeDoor({
    relay,
    roster,
    register: {
      async registerNode(node) {
        nodeKeys.set(node.nodeId, node.publicKey)
        return ledger.registerNode(node)
      },
    },
    events,
    countryOf: createCountryLookup(config.geoDatabaseFile),
    addressSpaceOverrideTexts: config.addressSpaceOverrideTexts,
    isLoopback: isLoopbackAddress,
    isDraining: () => draining,
    log,
  })
  const app = createApp({
    fetchDoor: {
      authentication: createAuthentication(ledger),
      exchanges: createExchanges({
        roster,
        checkTarget: targets.check,
        observer: observeAll(metrics.observer, logExchanges(log)),
      }),
      traffic,
      checkUrl: targets.checkUrl,
      pseudonymSecret: createHash('sha256').update(relayKey.sign('fallow pseudonyms 1')).digest('hex'),
      isDraining: () => draining,
    },
    nodeDoor,
    metricsText: metrics.text,
    missing: () => whatIsMissing(ledger, relayId, draining),
    trustedProxies: config.trustedProxies,
    log,
  })

  /** Stop accepting ▸ let exchanges finish ▸ last receipts ▸ post them ▸ give holds back ▸ close the database. */
  const stop = async ({ server, answersEnded }: Listener) => {
    draining = true
    server.close()
    const finishing = AbortSignal.timeout(finishMsMax)
    const leave = (link: ReturnType<typeof roster.all>[number]) =>
      link.leave('relay-draining', 'this relay is closing; dial again in a moment', {
        signal: finishing,
        redialAfterMs: Math.round(Math.random() * redialSpreadMs),
      })
    await Promise.all([...roster.all().map(leave), answersEnded(finishing)])
    server.closeAllConnections()
    await Promise.race([outbox.flushed(), delay(flushMsMax)])
    if (outbox.length > 0)
      log.error(
        { receipts: outbox.length },
        'receipts are lost here: the database did not take them in time; nodes present theirs to the next relay',
      )
    await traffic.close()
    await ledger.close()
    await database.close()
  }

  return { app, stop, begin: traffic.begin }
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
async function main(): Promise<void> {
  const config = readConfig(process.env)
  // Before anything is started: a relay that is told to stop while it starts must not leave its PostgreSQL behind.
  const toldToStop = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve())
  })
  const relay = await startRelay({ config, log: createLog(), onLost: (sentence) => fail(sentence) })
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
  main().catch((error: unknown) => {
    const expected = error instanceof ConfigError || (error instanceof Error && 'code' in error)
    fail(
      expected
        ? (error as Error).message
        : `The relay could not start: ${error instanceof Error ? error.stack : String(error)}`,
    )
  })
