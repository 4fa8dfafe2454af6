import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocketServer } from 'ws'
import { messageBytesMax } from '#protocol'
import { type Ledger, openLedger } from '#points-ledger'
import { createTestDatabase } from '../../points-ledger/store/testing/test-database.ts'
import type { SilenceLimits } from '../exchange/answer-body.ts'
import { createExchanges } from '../exchange/exchange.ts'
import type { ExchangeAnswer, ExchangeEnding, ExchangeRequest, TargetCheck } from '../exchange/exchange-ports.ts'
import { RelayLinkMeter } from '../metering/link-meter.ts'
import { createOutbox } from '../metering/outbox.ts'
import type { PostingLedger } from '../metering/posting-ledger.ts'
import { createRecovery } from '../metering/recovery.ts'
import { openRelayKey } from '../metering/relay-key.ts'
import { createNodeDoor, type NodeDoorLimits } from '../nodes/node-door.ts'
import { createNodeRoster } from '../nodes/node-roster.ts'
import { TestBudget } from './test-budget.ts'

export type NodeSideOptions = {
  limits?: Partial<NodeDoorLimits>
  queueMsMax?: number
  silence?: SilenceLimits
  /** Decides on every URL; all are allowed without it. */
  checkTarget?: TargetCheck
  /** Stands between metering and the real ledger, for tests in which the database is away. */
  between?: (ledger: Ledger) => PostingLedger
}

export type NodeSide = Awaited<ReturnType<typeof startNodeSide>>
type AskOptions = Partial<Omit<ExchangeRequest, 'url' | 'budget'>> & { url?: string; budget?: TestBudget }

/** The relay from its node door to the ledger, without the customers' door: what crosses is the exchange's own port. */
export async function startNodeSide(options: NodeSideOptions = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'fallow-node-side-'))
  const database = await createTestDatabase()
  const ledger = await openLedger({ url: database.url })
  const relayKey = await openRelayKey(dataDir)
  const { customerId } = await ledger.createCustomer({ name: 'acme', trafficBytes: 10n * 1024n ** 3n })
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/node', maxPayload: messageBytesMax, maxFragments: 1_024 })
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const relay = { relayId: relayKey.relayId, publicKey: relayKey.publicKey, publicUrl: url }
  await ledger.registerRelayKey(relay)

  const logged: { fields: Record<string, unknown>; sentence: string }[] = []
  const note = (fields: object, sentence: string) => void logged.push({ fields: fields as Record<string, unknown>, sentence })
  const log = { info: note, warn: note, error: note }
  const closes: { nodeId: string; code: string }[] = []
  const ended: string[] = []
  const finishing = new Set<Promise<void>>()
  const nodeKeys = new Map<string, string>()
  const postingLedger = options.between?.(ledger) ?? ledger
  const roster = createNodeRoster()
  let openAttempts = 0
  const outbox = createOutbox({ ledger: postingLedger, attemptPosted: () => void (openAttempts -= 1), log })
  const recovery = createRecovery({ relayId: relay.relayId, ledger: postingLedger, knowsLink: outbox.knows, log })
  const state = { isDraining: false }
  const door = createNodeDoor({
    relay,
    roster,
    register: {
      async registerNode(node) {
        nodeKeys.set(node.nodeId, node.publicKey)
        return ledger.registerNode(node)
      },
    },
    events: {
      createMeter(meterOptions) {
        outbox.openLink(meterOptions.linkId)
        const attemptBegun = () => void (openAttempts += 1)
        return new RelayLinkMeter(meterOptions, { relayKey, outbox, attemptBegun, nodeKeyOf: (nodeId) => nodeKeys.get(nodeId) })
      },
      async present(link, receipts) {
        const { nodeId } = link.identity
        await recovery.recover({ nodeId, nodeKey: nodeKeys.get(nodeId) ?? '', send: (frame) => link.send(frame) }, receipts)
      },
      laneEnded: roster.laneEnded,
      left: roster.remove,
      closed(link, code) {
        roster.remove(link)
        finishing.add(link.meter.finish({ nodeListens: false }))
        closes.push({ nodeId: link.identity.nodeId, code })
      },
    },
    countryOf: (address) => (/^[A-Z]{2}$/.test(address) ? address : null),
    addressSpaceOverrideTexts: ['127.0.0.1:9000=public'],
    isLoopback: (address) => address.startsWith('127.'),
    isDraining: () => state.isDraining,
    log,
    ...(options.limits && { limits: options.limits }),
  })
  server.on('connection', (socket, request) => {
    const forwarded = request.headers['x-forwarded-for']
    door.enter(socket, typeof forwarded === 'string' ? forwarded : (request.socket.remoteAddress ?? ''))
  })
  const exchanges = createExchanges({
    roster,
    checkTarget: options.checkTarget ?? (async (text) => ({ ok: true, url: new URL(text) })),
    observer: { exchangeStarted() {}, exchangeEnded: (record) => void ended.push(record.outcome) },
    limits: { ...(options.queueMsMax !== undefined && { queueMsMax: options.queueMsMax }), ...(options.silence && { silence: options.silence }) },
  })
  let asked = 0

  return {
    url,
    ledger,
    roster,
    outbox,
    state,
    logged,
    /** Links that ended, and the outcome of each exchange that did. */
    closes,
    ended,
    customerId,
    get openAttempts() {
      return openAttempts
    },

    /** One exchange, as the customers' door would ask for it. */
    ask({ url: target = 'https://target.example/', budget = new TestBudget(), ...given }: AskOptions = {}): Promise<ExchangeAnswer> {
      asked += 1
      return exchanges.perform({
        exchangeId: `ex_${customerId}_${asked}`,
        customer: { id: customerId, label: 'acme', purpose: null },
        method: 'GET',
        headers: [],
        body: null,
        countries: null,
        redirect: 'follow',
        redirectsMax: 5,
        timeoutMs: 20_000,
        answerBytesMax: null,
        gzip: false,
        signal: new AbortController().signal,
        ...given,
        url: new URL(target),
        budget,
      })
    },

    /** Everything that was metered so far stands in the ledger. */
    async settled(): Promise<void> {
      await Promise.all(finishing)
      await outbox.flushed()
    },

    async stop(): Promise<void> {
      for (const socket of server.clients) socket.terminate()
      await new Promise((resolve) => server.close(resolve))
      await this.settled()
      await ledger.close()
      await database.drop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

export type ReadBody = { bytes: Buffer; ending: ExchangeEnding }

/** Reads an answer to its end, whatever the end is. */
export async function readBody({ body }: ExchangeAnswer): Promise<ReadBody> {
  const pieces: Uint8Array[] = []
  for (let piece = await body.read(); piece; piece = await body.read()) pieces.push(piece)
  return { bytes: Buffer.concat(pieces), ending: await body.ending }
}
