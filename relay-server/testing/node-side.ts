import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type WebSocket, WebSocketServer } from 'ws'
import { type Ledger, openLedger } from '#points-ledger'
import { messageBytesMax } from '#protocol'
import { createTestDatabase } from '../../points-ledger/store/testing/test-database.ts'
import { acme } from '../../points-ledger/testing/acme.ts'
import type { SilenceLimits } from '../exchange/answer-body.ts'
import { createExchanges, type Exchanges } from '../exchange/exchange.ts'
import type {
  AttemptRecord,
  ExchangeAnswer,
  ExchangeEnding,
  ExchangeRequest,
  TargetCheck,
  TargetPacing,
} from '../exchange/exchange-ports.ts'
import { RelayLinkMeter } from '../metering/link-meter.ts'
import { createOutbox } from '../metering/outbox.ts'
import type { PostingLedger } from '../metering/posting-ledger.ts'
import { createRecovery } from '../metering/recovery.ts'
import { openRelayKey, type RelayKey } from '../metering/relay-key.ts'
import { createAccountDesk } from '../nodes/account-desk.ts'
import { createNodeDoor, type NodeDoorLimits } from '../nodes/node-door.ts'
import type { LinkEvents } from '../nodes/node-link.ts'
import { createNodeRoster } from '../nodes/node-roster.ts'
import { createQualityTeller } from '../nodes/quality-teller.ts'
import { TestBudget } from './test-budget.ts'

export type NodeSideOptions = {
  limits?: Partial<NodeDoorLimits>
  qualityEveryMs?: number
  queueMsMax?: number
  silence?: SilenceLimits
  /** Decides on every URL; all are allowed without it. */
  checkTarget?: TargetCheck
  /** How often sites may be asked; as often as one likes without it. */
  pace?: TargetPacing
  /** Stands between metering and the real ledger, for tests in which the database is away. */
  between?: (ledger: Ledger) => PostingLedger
}
export type NodeSide = Awaited<ReturnType<typeof startNodeSide>>

/** What a test may look at. */
class Watched {
  readonly logged: { fields: Record<string, unknown>; sentence: string }[] = []
  /** Links that ended, and the outcome of each exchange that did. */
  readonly closes: { nodeId: string; code: string; carriedUp: number }[] = []
  readonly ended: string[] = []
  /** Each attempt that a node was asked, once it was over. */
  readonly attempts: AttemptRecord[] = []
  readonly finishing = new Set<Promise<void>>()
  readonly state = { isDraining: false, openAttempts: 0 }
  readonly #note = (fields: object, sentence: string): void =>
    void this.logged.push({ fields: fields as Record<string, unknown>, sentence })
  readonly log = { info: this.#note, warn: this.#note, error: this.#note }
}

/**
 * The relay from its node door to the ledger, without the customers' door: what crosses is the exchange's own port. A node's
 * `X-Forwarded-For` is its address, and its country where it has two capital letters.
 */
export async function startNodeSide(options: NodeSideOptions = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'fallow-node-side-'))
  const database = await createTestDatabase()
  const ledger = await openLedger({ url: database.url })
  const { customerId } = await ledger.createCustomer({ ...acme, trafficBytes: 10n * 1024n ** 3n })
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    path: '/node',
    maxPayload: messageBytesMax,
    maxFragments: 1_024,
  })
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const watched = new Watched()
  const relayKey = await openRelayKey(dataDir)
  await ledger.registerRelayKey({ relayId: relayKey.relayId, publicKey: relayKey.publicKey, publicUrl: url })
  const rooms = createRooms({ options, url, ledger, relayKey, watched })
  server.on('connection', (socket, request) => rooms.door.enter(socket, addressOf(request)))

  const settled = async (): Promise<void> => {
    await Promise.all(watched.finishing)
    await rooms.outbox.flushed()
  }
  return {
    ...{ url, ledger, customerId, roster: rooms.roster },
    ...{ state: watched.state, logged: watched.logged, closes: watched.closes, ended: watched.ended },
    attempts: watched.attempts,
    get openAttempts() {
      return watched.state.openAttempts
    },
    /** One exchange, as the customers' door would ask for it. */
    ask: createAsking(rooms.exchanges, customerId),
    /** Resolves when everything that was metered so far stands in the ledger. */
    settled,
    async stop(): Promise<void> {
      await closeServer(server)
      await settled()
      await ledger.close()
      await database.drop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

type Ground = { options: NodeSideOptions; url: string; ledger: Ledger; relayKey: RelayKey; watched: Watched }

function createRooms({ options, url, ledger, relayKey, watched }: Ground) {
  const { log, state } = watched
  const postingLedger = options.between?.(ledger) ?? ledger
  const roster = createNodeRoster()
  const outbox = createOutbox({
    ledger: postingLedger,
    attemptPosted() {
      state.openAttempts -= 1
    },
    log,
  })
  const recovery = createRecovery({
    relayId: relayKey.relayId,
    ledger: postingLedger,
    knowsLink: outbox.knows,
    log,
  })
  const desk = createAccountDesk({
    book: ledger,
    linkOf: roster.linkOf,
    posted: (linkId) => outbox.untilPosted(linkId, 10_000),
    log,
  })
  const events: LinkEvents = {
    createMeter(meterOptions) {
      outbox.openLink(meterOptions.linkId)
      const attemptBegun = () => {
        state.openAttempts += 1
      }
      return new RelayLinkMeter(meterOptions, {
        relayKey,
        outbox,
        attemptBegun,
      })
    },
    async present(link, receipts) {
      const { nodeId, nodeKey } = link.identity
      await recovery.recover({ nodeId, nodeKey, send: (frame) => link.send(frame) }, receipts)
    },
    accountRequest: desk.answer,
    ticked: createQualityTeller(roster, options.qualityEveryMs),
    slotReleased: roster.slotReleased,
    left: roster.remove,
    closed(link, code) {
      roster.remove(link)
      watched.finishing.add(link.meter.finish({ nodeListens: false }))
      const { carriedUp } = link.meter.count
      watched.closes.push({ nodeId: link.identity.nodeId, code, carriedUp })
    },
  }
  const door = createNodeDoor({
    relay: { relayId: relayKey.relayId, publicKey: relayKey.publicKey, publicUrl: url },
    ...{ roster, register: ledger, events, log },
    countryOf: (address) => (/^[A-Z]{2}$/.test(address) ? address : null),
    addressSpaceOverrideTexts: ['127.0.0.1:9000=public'],
    unitsPerMib: () => 1_000_000,
    isLoopback: (address) => address.startsWith('127.'),
    isDraining: () => state.isDraining,
    ...(options.limits && { limits: options.limits }),
  })
  return { roster, outbox, door, exchanges: createTestExchanges(options, roster, watched) }
}

function createTestExchanges(
  { checkTarget, pace, queueMsMax, silence }: NodeSideOptions,
  roster: ReturnType<typeof createNodeRoster>,
  { ended, attempts }: Watched,
) {
  return createExchanges({
    roster,
    checkTarget:
      checkTarget ??
      (async ({ url }) => ({ ok: true, url: new URL(url), robots: 'not-checked', addresses: [] })),
    pace: pace ?? { siteOf: () => null, untilTurn: async () => ({ ok: true, waitedMs: 0 }) },
    noteAttempt: (record) => void attempts.push(record),
    observer: { exchangeStarted() {}, exchangeEnded: (record) => void ended.push(record.outcome) },
    limits: { ...(queueMsMax !== undefined && { queueMsMax }), ...(silence && { silence }) },
  })
}

type AskOptions = Partial<Omit<ExchangeRequest, 'url' | 'budget'>> & { url?: string; budget?: TestBudget }

function createAsking(exchanges: Exchanges, customerId: string) {
  let asked = 0
  return ({
    url = 'https://target.example/',
    budget = new TestBudget(),
    ...given
  }: AskOptions = {}): Promise<ExchangeAnswer> => {
    asked += 1
    return exchanges.perform({
      exchangeId: `ex_${customerId}_${asked}`,
      customer: { id: customerId, label: 'acme', purpose: null, contact: null },
      ...{ method: 'GET', headers: [], body: null, countries: null, gzip: false },
      ...{ redirect: 'follow', redirectsMax: 5, timeoutMs: 20_000, answerBytesMax: null, judgesBody: false },
      signal: new AbortController().signal,
      ...given,
      url: new URL(url),
      budget,
    })
  }
}

const addressOf = ({ headers, socket }: IncomingMessage): string => {
  const forwarded = headers['x-forwarded-for']
  return typeof forwarded === 'string' ? forwarded : (socket.remoteAddress ?? '')
}

async function closeServer(server: WebSocketServer): Promise<void> {
  for (const socket of server.clients as Set<WebSocket>) socket.terminate()
  await new Promise((resolve) => server.close(resolve))
}

export type ReadBody = { bytes: Buffer; ending: ExchangeEnding }

/** Reads an answer to its end, whatever the end is. */
export async function readBody({ body }: ExchangeAnswer): Promise<ReadBody> {
  const pieces: Uint8Array[] = []
  for (let piece = await body.read(); piece; piece = await body.read()) pieces.push(piece)
  return { bytes: Buffer.concat(pieces), ending: await body.ending }
}
