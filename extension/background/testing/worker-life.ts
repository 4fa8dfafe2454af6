import {
  forgetPosted,
  type NodeDatabase,
  OwnerStore,
  openNodeDatabase,
  readKeptReceipts,
} from '../../storage/index.ts'
import { createAccountCommands } from '../account-commands.ts'
import { ExchangeFailure } from '../exchange-failure.ts'
import { type ControllerPorts, NodeController } from '../node-controller.ts'
import { createOwnerCommands } from '../owner-commands.ts'
import { RelayLink } from '../relay-link.ts'
import { calmSurroundings } from './calm-surroundings.ts'
import { NodeBrowser } from './node-browser.ts'
import { type ScriptedRelay, startScriptedRelay } from './scripted-relay.ts'
import { startTargetSite, type TargetSite } from './target-site.ts'

const consentText = { version: '1', sha256s: ['abc', 'def'] }
const answers = { mode: 'always', unlimitedConnection: true, shareOnBattery: true } as const
export const text = { version: '1', sha256: 'def', language: 'ja' as const }
export const agreement = { ...text, answers }
/** What a test started by itself is ended with the rest. */
export const toStop: (() => Promise<void>)[] = []
let databases = 0

export type World = {
  relay: ScriptedRelay
  target: TargetSite
  local: Map<string, unknown>
  databaseName: string
}

export async function makeWorld(): Promise<World> {
  const target = await startTargetSite((_, response) => response.end('a page'))
  const relay = await startScriptedRelay({ addressSpaceOverrides: [`127.0.0.1:${target.port}=public`] })
  databases += 1
  toStop.push(relay.stop, target.stop)
  return { relay, target, local: new Map(), databaseName: `controller-${databases}` }
}

/** One life of the worker over what earlier ones left. `access` is the browser's present host permission. */
export async function wakeWorker(world: World, { access = true, lock = true } = {}) {
  const browser = new NodeBrowser(() => node.rules())
  const listening = { times: 0, now: false }
  const database = await openNodeDatabase(world.databaseName)
  const owner = await openOwner(world.local)
  const dials: string[] = []
  const ports: ControllerPorts = {
    around: calmSurroundings(),
    consentText,
    defaultRelayUrl: world.relay.url,
    addressLock: lock,
    setAlarm: () => {},
    setWakeAlarm: () => {},
    changed: () => {},
    listen() {
      listening.times += 1
      listening.now = true
      return () => {
        listening.now = false
      }
    },
    schemes: ['http', 'https'],
    dial: (target, identity, events, bounds) => {
      dials.push(target.relayUrl)
      return dialWith({ node, database, browser }, { target, identity, events, bounds })
    },
  }
  const node: NodeController = new NodeController({ owner, database, ports })
  await node.begin(access)
  const commands = {
    ...createOwnerCommands(Promise.resolve(node), async () => access),
    ...createAccountCommands(Promise.resolve(node), async () => {
      node.setHostAccess(false)
    }),
  }
  const sleep = async () => {
    node.leave('node-leaving', new ExchangeFailure('node-failed', 'the worker stops'))
    await node.activity.save()
    database.close()
  }
  toStop.push(sleep)
  return { node, commands, dials, listening, browser, sleep }
}

const openOwner = (local: Map<string, unknown>): Promise<OwnerStore> =>
  OwnerStore.open({
    read: async (key) => local.get(key),
    write: async (key, value) => void local.set(key, structuredClone(value)),
    remove: async (key) => void local.delete(key),
  })

export const sharingOf = (node: NodeController) => node.view().sharing

/** Everything that was started, ended in the opposite order. Call after each test. */
export async function stopAll(): Promise<void> {
  for (const stop of toStop.splice(0).reverse()) await stop()
}

type Life = { node: NodeController; database: NodeDatabase; browser: NodeBrowser }
type Dial = {
  target: Parameters<ControllerPorts['dial']>[0]
  identity: Parameters<ControllerPorts['dial']>[1]
  events: Parameters<ControllerPorts['dial']>[2]
  bounds: Parameters<ControllerPorts['dial']>[3]
}

async function dialWith({ node, database, browser }: Life, { target, identity, events, bounds }: Dial) {
  return new RelayLink(
    target,
    {
      openSocket: (nodeDoor) => new WebSocket(nodeDoor),
      identity,
      hello: { schemes: ['http', 'https'], kind: 'other', softwareVersion: '0.0.0' },
      ...{ terms: bounds.terms, limits: bounds.limits },
      halted: () => node.bounds.caps.halted,
      exchanges: browser.ports,
      activity: node.activity,
      receipts: {
        keep: (kept) => node.keepReceipt(kept),
        forget: (linkId, sequence) => forgetPosted(database, linkId, sequence),
        readKept: () => readKeptReceipts(database, Date.now()),
      },
    },
    events,
  )
}
